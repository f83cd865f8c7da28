//! `cargo xtask safety`: what the prompt screen finds in texts by others, written into docs/safety.md. `cargo xtask safety misses` shows
//! what it misses in the open half.

use crate::{corpora, sh};
use anyhow::Result;

/// What is asked of the measuring test (crates/safety/tests/figures).
#[derive(Clone, Copy)]
pub(crate) enum Ask {
    /// The figures, into the page.
    Figures,
    /// What is missed and wrongly marked in the open half.
    Misses,
}

/// Fetches the corpora and has them screened.
pub(crate) fn run(ask: Ask) -> Result<()> {
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
    let asked = match ask {
        Ask::Figures => "VOBIO_WRITE_FIGURES",
        Ask::Misses => "VOBIO_SHOW_MISSES",
    };
    sh::run(cargo.env(asked, "1").env("VOBIO_TEST_CORPORA", folder))
}
