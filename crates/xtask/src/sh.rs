//! Other programs: run them, name them when they fail.

use anyhow::{Context, Result, bail};
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(crate::place::env("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::place::root());
    // Build scripts that look at these would run again whenever one builds by hand and by xtask in turns, and most of the tree with them.
    for name in crate::place::told_by_cargo() {
        command.env_remove(name);
    }
    command
}

/// Runs it with our output; an error names the program and how it ended.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot start {}", name(command)))?;
    if status.success() { Ok(()) } else { bail!("{} ended with {status}", name(command)) }
}

/// Runs it silently and gives its standard output; an error carries the last lines of its complaint.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot start {}", name(command)))?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = complaint.trim().lines().collect();
        let last = lines[lines.len().saturating_sub(4)..].join("\n  ");
        bail!("{} ended with {}\n  {last}", name(command), output.status);
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Finds a program on PATH.
pub(crate) fn which(program: &str) -> Option<PathBuf> {
    let path = crate::place::env("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

/// The program and its first words, for people.
fn name(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let words: Vec<_> = command.get_args().take(4).map(|word| word.to_string_lossy()).collect();
    format!("`{program} {}`", words.join(" "))
}
