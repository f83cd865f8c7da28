//! A real proxy with TLS, and what makes a browser trust an authority of the tests' own.

use crate::{apt, sh};
use anyhow::{Context, Result};
use std::path::PathBuf;

/// Where Debian keeps it, off a person's PATH.
const NGINX: &str = "/usr/sbin/nginx";

/// nginx itself; openssl and certutil are found on PATH by the journey.
pub(super) fn prepare() -> Result<PathBuf> {
    let missing: Vec<&str> = [
        ("nginx-light", nginx().is_some()),
        ("openssl", sh::which("openssl").is_some()),
        ("libnss3-tools", sh::which("certutil").is_some()),
    ]
    .into_iter()
    .filter_map(|(package, is_there)| (!is_there).then_some(package))
    .collect();
    if !missing.is_empty() {
        apt::install(&missing, "nginx, openssl and certutil")?;
    }
    nginx().context("nginx is installed and nowhere to be found")
}

fn nginx() -> Option<PathBuf> {
    sh::which("nginx").or_else(|| Some(PathBuf::from(NGINX)).filter(|file| file.exists()))
}
