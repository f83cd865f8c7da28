//! A checkpoint as it is stored: text, with the name and version of its state and a digest over all of it.

use crate::{Revision, RunId, StateError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The longest that a checkpoint may be.
pub const CHECKPOINT_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A stored checkpoint.
///
/// # Design
/// The digest covers the run and the revision too, so a row that was copied into another's place is found. It has no key: it
/// finds accidents and edits by hand, not somebody who may write to the database and knows how it is made. What such a
/// row can do is limited by its being data: it names nodes of this graph, or it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Of which run.
    pub run: RunId,
    /// The commit that brought it.
    pub revision: Revision,
    /// [`State::NAME`](crate::State::NAME).
    pub schema: String,
    /// [`State::VERSION`](crate::State::VERSION).
    pub version: u32,
    /// JSON.
    pub body: String,
    /// SHA-256 over all of the above, in lower-case hexadecimal.
    pub digest: String,
}

impl Sealed {
    /// Seals a body.
    pub(crate) fn new(
        run: RunId,
        revision: Revision,
        (schema, version): (&str, u32),
        body: String,
    ) -> Result<Self, StateError> {
        if body.len() > CHECKPOINT_BYTES_MAX {
            return Err(StateError::TooLong(body.len()));
        }
        let mut sealed =
            Self { run, revision, schema: schema.to_owned(), version, body, digest: String::new() };
        sealed.digest = sealed.expected();
        Ok(sealed)
    }

    /// The body, when nothing was changed.
    ///
    /// # Errors
    /// `Tampered` or `TooLong`.
    pub fn body(&self) -> Result<&str, StateError> {
        if self.body.len() > CHECKPOINT_BYTES_MAX {
            return Err(StateError::TooLong(self.body.len()));
        }
        if self.digest == self.expected() { Ok(&self.body) } else { Err(StateError::Tampered) }
    }

    fn expected(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.run.0.as_bytes());
        hash.update(self.revision.0.to_be_bytes());
        hash.update(self.schema.len().to_be_bytes());
        hash.update(&self.schema);
        hash.update(self.version.to_be_bytes());
        hash.update(&self.body);
        hex(&hash.finalize())
    }
}

/// The digest of what was asked, over its JSON text.
pub(crate) fn digest(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
