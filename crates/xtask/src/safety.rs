//! `cargo xtask safety`: what the prompt screen finds in texts by others.

use crate::{corpora, sh};
use anyhow::Result;

/// Fetches the corpora and prints how the screen does on them.
pub(crate) fn run() -> Result<()> {
    let folder = corpora::fetch()?;
    let mut cargo = sh::cargo();
    cargo.args([
        "test",
        "--quiet",
        "--package",
        "safety",
        "--test",
        "figures",
        "--",
        "--nocapture",
        "--test-threads=1",
    ]);
    sh::run(cargo.env("VOBIO_TEST_CORPORA", folder))
}
