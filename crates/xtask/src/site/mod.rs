//! The site: what browsers load, ready to be embedded by the server.
//!
//! `pkg/vobio.HASH.{js,css}` and `pkg/vobio.HASH_bg.wasm` share one hash, because leptos derives their URLs from one
//! output name. Fonts carry their own. Other files of public/ keep their names. Compressed twins lie beside each.

mod classes;
mod css;
mod manifest;
mod pack;
mod sheet;
mod wasm;

use crate::place;
use anyhow::{Context, Result};
use manifest::Manifest;
use pack::{Asset, digest};
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

/// All that the site is made of; `app` may use api-types and decision (the arrows, docs/architecture.md).
const SOURCES: [&str; 9] = [
    "app",
    "frontend",
    "crates/api-types",
    "crates/decision",
    "crates/xtask/src/site",
    "style",
    "public",
    "Cargo.toml",
    "Cargo.lock",
];

/// Builds the site where its sources changed, and says so in one line.
pub(crate) fn build() -> Result<Manifest> {
    let begun = Instant::now();
    let fingerprint = fingerprint(place::root())?;
    let before = Manifest::read(&place::site()).ok();
    if let Some(manifest) = before.as_ref().filter(|manifest| manifest.fingerprint == fingerprint) {
        println!("site: unchanged ({})", manifest.output_name);
        return Ok(manifest.clone());
    }

    let glue = wasm::build()?;
    let mut assets = pack::public(&place::root().join("public"))?;
    let sheet = css::build(place::root(), &assets)?;
    let hash = digest(&[glue.javascript.as_bytes(), &glue.wasm, sheet.as_bytes()]);
    let output_name = format!("vobio.{hash}");
    let javascript = glue.javascript.replace("./snippets/", &format!("./snippets.{hash}/"));
    assets.push(Asset::named_by_content(format!("/pkg/{output_name}.js"), javascript.into_bytes()));
    assets.push(Asset::named_by_content(format!("/pkg/{output_name}_bg.wasm"), glue.wasm));
    assets.push(Asset::named_by_content(format!("/pkg/{output_name}.css"), sheet.into_bytes()));
    assets.extend(glue.snippets.into_iter().map(|(path, text)| {
        Asset::named_by_content(format!("/pkg/snippets.{hash}/{path}"), text.into_bytes())
    }));

    let manifest = pack::write(&place::site(), assets, output_name, fingerprint)?;
    println!(
        "site: {} files, wasm and glue {:.1} kB brotli ({:.1} s)",
        manifest.files.len(),
        manifest.browser_code_bytes()? as f64 / 1000.0,
        begun.elapsed().as_secs_f64()
    );
    Ok(manifest)
}

/// What the site folder holds now.
pub(crate) fn manifest() -> Result<Manifest> {
    Manifest::read(&place::site())
}

/// One digest over every path and content of the sources.
fn fingerprint(root: &Path) -> Result<String> {
    let mut parts = Vec::new();
    for source in SOURCES.iter().map(|source| root.join(source)).filter(|source| source.exists()) {
        for file in files(&source)? {
            let content = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let path = file.strip_prefix(root).unwrap_or(&file);
            parts.push(format!("{} {}", path.display(), digest(&[&content])));
        }
    }
    Ok(digest(&[parts.join("\n").as_bytes()]))
}

/// All files under a folder, or the file itself, sorted by path.
fn files(path: &Path) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        found.extend(files(&entry?.path())?);
    }
    found.sort();
    Ok(found)
}
