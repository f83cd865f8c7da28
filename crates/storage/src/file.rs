//! The file that was opened, and whether it is still the one at its place.

use std::{
    fs::{self, Metadata},
    io,
    path::{Path, PathBuf},
};
use studio::ports::store::StoreError;

/// A SQLite file as it was when it was opened.
///
/// # Design
/// Somebody who moves or replaces the file under a studio that serves would lose everything written from then on: an open
/// file follows its old name nowhere. So every unit of work looks first; a look costs a system call, a commit a disk flush.
#[derive(Debug)]
pub(crate) struct OpenFile {
    path: PathBuf,
    identity: Identity,
}

impl OpenFile {
    /// The file at this place now.
    pub(crate) fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), identity: identity(&fs::metadata(path)?) })
    }

    /// Is it still there?
    ///
    /// # Errors
    /// `Unavailable`, with what the operator can do.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        match fs::metadata(&self.path) {
            Ok(about) if identity(&about) == self.identity => Ok(()),
            _ => Err(StoreError::Unavailable(format!(
                "its file is no longer the one at {}: it was moved or replaced while the studio serves. Put it back, or \
                 stop the studio first",
                self.path.display()
            ))),
        }
    }
}

#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(about: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (about.dev(), about.ino())
}

/// Elsewhere a file that is open cannot be moved.
#[cfg(not(unix))]
type Identity = ();

#[cfg(not(unix))]
fn identity(_about: &Metadata) -> Identity {}
