//! `check-rooms`: the arrows between rooms, what a room never names, and a reason for every dependency.
//!
//! Cargo already forbids what is not declared; this says which *rule* a declaration or a word breaks.

mod arrows;
mod reasons;
mod words;

use crate::{place, sh};
use anyhow::{Context, Result, bail};
use std::fs;

/// Checks the whole workspace.
pub(crate) fn check() -> Result<()> {
    let metadata = sh::read(sh::cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let packages =
        arrows::packages(&serde_json::from_str(&metadata)?).context("cargo metadata is not understood")?;
    let rooms: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let mut broken: Vec<String> = packages.iter().flat_map(arrows::broken).collect();
    let root = place::root();
    for package in &packages {
        broken.extend(words::broken(&package.name, &package.folder, root)?);
    }
    let manifests = packages.iter().map(|package| package.folder.join("Cargo.toml"));
    for manifest in manifests.chain([root.join("Cargo.toml")]) {
        let text = fs::read_to_string(&manifest).with_context(|| format!("no {}", manifest.display()))?;
        let path = manifest.strip_prefix(root).unwrap_or(&manifest).display().to_string();
        broken.extend(reasons::missing(&text, &rooms).into_iter().map(|found| format!("{path}: {found}")));
    }
    if broken.is_empty() {
        println!("rooms: {} keep to the arrows", rooms.len());
        return Ok(());
    }
    bail!("{} broken:\n  {}", broken.len(), broken.join("\n  "))
}
