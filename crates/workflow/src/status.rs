//! Where a run stands.

use serde::{Deserialize, Serialize};

/// Where a run stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A process works on it, or will.
    Running,
    /// It waits for an answer.
    Waiting,
    /// It waits for a moment.
    Sleeping,
    /// It waits for a person: nobody knows whether an effect took place.
    NeedsAttention,
    /// Its checkpoint cannot be read by the program that took it up. Nobody takes it up again unasked.
    Unreadable,
    /// It came to its end.
    Done,
    /// A node failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl Status {
    const ALL: [Self; 8] = [
        Self::Running,
        Self::Waiting,
        Self::Sleeping,
        Self::NeedsAttention,
        Self::Unreadable,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its word, where it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Sleeping => "sleeping",
            Self::NeedsAttention => "needs_attention",
            Self::Unreadable => "unreadable",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Status::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing happens any more unless somebody asks for it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}
