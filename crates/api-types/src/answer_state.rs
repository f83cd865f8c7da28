//! Runs: one AI operation, from admission to settlement.

use serde::{Deserialize, Serialize};

/// Where a run stands. Only `Queued` and `Running` can still change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerState {
    /// Waits for its turn.
    Queued,
    /// A worker has it.
    Running,
    /// The model finished.
    Finished,
    /// The person stopped it; what was written is kept.
    Stopped,
    /// The model or the way to it failed; what was written is kept.
    Failed,
    /// The studio went down in the middle; what was written is kept.
    Interrupted,
}

impl AnswerState {
    const ALL: [Self; 6] =
        [Self::Queued, Self::Running, Self::Finished, Self::Stopped, Self::Failed, Self::Interrupted];

    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// Reads [`AnswerState::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Still going on.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// Ended before its time: Continue makes sense.
    pub const fn can_continue(self) -> bool {
        matches!(self, Self::Stopped | Self::Failed | Self::Interrupted)
    }
}

/// What a model call used, in tokens. `None` where the model did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub prompt_tokens: Option<u32>,
    /// Tokens written.
    pub completion_tokens: Option<u32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_reads_back_from_its_word() {
        for state in AnswerState::ALL {
            assert_eq!(AnswerState::parse(state.as_str()), Some(state));
        }
        assert_eq!(AnswerState::parse("done"), None);
    }

    #[test]
    fn a_run_that_goes_on_cannot_be_continued() {
        assert!(AnswerState::ALL.iter().all(|s| !(s.is_active() && s.can_continue())));
    }
}
