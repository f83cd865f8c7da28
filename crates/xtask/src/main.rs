//! The work behind the Makefile: `cargo xtask COMMAND`.
//!
//! What this room is for: getting tools and weights, building the site and the server, running the checks.
//! What is never here: anything the product does while it serves; xtask is not shipped.
//! How to add a command: a module with `run()`, a line in `main`, a line in the Makefile.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool speaks on the terminal")]

mod apt;
mod bench;
mod corpora;
mod crash;
mod dev;
mod place;
mod rooms;
mod safety;
mod screens;
mod serve;
mod setup;
mod sh;
mod site;
mod test;
mod test_run;
mod weights;
mod wheel;

use anyhow::{Result, bail};
use serve::Profile;
use std::process::ExitCode;

const COMMANDS: &str = "setup, site, models, run [--release], dev, test [STAGE,…], test-run, crash, bench [NAME,…], lint, safety [misses], screens";

/// The words between commas.
fn names(arguments: &[&str]) -> Vec<String> {
    let parts = arguments.iter().flat_map(|argument| argument.split(','));
    parts.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[String]) -> Result<()> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["setup"] => setup::tools().map(|_| ()),
        ["site"] => site::build().map(|_| ()),
        ["models"] => serve::models(),
        ["run"] => serve::run(Profile::Dev),
        ["run", "--release"] => serve::run(Profile::Release),
        ["dev"] => dev::run(),
        ["test-run"] => test_run::run(),
        ["test", only @ ..] => test::run(&names(only)),
        ["crash"] => crash::run(),
        ["bench", only @ ..] => bench::run(&names(only)),
        ["safety"] => safety::run(safety::Ask::Figures),
        ["safety", "misses"] => safety::run(safety::Ask::Misses),
        ["screens"] => screens::run(),
        ["lint"] => test::run(&names(&["format,rooms,lints"])),
        _ => bail!("one of: {COMMANDS}"),
    }
}
