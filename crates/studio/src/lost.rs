//! Runs that rows say this process writes, and it does not, or should not.

use crate::{
    LOST_AFTER, Studio,
    ports::{
        Timestamp,
        store::{AnswerEnd, AnswerRow, StoreError},
    },
};
use api_types::AnswerState;

impl Studio {
    /// Ends as interrupted, with what was kept of their text, the runs of this process that it knows nothing of. How many.
    ///
    /// # Design
    /// A network can swallow the answer to COMMIT: the sender then hears that it failed, and the rows are there all the
    /// same. Whoever opened such a run cannot know; asking a little later finds it whatever the cause. What is being opened
    /// or written is in [`Live`](crate::Live) before its rows are.
    ///
    /// # Errors
    /// What the database says.
    pub async fn interrupt_lost(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let before = now - LOST_AFTER;
        let active = self.store.active_runs(self.worker(), before).await?;
        let mut ended = 0;
        for run in active.into_iter().filter(|run| self.live.get(run.owned.owner, run.id).is_none()) {
            ended += u64::from(self.interrupt(run, now).await?);
        }
        Ok(ended)
    }

    /// Stops the answers that this process writes for who was shut out meanwhile, be it in another process.
    ///
    /// # Errors
    /// What the database says.
    pub async fn stop_shut_out(&self) -> Result<(), StoreError> {
        for person in self.store.shut_out_with_runs(self.worker()).await? {
            self.live.stop_person(person);
        }
        Ok(())
    }

    async fn interrupt(&self, run: AnswerRow, now: Timestamp) -> Result<bool, StoreError> {
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let Some(message) = tx.message(run.owned, run.conversation, run.message).await? else {
                        return Ok(false);
                    };
                    let body = message.body + &tx.answer_text(run.owned, run.id).await?;
                    tx.end_answer(&AnswerEnd {
                        run: run.id,
                        owned: run.owned,
                        state: AnswerState::Interrupted,
                        failure: None,
                        usage: run.usage,
                        cost_micros: run.cost_micros,
                        cut_short: false,
                        first_token_at: run.first_token_at,
                        at: now,
                        body,
                    })
                    .await
                })
            })
            .await
    }
}
