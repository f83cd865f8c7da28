//! The configured file, as it is right now: looked at for every question, read again only when it has changed.

use crate::fault::WeightsFault;
use crate::gguf::Header;
use crate::known::{DEFAULT_LABEL, DEFAULT_WEIGHTS, sha256_from};
use crate::requantise::{DATA_DIGEST_KEY, SOURCE_DIGEST_KEY};
use crate::shape::Shape;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// What the header says, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Facts {
    /// What to call it.
    pub(crate) label: String,
    /// Tokens it can hold.
    pub(crate) context_tokens: u32,
    /// Its length.
    pub(crate) bytes: u64,
}

/// Tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

/// The configured file, if any.
#[derive(Debug)]
pub(crate) struct Weights {
    path: Option<PathBuf>,
    seen: Mutex<Option<(Stamp, Result<Facts, WeightsFault>)>>,
}

impl Weights {
    /// Does not look at the file.
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Self { path, seen: Mutex::new(None) }
    }

    /// The file.
    pub(crate) fn path(&self) -> Result<&Path, WeightsFault> {
        self.path.as_deref().ok_or(WeightsFault::NotConfigured)
    }

    /// Which state the file is in.
    pub(crate) fn stamp(&self) -> Result<Stamp, WeightsFault> {
        let path = self.path()?;
        let meta = std::fs::metadata(path).map_err(|error| WeightsFault::io(path, &error))?;
        Ok(Stamp { bytes: meta.len(), modified: meta.modified().ok() })
    }

    /// What the header says. Touches the disk: ten milliseconds for a new file, one system call for one that was seen.
    pub(crate) fn facts(&self) -> Result<Facts, WeightsFault> {
        let (path, stamp) = (self.path()?, self.stamp()?);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.as_ref().filter(|(old, _)| *old == stamp) {
            Some((_, facts)) => facts.clone(),
            None => seen.insert((stamp, read(path))).1.clone(),
        }
    }
}

fn read(path: &Path) -> Result<Facts, WeightsFault> {
    let header = Header::read(path)?;
    let shape = Shape::read(&header, path)?;
    let ours =
        is_published_default(&header, path) || header.text(SOURCE_DIGEST_KEY) == Some(DEFAULT_WEIGHTS.sha256);
    let label = if ours { DEFAULT_LABEL } else { header.text("general.name").unwrap_or_default() };
    Ok(Facts {
        label: label.chars().filter(|letter| !letter.is_control()).take(100).collect(),
        context_tokens: u32::try_from(shape.context).unwrap_or(u32::MAX),
        bytes: header.file_bytes,
    })
}

fn is_published_default(header: &Header, path: &Path) -> bool {
    header.file_bytes == DEFAULT_WEIGHTS.bytes
        && path.file_name().is_some_and(|name| name == DEFAULT_WEIGHTS.file)
}

/// Compares the contents with the digest that is known for them, where one is: a flipped bit on a disk is found here
/// and not in an answer. Reads the whole file.
pub(crate) fn check_digest(header: &Header, path: &Path) -> Result<(), WeightsFault> {
    if is_published_default(header, path) {
        return DEFAULT_WEIGHTS.check(path);
    }
    let Some(wanted) = header.text(DATA_DIGEST_KEY) else { return Ok(()) };
    let found = sha256_from(path, header.data_start).map_err(|error| WeightsFault::io(path, &error))?;
    if found == wanted {
        Ok(())
    } else {
        Err(WeightsFault::damaged(path, "its digest is not the one it names"))
    }
}
