//! Where things are: the checkout, what is built, what is fetched.

use anyhow::{Context, Result};
use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// Reads one environment variable; empty counts as unset.
#[expect(clippy::disallowed_methods, reason = "the build tool has its own environment, not the server's")]
pub(crate) fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What cargo tells of this package: programs that it builds from here must not take it for their own.
#[expect(clippy::disallowed_methods, reason = "the build tool has its own environment, not the server's")]
pub(crate) fn told_by_cargo() -> Vec<std::ffi::OsString> {
    let is_told = |name: &std::ffi::OsString| {
        name.to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    };
    std::env::vars_os().map(|(name, _)| name).filter(is_told).collect()
}

/// The checkout: what cargo says at run time. A target folder shared between checkouts holds one xtask for all of them, so
/// the path it was compiled with may be another checkout's.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let here = env("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").to_owned());
        // crates/xtask is two below.
        Path::new(&here).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
    })
}

/// What cargo builds into.
pub(crate) fn target() -> PathBuf {
    root().join(env("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// The finished site: what the server embeds.
pub(crate) fn site() -> PathBuf {
    target().join("site")
}

/// What is fetched once and outlives `cargo clean`: `~/.cache/vobio/NAME`, made if missing.
pub(crate) fn cache(name: &str) -> Result<PathBuf> {
    let base = match env("XDG_CACHE_HOME") {
        Some(base) => PathBuf::from(base),
        None => PathBuf::from(env("HOME").context("neither HOME nor XDG_CACHE_HOME is set")?).join(".cache"),
    };
    let folder = base.join("vobio").join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}
