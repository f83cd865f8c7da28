//! Runs: operations that outlive their process.

use crate::RunId;
use serde::{Deserialize, Serialize};

/// One stored event of a run on `/api/events` (event name `run`).
///
/// # Design
/// It is what is stored, not what somebody heard: `seq` counts a run's events from 1 without gaps, so whoever missed some knows
/// it, and what comes twice is seen to. No word of a person or of a model is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// The run.
    pub run: RunId,
    /// Its number among the events of this run.
    pub seq: u64,
    /// The commit that kept it.
    pub revision: u64,
    /// Where the run stood after that commit.
    pub status: RunStatus,
    /// When it happened, in microseconds.
    pub at: i64,
    /// What happened, in words.
    pub what: String,
}

/// Where a run stands, in the engine's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// A process works on it, or will.
    Running,
    /// It waits for an answer.
    Waiting,
    /// It waits for a moment.
    Sleeping,
    /// It waits for a person: nobody knows whether something took place.
    NeedsAttention,
    /// What was kept of it cannot be read by this version of the studio.
    Unreadable,
    /// It came to its end.
    Done,
    /// Something in it failed.
    Failed,
    /// Somebody stopped it.
    Cancelled,
}

impl RunStatus {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Waiting,
        Self::Sleeping,
        Self::NeedsAttention,
        Self::Unreadable,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The word in the database and on the wire.
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

    /// Reads [`RunStatus::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Whether nothing happens any more unless somebody asks for it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Whether it goes on by itself, or when somebody answers.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Running | Self::Waiting | Self::Sleeping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_reads_back_from_its_word_and_serde_has_the_same() {
        for status in RunStatus::ALL {
            assert_eq!(RunStatus::parse(status.as_str()), Some(status));
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!(RunStatus::parse("finished"), None);
    }
}
