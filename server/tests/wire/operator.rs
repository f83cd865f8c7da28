//! The commands, as an operator types them.

use crate::support::Studio;
use std::{
    io,
    process::{Output, Stdio},
};

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn who_reads_only_the_first_line_is_left_in_peace() {
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    let studio = Studio::new();
    let mut doctor = studio.command("doctor");
    let output = doctor.stdin(Stdio::null()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert!(!said(&output).contains("panic"), "{}", said(&output));
}

#[test]
fn a_variable_of_another_program_may_hold_anything() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt as _};
    let studio = Studio::new();
    let mut doctor = studio.command("doctor");
    let output = doctor.env("LESSCHARDEF", OsStr::from_bytes(b"caf\xe9")).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
}
