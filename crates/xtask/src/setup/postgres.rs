//! Finds PostgreSQL's programs.

use crate::{apt, sh};
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of `initdb` and `postgres`; installs them where they are missing.
pub(crate) fn programs() -> Result<PathBuf> {
    if let Some(folder) = find() {
        return Ok(folder);
    }
    apt::install(&["postgresql"], "PostgreSQL 15 or newer")?;
    find().context("PostgreSQL is installed and its initdb is nowhere")
}

/// On PATH, or where Debian hides them: `/usr/lib/postgresql/VERSION/bin`, the newest first.
fn find() -> Option<PathBuf> {
    let on_path =
        sh::which("initdb").and_then(|file| Some(fs::canonicalize(file).ok()?.parent()?.to_path_buf()));
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            Some((path.file_name()?.to_str()?.parse().ok()?, path.join("bin")))
        })
        .collect();
    versions.sort();
    let hidden = versions.into_iter().rev().map(|(_, folder)| folder);
    on_path.into_iter().chain(hidden).find(|folder| is_complete(folder))
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| folder.join(name).exists())
}
