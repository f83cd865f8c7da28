//! A feature flag service that somebody else wrote, `fast-feature` of the Python package index (Apache-2.0), with all that it needs.

use crate::{place, sh, wheel};
use anyhow::{Context, Result};
use std::{fs, path::PathBuf, process::Command};

/// What pip is to install, each with the digests of its files. What is compiled has one for each Python from 3.11 to 3.13.
const REQUIREMENTS: &str = include_str!("flag_service.txt");

/// The folder to put on `PYTHONPATH`; fetches it where it is not there yet.
pub(crate) fn prepare() -> Result<PathBuf> {
    let python = wheel::python()?;
    // What is compiled is for one Python.
    let version =
        sh::read(Command::new(&python).args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"]))?;
    let folder = place::cache("")?.join(format!("fast-feature-0.0.2-python{}", version.trim()));
    if folder.is_dir() {
        return Ok(folder);
    }
    eprintln!("fetching fast-feature==0.0.2 from the Python package index");
    let work = folder.with_extension("part");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work)?;
    let pins = work.join("requirements.txt");
    fs::write(&pins, REQUIREMENTS)?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:"]);
    pip.args(["--disable-pip-version-check", "--no-warn-conflicts", "--target"]).arg(work.join("packages"));
    sh::read(pip.arg("-r").arg(&pins)).context("pip could not install fast-feature==0.0.2")?;
    fs::rename(work.join("packages"), &folder)?;
    fs::remove_dir_all(&work)?;
    Ok(folder)
}
