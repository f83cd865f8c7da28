//! A real proxy with TLS.

use crate::{apt, place, sh};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Finds or fetches nginx.
pub(super) fn prepare() -> Result<PathBuf> {
    let installed = [sh::which("nginx"), Some(PathBuf::from("/usr/sbin/nginx"))].into_iter().flatten();
    match installed.into_iter().find(|nginx| runs(nginx)) {
        Some(nginx) => Ok(nginx),
        None => unpacked(),
    }
}

fn runs(nginx: &Path) -> bool {
    sh::read(Command::new(nginx).arg("-v")).is_ok()
}

/// The program out of its package. Installed, it would begin to serve port 80 of whoever runs the tests.
fn unpacked() -> Result<PathBuf> {
    let folder = place::cache("nginx")?;
    let nginx = folder.join("usr/sbin/nginx");
    if !runs(&nginx) {
        apt::download("nginx", &folder)?;
        let package = fs::read_dir(&folder)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|file| file.extension().is_some_and(|kind| kind == "deb"))
            .context("apt-get download left no package of nginx")?;
        sh::read(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&folder))?;
        fs::remove_file(package)?;
    }
    sh::read(Command::new(&nginx).arg("-v")).context("nginx was unpacked and does not run")?;
    Ok(nginx)
}
