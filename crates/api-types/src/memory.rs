//! What the studio remembers of somebody.

use crate::MemoryId;
use serde::{Deserialize, Serialize};

/// What kind of memory it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MemoryKind {
    /// A question and its answer.
    Interaction,
    /// What somebody stored.
    Note,
}

impl MemoryKind {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Interaction => "interaction",
            Self::Note => "note",
        }
    }

    /// Reads [`MemoryKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Interaction, Self::Note].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A note was remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryStored {
    /// `success`.
    pub status: String,
    /// Which.
    pub id: MemoryId,
}
