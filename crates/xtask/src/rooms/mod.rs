//! `check-rooms`: the arrows between rooms, what a room never names, a reason for every dependency, the licences of
//! everything in the server, and that the papers name what is there.
//!
//! Cargo already forbids what is not declared; this says which *rule* a declaration or a word breaks.

mod arrows;
mod licences;
mod papers;
mod reasons;
mod words;

use crate::{place, sh};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::{fs, process::Command};

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
    let resolved = resolved()?;
    let tree = licences::Tree::of("server", &resolved).context("cargo's resolved tree is not understood")?;
    broken.extend(tree.broken());
    broken.extend(papers::broken(root)?);
    if broken.is_empty() {
        println!(
            "rooms: {} keep to the arrows; {} packages in the server may be there",
            rooms.len(),
            tree.len()
        );
        return Ok(());
    }
    bail!("{} broken:\n  {}", broken.len(), broken.join("\n  "))
}

/// The tree that cargo resolved for this machine.
fn resolved() -> Result<Value> {
    let about = sh::read(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let tree = sh::read(sh::cargo().args(["metadata", "--format-version", "1", "--filter-platform", host]))?;
    Ok(serde_json::from_str(&tree)?)
}
