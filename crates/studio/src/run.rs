//! Runs: stop one, hear of them.

use crate::{
    SignedIn, Studio, owned,
    ports::{Timestamp, store::RunRow},
};
use api_types::{Problem, RunId};

impl Studio {
    /// Stops an answer; what was written is kept. Stopping one that has ended already is no error.
    ///
    /// # Errors
    /// `NotFound`; `TryLater` when another process writes it.
    pub async fn stop_run(&self, by: &SignedIn, run: RunId) -> Result<RunRow, Problem> {
        let row = self.store.run(owned(by), run).await?.ok_or(Problem::NotFound)?;
        match self.live.get(run) {
            Some(live) => live.stop.cancel(),
            None if row.state.is_active() => {
                return Err(Problem::TryLater {
                    detail: "Another process of this studio writes this answer, and it cannot be stopped from here yet."
                        .to_owned(),
                });
            }
            None => {}
        }
        Ok(row)
    }

    /// The person's runs that are active, or ended since then.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn runs_since(&self, by: &SignedIn, since: Timestamp) -> Result<Vec<RunRow>, Problem> {
        Ok(self.store.runs_since(owned(by), since).await?)
    }

    /// One run.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn run(&self, by: &SignedIn, run: RunId) -> Result<RunRow, Problem> {
        self.store.run(owned(by), run).await?.ok_or(Problem::NotFound)
    }

    /// The whole text of an answer: from memory while it is written here, else from rows.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn answer_text(&self, by: &SignedIn, run: &RunRow) -> Result<String, Problem> {
        if let Some(live) = self.live.get(run.id) {
            return Ok(live.view(0).text);
        }
        let message =
            self.store.message(owned(by), run.conversation, run.message).await?.ok_or(Problem::NotFound)?;
        if run.state.is_active() {
            let deltas = self.store.run_text(owned(by), run.id).await?;
            return Ok(message.body + &deltas);
        }
        Ok(message.body)
    }
}
