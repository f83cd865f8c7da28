//! The commands, as an operator types them.

use crate::support::{Studio, is_private};
use std::{
    fs::{self, File},
    io,
    path::Path,
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

/// Kind, name, content.
type Entry<'a> = (tar::EntryType, &'a str, &'a [u8]);

fn tar_of(path: &Path, entries: &[Entry<'_>]) {
    let mut tar = tar::Builder::new(File::create(path).unwrap());
    for (kind, name, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.finish().unwrap();
}

#[test]
fn a_backup_comes_back_whole() {
    let studio = Studio::new();
    let running = studio.start();
    running.owner();
    let file = studio.folder.path().join("kept.tar");
    let kept = studio.run(&["backup", file.to_str().unwrap()]);
    assert!(kept.status.success(), "{}", said(&kept));
    running.stop();
    let other = Studio::new();
    let restored = other.run(&["restore", file.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", said(&restored));
    for name in ["vobio.db", "keys/session.key"] {
        assert!(is_private(&other.data().join(name)), "{name}");
        assert!(!other.data().join(format!("{name}.part")).exists(), "{name}");
    }
    let key = |studio: &Studio| fs::read(studio.data().join("keys/session.key")).unwrap();
    assert_eq!(key(&studio), key(&other));
    assert!(other.start().code.is_none(), "it has its owner");
    let again = other.run(&["restore", file.to_str().unwrap()]);
    assert!(said(&again).contains("exists already") && other.data().join("vobio.db").exists());
}

#[test]
fn a_restore_that_was_killed_between_its_two_files_can_be_done_again_and_another_key_is_not_written_over() {
    use tar::EntryType::Regular;
    let giver = Studio::new();
    assert!(giver.run(&["migrate"]).status.success());
    let database = fs::read(giver.data().join("vobio.db")).unwrap();
    // As long as a key has to be.
    const KEY: &[u8] = b"the key of the backup, 32 bytes..";
    for (there, works) in [(KEY, true), (&b"another key, of 32 bytes as well."[..], false)] {
        let studio = Studio::new();
        let file = studio.folder.path().join("file");
        tar_of(&file, &[(Regular, "keys/session.key", KEY), (Regular, "vobio.db", &database)]);
        fs::create_dir_all(studio.data().join("keys")).unwrap();
        fs::write(studio.data().join("keys/session.key"), there).unwrap();
        let output = studio.run(&["restore", file.to_str().unwrap()]);
        assert_eq!(output.status.success(), works, "{}", said(&output));
        assert_eq!(studio.data().join("vobio.db").exists(), works);
        assert_eq!(fs::read(studio.data().join("keys/session.key")).unwrap(), there);
        assert!(works || said(&output).contains("session.key exists already"), "{}", said(&output));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_result_that_cannot_be_written_is_a_failure_and_is_said_once() {
    let studio = Studio::new();
    for words in ["doctor", "env-example"] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output =
            studio.command(words).stdout(full).stderr(std::process::Stdio::piped()).output().unwrap();
        assert!(!output.status.success(), "{words}");
        assert_eq!(said(&output).matches("could not be written").count(), 1, "{words}: {}", said(&output));
    }
}

#[test]
fn a_restore_does_not_meet_what_sqlite_left_beside_another_database_nor_a_studio_that_serves() {
    let studio = Studio::new();
    let running = studio.start();
    running.owner();
    let file = studio.folder.path().join("kept.tar");
    assert!(studio.run(&["backup", file.to_str().unwrap()]).status.success());
    let (database, log) = (studio.data().join("vobio.db"), studio.data().join("vobio.db-wal"));
    let restore = || studio.run(&["restore", file.to_str().unwrap()]);

    let away = studio.folder.path().join("away.db");
    fs::rename(&database, &away).unwrap();
    assert!(said(&restore()).contains("another studio is serving"), "{}", said(&restore()));
    fs::rename(&away, &database).unwrap();

    running.kill();
    assert!(log.exists(), "killed, so the log is still there");
    fs::remove_file(&database).unwrap();
    fs::remove_file(studio.data().join("keys/session.key")).unwrap();
    assert!(said(&restore()).contains("vobio.db-wal exists already"), "{}", said(&restore()));
    fs::remove_file(&log).unwrap();
    let _with_it = fs::remove_file(studio.data().join("vobio.db-shm"));
    let restored = restore();
    assert!(restored.status.success(), "{}", said(&restored));
    assert!(studio.start().code.is_none(), "it has its owner");
}

#[test]
fn a_folder_of_others_is_not_taken_over() {
    let studio = Studio::new();
    fs::create_dir_all(studio.data()).unwrap();
    fs::write(studio.data().join("a letter"), "").unwrap();
    let open = fs::metadata(studio.data()).unwrap().permissions();
    let refused = studio.run(&["migrate"]);
    assert!(said(&refused).contains("holds something else; set VOBIO_DATA"), "{}", said(&refused));
    assert_eq!(fs::metadata(studio.data()).unwrap().permissions(), open);
    fs::remove_file(studio.data().join("a letter")).unwrap();
    // As the root of a disk begins.
    fs::create_dir(studio.data().join("lost+found")).unwrap();
    assert!(studio.run(&["migrate"]).status.success(), "an empty one is");
    assert!(studio.run(&["migrate"]).status.success(), "and one's own");
}

#[test]
fn a_restore_that_fails_leaves_nothing_behind() {
    use tar::EntryType::{Directory, GNUSparse, Regular, Symlink};
    let giver = Studio::new();
    assert!(giver.run(&["migrate"]).status.success());
    let database = fs::read(giver.data().join("vobio.db")).unwrap();
    let whole = giver.folder.path().join("whole.tar");
    tar_of(&whole, &[(Regular, "vobio.db", &database)]);
    let whole = fs::read(whole).unwrap();

    let studio = Studio::new();
    let file = studio.folder.path().join("file");
    let refused = |what: &str| {
        let output = studio.run(&["restore", file.to_str().unwrap()]);
        let text = said(&output);
        assert!(!output.status.success() && text.contains("is not a whole backup"), "{what}: {text}");
        assert!(!text.contains("classified") && text.trim_end().lines().count() == 1, "{what}: {text}");
        assert!(!studio.data().exists(), "{what}: something was left");
    };
    fs::write(&file, "a classified letter".repeat(200)).unwrap();
    refused("no tar at all");
    fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    refused("half a backup");
    let cases: [(&str, &[Entry<'_>]); 9] = [
        ("nothing", &[]),
        ("only a key", &[(Regular, "keys/session.key", b"key")]),
        ("an empty database", &[(Regular, "vobio.db", b"")]),
        ("no database", &[(Regular, "vobio.db", b"classified")]),
        ("twice", &[(Regular, "vobio.db", &database), (Regular, "vobio.db", &database)]),
        ("more", &[(Regular, "vobio.db", &database), (Regular, "classified", b"")]),
        ("a folder", &[(Directory, "keys/session.key", b""), (Regular, "vobio.db", &database)]),
        ("holes", &[(GNUSparse, "vobio.db", &database)]),
        ("a link", &[(Symlink, "keys/session.key", b""), (Regular, "vobio.db", &database)]),
    ];
    for (what, entries) in cases {
        tar_of(&file, entries);
        refused(what);
    }
}

#[test]
fn a_backup_that_cannot_be_made_is_named_once_as_it_was_typed() {
    let studio = Studio::new();
    assert!(studio.run(&["migrate"]).status.success());
    let text = said(&studio.run(&["backup", "/nowhere/kept.tar"]));
    assert_eq!(text.matches("/nowhere/kept").count(), 1, "{text}");
    assert!(text.contains("/nowhere/kept.tar cannot be made: No such file"), "{text}");
    assert_eq!(text.matches("No such file").count(), 1, "{text}");
}
