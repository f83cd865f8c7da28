//! Packages of Debian and Ubuntu.

use crate::sh;
use anyhow::{Result, bail};
use std::{os::unix::fs::MetadataExt, path::Path, process::Command};

/// Installs packages, or says what to install. `what` names them for people.
pub(crate) fn install(packages: &[&str], what: &str) -> Result<()> {
    let list = packages.join(" ");
    let sentence = format!("install {what} (on Debian: apt install {list}) and run this again");
    if sh::which("apt-get").is_none() {
        bail!("{sentence}");
    }
    let Some(prefix) = privilege() else { bail!("{sentence}") };
    eprintln!("installing {list}");
    let apt = |arguments: &[&str]| as_root(prefix, arguments);
    let arguments = [&["install", "-y", "--no-install-recommends"], packages].concat();
    // A package list that is missing or old is fetched, and then it is tried once more.
    if apt(&arguments).is_err() {
        apt(&["update"])?;
        apt(&arguments)?;
    }
    Ok(())
}

/// Fetches a package's file into a folder and installs nothing; everybody may.
pub(crate) fn download(package: &str, folder: &Path) -> Result<()> {
    if sh::which("apt-get").is_none() {
        bail!("install {package} and run this again");
    }
    eprintln!("fetching {package}");
    let fetch = || sh::read(Command::new("apt-get").args(["-qq", "download", package]).current_dir(folder));
    if let Err(error) = fetch() {
        let Some(prefix) = privilege() else { return Err(error) };
        as_root(prefix, &["update"])?;
        fetch()?;
    }
    Ok(())
}

fn as_root(prefix: &[&str], arguments: &[&str]) -> Result<String> {
    let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
    let words: Vec<&str> = prefix.iter().chain(&apt).chain(arguments).copied().collect();
    sh::read(Command::new(words[0]).args(&words[1..]))
}

/// Root needs nothing before apt-get, others sudo where it asks nothing.
fn privilege() -> Option<&'static [&'static str]> {
    if is_root() {
        return Some(&[]);
    }
    sh::read(Command::new("sudo").args(["-n", "true"])).is_ok().then_some(&["sudo", "-n"])
}

/// Says whether we are root.
pub(crate) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|data| data.uid() == 0)
}
