//! manifest.tsv: what lies in the site folder, one line each, readable by a build script with nothing but std.
//!
//! `fingerprint F` · `output_name N` · `stylesheet URL` · `preload URL` (a font) ·
//! `file URL TYPE ETAG immutable|named br,gzip|br|gzip|-`, separated by tabs.

use anyhow::{Context, Result, bail};
use std::{fmt::Write, fs, path::Path};

/// The name of the file in the site folder.
pub(super) const FILE: &str = "manifest.tsv";

/// What the site folder holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Manifest {
    /// Digest of the sources it was made from.
    pub(crate) fingerprint: String,
    /// What leptos calls the output name: `vobio.HASH`.
    pub(crate) output_name: String,
    /// Fonts that every page needs at once.
    pub(crate) preload: Vec<String>,
    /// Every file, sorted by URL.
    pub(crate) files: Vec<File>,
}

/// One static file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct File {
    /// Its URL, and its path under the site folder.
    pub(crate) url: String,
    /// Its media type.
    pub(crate) content_type: String,
    /// Digest of its content.
    pub(crate) etag: String,
    /// Its name changes with its content.
    pub(crate) immutable: bool,
    /// Bytes as they are, with brotli, with gzip; the latter two where they are smaller.
    pub(crate) has_brotli: bool,
    pub(crate) has_gzip: bool,
}

impl File {
    /// Where it lies.
    pub(crate) fn path(&self, site: &Path) -> std::path::PathBuf {
        site.join(self.url.trim_start_matches('/'))
    }

    /// What a browser with brotli receives, in bytes.
    pub(crate) fn bytes_sent(&self, site: &Path) -> Result<u64> {
        let mut path = self.path(site).into_os_string();
        if self.has_brotli {
            path.push(".br");
        }
        Ok(fs::metadata(&path).with_context(|| format!("no file {}", path.display()))?.len())
    }
}

impl Manifest {
    /// Reads it from a site folder.
    pub(crate) fn read(site: &Path) -> Result<Self> {
        let path = site.join(FILE);
        Self::parse(&fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?)
    }

    /// Wasm and its JavaScript as sent with brotli, in bytes.
    pub(crate) fn browser_code_bytes(&self) -> Result<u64> {
        let code = self.files.iter().filter(|file| file.url.ends_with(".wasm") || file.url.ends_with(".js"));
        code.map(|file| file.bytes_sent(&crate::place::site())).sum()
    }

    pub(super) fn write(&self) -> String {
        let mut text = format!("fingerprint\t{}\noutput_name\t{}\n", self.fingerprint, self.output_name);
        for font in &self.preload {
            let _ = writeln!(text, "preload\t{font}");
        }
        for file in &self.files {
            let naming = if file.immutable { "immutable" } else { "named" };
            let encodings = match (file.has_brotli, file.has_gzip) {
                (true, true) => "br,gzip",
                (true, false) => "br",
                (false, true) => "gzip",
                (false, false) => "-",
            };
            let File { url, content_type, etag, .. } = file;
            let _ = writeln!(text, "file\t{url}\t{content_type}\t{etag}\t{naming}\t{encodings}");
        }
        text
    }

    fn parse(text: &str) -> Result<Self> {
        let mut manifest = Self::default();
        for line in text.lines() {
            match line.split('\t').collect::<Vec<_>>().as_slice() {
                ["fingerprint", value] => manifest.fingerprint = (*value).into(),
                ["output_name", value] => manifest.output_name = (*value).into(),
                ["preload", value] => manifest.preload.push((*value).into()),
                ["file", url, content_type, etag, naming, encodings] => manifest.files.push(File {
                    url: (*url).into(),
                    content_type: (*content_type).into(),
                    etag: (*etag).into(),
                    immutable: *naming == "immutable",
                    has_brotli: encodings.split(',').any(|name| name == "br"),
                    has_gzip: encodings.split(',').any(|name| name == "gzip"),
                }),
                _ => bail!("{FILE}: not understood: {line}"),
            }
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let file = |url: &str, has_brotli, has_gzip| File {
            url: url.into(),
            content_type: "text/css; charset=utf-8".into(),
            etag: "abc".into(),
            immutable: has_brotli,
            has_brotli,
            has_gzip,
        };
        let manifest = Manifest {
            fingerprint: "f".into(),
            output_name: "vobio.1".into(),
            preload: vec!["/fonts/a.1.woff2".into()],
            files: vec![file("/a.css", true, true), file("/b", false, false), file("/c", false, true)],
        };
        assert_eq!(Manifest::parse(&manifest.write()).unwrap(), manifest);
        assert!(Manifest::parse("nonsense").is_err());
    }
}
