//! Runs: stop one, hear of them.

use crate::{
    RUNS_OF_ONE_PERSON_MAX, SignedIn, Studio, broken,
    live::Full,
    owned,
    ports::{Timestamp, store::AnswerRow},
};
use api_types::{PersonId, Problem, RunId};
use workflow::EngineError;

impl Studio {
    /// Stops an answer, whichever process writes it; what was written is kept. Stopping one that has ended already is no error.
    ///
    /// # Errors
    /// `NotFound`, `TryLater`.
    pub async fn stop_run(&self, by: &SignedIn, run: RunId) -> Result<AnswerRow, Problem> {
        let row = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        if row.state.is_active() {
            self.cancel(run).await?;
        }
        Ok(row)
    }

    /// Asks a run to end.
    pub(crate) async fn cancel(&self, run: RunId) -> Result<(), Problem> {
        self.engine.cancel(workflow::RunId(run.0)).await.map_err(refused)
    }

    /// The same of one that may be opening still, and is not there then.
    pub(crate) async fn cancel_if_there(&self, run: RunId) -> Result<(), Problem> {
        match self.cancel(run).await {
            Err(Problem::NotFound) => Ok(()),
            cancelled => cancelled,
        }
    }

    /// Stops what this process writes of somebody. It stops here also when the database cannot be told. What is opening still is
    /// found by [`Studio::stop_shut_out`].
    pub(crate) async fn stop_person(&self, person: PersonId) {
        for live in self.live.of(person) {
            if let Err(problem) = self.cancel_if_there(live.run).await {
                tracing::warn!(run = %live.run, %problem, "a request to stop could not be kept");
            }
        }
    }

    /// Stops what this process writes for who was shut out meanwhile, be it in another process.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn stop_shut_out(&self) -> Result<(), Problem> {
        let Some(epoch) = self.engine.epoch() else { return Ok(()) };
        for run in self.store.shut_out_runs(epoch.0).await? {
            self.cancel(run).await?;
        }
        Ok(())
    }

    /// The person's runs that are active, or ended since then.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn answers_since(&self, by: &SignedIn, since: Timestamp) -> Result<Vec<AnswerRow>, Problem> {
        Ok(self.store.answers_since(owned(by), since).await?)
    }

    /// One run.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn run(&self, by: &SignedIn, run: RunId) -> Result<AnswerRow, Problem> {
        self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)
    }

    /// The whole text of an answer: from memory while it is written here, else from rows.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn answer_text(&self, by: &SignedIn, run: &AnswerRow) -> Result<String, Problem> {
        if let Some(live) = self.live.get(by.person(), run.run) {
            return Ok(live.view(0).text);
        }
        let message =
            self.store.message(owned(by), run.conversation, run.message).await?.ok_or(Problem::NotFound)?;
        if run.state.is_active() {
            let deltas = self.store.answer_text(owned(by), run.run).await?;
            return Ok(message.body + &deltas);
        }
        Ok(message.body)
    }
}

/// There is no place for one more answer.
pub(crate) fn full(full: Full) -> Problem {
    match full {
        Full::Person => Problem::RateLimited {
            detail: format!(
                "{RUNS_OF_ONE_PERSON_MAX} of your answers are being written; wait for one of them, or stop it."
            ),
            retry_after_s: 5,
            refusal: None,
        },
        Full::Process => Problem::TryLater {
            detail: "The studio is writing as many answers as it can. Try again in a moment.".to_owned(),
        },
    }
}

/// What the engine says, to a person.
pub(crate) fn refused(error: EngineError) -> Problem {
    use workflow::StoreError::{Conflict, Held, NotFound, Superseded, Unavailable, Unreadable};
    let later = |detail: &str| Problem::TryLater { detail: detail.to_owned() };
    match error {
        EngineError::Store(NotFound) => Problem::NotFound,
        EngineError::Store(Held | Conflict) => Problem::Changed {
            detail: "This run has gone on in the meantime. Look at where it stands now, then try again."
                .to_owned(),
        },
        EngineError::Store(Unavailable(_)) => {
            later("The studio cannot reach its database, so nothing was saved. Try again in a moment.")
        }
        EngineError::NotAtWork | EngineError::Store(Superseded) => {
            later("This process of the studio is just coming back. Try again in a moment.")
        }
        EngineError::Refused(why) => Problem::Changed { detail: format!("This cannot be done: {why}.") },
        // Said by its row and its page too; whoever looks after the studio finds it in the log.
        EngineError::State(_) | EngineError::Store(Unreadable(_)) | EngineError::UnknownKind(_) => {
            tracing::warn!(%error, "what was kept of a run cannot be read");
            Problem::Changed {
                detail: format!(
                    "What was kept of this run cannot be read ({error}), so it cannot go on, and nothing was done. What it wrote is in its chat: ask there again."
                ),
            }
        }
        other => broken("the engine failed", &other),
    }
}
