//! Whether this process finds work, for whoever looks after it.

use super::EngineError;
use std::time::Duration;
use tokio::time::Instant;

/// It is tried again every second. What fails for so long does not go by.
const STUCK_AFTER: Duration = Duration::from_secs(3);

/// Since when looking for work fails.
#[derive(Default)]
pub(super) struct Trouble {
    since: Option<Instant>,
}

impl Trouble {
    /// What came of a look. Said when it begins and when it is over, not every second.
    pub(super) fn note(&mut self, failed: Option<&EngineError>) {
        match (failed, self.since) {
            (Some(error), None) => {
                tracing::warn!(%error, "this process could not look for work; it goes on trying and says when it can");
                self.since = Some(Instant::now());
            }
            (None, Some(since)) => {
                tracing::info!(after = ?since.elapsed(), "this process looks for work again");
                self.since = None;
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    pub(super) fn is_lasting(&self) -> bool {
        self.since.is_some_and(|since| since.elapsed() >= STUCK_AFTER)
    }
}
