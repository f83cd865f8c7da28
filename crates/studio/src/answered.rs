//! Waiting for an answer, for who cannot listen to events.

use crate::{SignedIn, Studio, owned, ports::store::AnswerRow};
use api_types::{Problem, RunId};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// An answer that another process writes is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// An answer, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// How it stands.
    pub row: AnswerRow,
    /// Its text; none while it is being written.
    pub text: Option<String>,
}

impl Studio {
    /// Waits until an answer has ended, for so long at most, and until the process goes down. A person waits in
    /// [`WAITS_OF_ONE_PERSON_MAX`](crate::WAITS_OF_ONE_PERSON_MAX) places at once; elsewhere nothing is waited for.
    ///
    /// # Errors
    /// `NotFound`, `TryLater`; `SignIn` for who was shut out meanwhile.
    pub async fn wait_for_answer(
        &self,
        by: &SignedIn,
        run: RunId,
        at_most: Duration,
    ) -> Result<Answered, Problem> {
        // Whoever has no place to wait is told how it stands: each that waits holds a connection.
        if let Some(_place) = self.live.waits(by.person()) {
            tokio::select! {
                biased;
                ended = timeout(at_most, self.end_of_answer(by, run)) => if let Ok(ended) = ended { ended?; },
                () = self.live.closed() => {}
            }
            // It took a while, and they may have been shut out in it.
            self.still_signed_in(by).await?;
        }
        let row = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        let text = match row.state.is_active() {
            true => None,
            false => {
                let message = self.store.message(owned(by), row.conversation, row.message).await?;
                Some(message.ok_or(Problem::NotFound)?.body)
            }
        };
        Ok(Answered { row, text })
    }

    async fn end_of_answer(&self, by: &SignedIn, run: RunId) -> Result<(), Problem> {
        // Before the first look: what changes in between is heard.
        let mut changes = self.live.subscribe(by.person());
        loop {
            changes.mark_unchanged();
            let here = self.live.get(by.person(), run);
            let is_written_here = here.is_some_and(|live| live.inner().ended_at.is_none());
            if !is_written_here {
                let row = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
                if !row.state.is_active() {
                    return Ok(());
                }
            }
            tokio::select! {
                // Who writes it here says so; the sender lives as long as there are receivers.
                _changed = changes.changed() => {}
                () = sleep(LOOK_EVERY), if !is_written_here => {}
            }
        }
    }
}
