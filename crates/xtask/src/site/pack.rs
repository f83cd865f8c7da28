//! Names by content, media types, compressed twins, and the folder itself, replaced in one go.

use super::{
    files,
    manifest::{self, File, Manifest},
};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

/// A file on its way into the site.
pub(super) struct Asset {
    /// Where it will be found.
    pub(super) url: String,
    /// What the sources call it, where that differs.
    pub(super) source_url: String,
    pub(super) bytes: Vec<u8>,
    /// Its name changes with its content, so browsers may keep it for ever.
    pub(super) immutable: bool,
}

impl Asset {
    /// A file whose URL already carries a digest.
    pub(super) fn named_by_content(url: String, bytes: Vec<u8>) -> Self {
        Self { source_url: url.clone(), url, bytes, immutable: true }
    }
}

/// The first ten hexadecimal digits of SHA-256 over all parts.
pub(super) fn digest(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    hasher.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect()
}

/// Reads public/: fonts get a name by content, the rest (favicon, robots.txt) keeps the name the world expects.
pub(super) fn public(folder: &Path) -> Result<Vec<Asset>> {
    let mut assets = Vec::new();
    if !folder.is_dir() {
        return Ok(assets);
    }
    for file in files(folder)? {
        let relative = file.strip_prefix(folder).unwrap_or(&file);
        if relative.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let source_url = format!("/{}", relative.display());
        let url = match source_url.strip_suffix(".woff2") {
            Some(stem) => format!("{stem}.{}.woff2", digest(&[&bytes])),
            None => source_url.clone(),
        };
        assets.push(Asset { immutable: url != source_url, url, source_url, bytes });
    }
    Ok(assets)
}

/// Writes the whole folder beside the old one and swaps them. What did not change is not compressed again.
pub(super) fn write(
    site: &Path,
    mut assets: Vec<Asset>,
    output_name: String,
    fingerprint: String,
) -> Result<Manifest> {
    let before = Manifest::read(site).unwrap_or_default();
    let folder = site.with_extension("new");
    let _ = fs::remove_dir_all(&folder);
    assets.sort_by(|a, b| a.url.cmp(&b.url));
    let preload = assets.iter().map(|asset| &asset.url).filter(|url| is_first_font(url)).cloned().collect();
    let files = assets.iter().map(|asset| store(&folder, asset, site, &before)).collect::<Result<_>>()?;
    let manifest = Manifest { fingerprint, output_name, preload, files };
    fs::write(folder.join(manifest::FILE), manifest.write())?;
    let _ = fs::remove_dir_all(site);
    fs::rename(&folder, site).with_context(|| format!("cannot move {} into place", folder.display()))?;
    Ok(manifest)
}

/// A font that text waits for: not the italics.
fn is_first_font(url: &str) -> bool {
    url.ends_with(".woff2") && !url.to_lowercase().contains("italic")
}

fn store(folder: &Path, asset: &Asset, old_site: &Path, before: &Manifest) -> Result<File> {
    let path = folder.join(asset.url.trim_start_matches('/'));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(&path, &asset.bytes)?;
    let mut file = File {
        url: asset.url.clone(),
        content_type: content_type(&asset.url).into(),
        etag: digest(&[&asset.bytes]),
        immutable: asset.immutable,
        has_brotli: false,
        has_gzip: false,
    };
    if !is_compressible(&asset.url) {
        return Ok(file);
    }
    if let Some(old) = before.files.iter().find(|old| old.etag == file.etag) {
        let old_path = old.path(old_site);
        file.has_brotli = old.has_brotli && fs::copy(twin(&old_path, "br"), twin(&path, "br")).is_ok();
        file.has_gzip = old.has_gzip && fs::copy(twin(&old_path, "gz"), twin(&path, "gz")).is_ok();
        if (file.has_brotli, file.has_gzip) == (old.has_brotli, old.has_gzip) {
            return Ok(file);
        }
    }
    file.has_brotli = keep_smaller(&twin(&path, "br"), &asset.bytes, brotli(&asset.bytes)?)?;
    file.has_gzip = keep_smaller(&twin(&path, "gz"), &asset.bytes, gzip(&asset.bytes)?)?;
    Ok(file)
}

fn twin(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

/// A twin is worth a header only where it saves something.
fn keep_smaller(path: &Path, original: &[u8], compressed: Vec<u8>) -> Result<bool> {
    let is_smaller = compressed.len() < original.len();
    if is_smaller {
        fs::write(path, compressed)?;
    }
    Ok(is_smaller)
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn content_type(url: &str) -> &'static str {
    match url.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn is_compressible(url: &str) -> bool {
    !matches!(content_type(url), "image/png" | "image/webp" | "font/woff2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_are_named_by_content_and_the_rest_by_the_world() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("fonts")).unwrap();
        fs::write(folder.path().join("fonts/inter.woff2"), b"font").unwrap();
        fs::write(folder.path().join("robots.txt"), b"User-agent: *").unwrap();
        fs::write(folder.path().join(".gitkeep"), b"").unwrap();
        let assets = public(folder.path()).unwrap();
        let names: Vec<_> = assets.iter().map(|asset| (asset.url.as_str(), asset.immutable)).collect();
        let font = format!("/fonts/inter.{}.woff2", digest(&[b"font"]));
        assert_eq!(names, [(font.as_str(), true), ("/robots.txt", false)]);
    }

    #[test]
    fn twins_are_kept_where_they_are_smaller_and_taken_over_when_nothing_changed() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        let assets = || {
            vec![
                Asset::named_by_content("/pkg/a.1.css".into(), b"a { color: red } ".repeat(100)),
                Asset::named_by_content("/tiny.txt".into(), b"x".to_vec()),
            ]
        };
        let first = write(&site, assets(), "vobio.1".into(), "f".into()).unwrap();
        assert_eq!(first.files.iter().map(|file| file.has_brotli).collect::<Vec<_>>(), [true, false]);
        fs::write(site.join("pkg/a.1.css.br"), b"marked").unwrap();
        let second = write(&site, assets(), "vobio.1".into(), "g".into()).unwrap();
        assert_eq!(fs::read(site.join("pkg/a.1.css.br")).unwrap(), b"marked", "copied, not made again");
        assert_eq!(Manifest::read(&site).unwrap(), second);
    }

    #[test]
    fn parts_are_told_apart_by_the_digest() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}
