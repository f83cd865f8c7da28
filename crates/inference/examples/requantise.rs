//! Turns a GGUF file into one that is fast here: `requantise INPUT OUTPUT`.
#![expect(clippy::print_stderr, reason = "a program for the terminal")]

use std::path::Path;

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("requantise INPUT OUTPUT");
        return 2.into();
    };
    match inference::requantise(Path::new(input), Path::new(output)) {
        Ok(()) => 0.into(),
        Err(error) => {
            eprintln!("{error}");
            1.into()
        }
    }
}
