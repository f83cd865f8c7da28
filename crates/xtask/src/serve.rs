//! The server: built with the site inside, and started with the weights that are there.

use crate::{place, sh, site, weights};
use anyhow::{Context, Result, bail};
use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

/// How the server is compiled.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Profile {
    /// Slow to run, quick to build.
    Dev,
    /// What people use.
    Release,
}

/// Builds the site, then the server with it, and gives the binary.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    site::build()?;
    let mut cargo = sh::cargo();
    cargo.args(["build", "--package", "server", "--bin", "vobio"]);
    if profile == Profile::Release {
        cargo.arg("--release");
    }
    sh::run(&mut cargo)?;
    let folder = if profile == Profile::Release { "release" } else { "debug" };
    Ok(place::target().join(folder).join("vobio"))
}

/// The server in its checkout, with the built-in model where nobody chose another.
pub(crate) fn command(vobio: &Path) -> Command {
    let mut command = Command::new(vobio);
    command.current_dir(place::root());
    // Ours, not the server's: it refuses settings that it does not know.
    for name in ["VOBIO_NO_RUSTUP", "VOBIO_RUSTUP_SECONDS", "VOBIO_SITE"] {
        command.env_remove(name);
    }
    if let Some(weights) = weights::ready().filter(|_| !is_chosen("LOCAL_MODEL")) {
        command.env("LOCAL_MODEL", weights);
    }
    command
}

/// Says whether a person has set this, in the environment or in one of the two files.
fn is_chosen(setting: &str) -> bool {
    let names = |file: &str, key: &str| {
        let text = std::fs::read_to_string(place::root().join(file)).unwrap_or_default();
        text.lines().any(|line| line.trim().trim_start_matches("export ").starts_with(key))
    };
    place::env(setting).is_some() || names(".env", setting) || names("vobio.toml", &setting.to_lowercase())
}

/// `make run`: everything, then this process becomes the server.
pub(crate) fn run(profile: Profile) -> Result<()> {
    let vobio = build(profile)?;
    fetch_weights(&vobio);
    let error = command(&vobio).arg("serve").exec();
    Err(error).with_context(|| format!("cannot start {}", vobio.display()))
}

/// Gets the weights; without them the studio starts all the same, and says so here and on its pages.
pub(crate) fn fetch_weights(vobio: &Path) {
    if is_chosen("LOCAL_MODEL") {
        return;
    }
    if let Err(error) = weights::requantised(vobio) {
        eprintln!("no local model: {error:#}\n  {}", weights::BY_HAND);
    }
}

/// `cargo xtask models`: the weights alone, and an error where they cannot be had.
pub(crate) fn models() -> Result<()> {
    let vobio = build(Profile::Release)?;
    let weights = weights::requantised(&vobio)?;
    println!("weights: {}", weights.display());
    if weights::ready().is_none() {
        bail!("the weights are gone again");
    }
    Ok(())
}
