//! Packages of Debian and Ubuntu.

use crate::sh;
use anyhow::{Result, bail};
use std::{os::unix::fs::MetadataExt, process::Command};

/// Installs packages, or says what to install. `what` names them for people.
pub(crate) fn install(packages: &[&str], what: &str) -> Result<()> {
    let list = packages.join(" ");
    let sentence = format!("install {what} (on Debian: apt install {list}) and run this again");
    if sh::which("apt-get").is_none() {
        bail!("{sentence}");
    }
    let Some(prefix) = privilege() else { bail!("{sentence}") };
    eprintln!("installing {list}");
    let apt = |arguments: &[&str]| {
        let words = prefix
            .iter()
            .chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"])
            .chain(arguments);
        let words: Vec<&str> = words.copied().collect();
        sh::read(Command::new(words[0]).args(&words[1..]))
    };
    let arguments = [&["install", "-y", "--no-install-recommends"], packages].concat();
    // A package list that is missing or old is fetched, and then it is tried once more.
    if apt(&arguments).is_err() {
        apt(&["update"])?;
        apt(&arguments)?;
    }
    Ok(())
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
