//! Answers that nobody ends any more, although rows say that they are being written.

use crate::{
    Studio,
    budget::{self, Used},
    ports::store::{AnswerEnd, AnswerRow, StoreError},
};
use api_types::{AnswerState, Problem};
use std::time::Duration;

/// Parts of text stay for so long after their answer has ended: a page may be reading them.
const PARTS_KEPT: Duration = Duration::from_secs(60);

/// What stands below such an answer.
const UNREADABLE: &str = "The studio could not read what it had kept of this run. What was written of it is here; continue when you like.";

impl Studio {
    /// Ends as failed, with what was kept of their text, answers whose run is over or cannot be read: only a run that this
    /// program cannot read leaves one. For the worker.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn end_left_open(&self) -> Result<(), Problem> {
        let left = self.store.answers_left_open().await?;
        if left.is_empty() {
            return Ok(());
        }
        // Each by itself: one whose hold cannot be read is in nobody's way.
        for answer in &left {
            let end = self.left(answer);
            let ended = self.store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    if tx.end_answer(&end).await?
                        && let Some(hold) = tx.end_hold(end.owned, end.run).await?
                    {
                        tx.book(&budget::settled(&hold, Used::Unknown, 0, end.at)).await?;
                    }
                    Ok(())
                })
            });
            if let Err(error) = ended.await {
                tracing::error!(run = %answer.run, %error, "an answer that nobody ends could not be ended");
            }
        }
        tracing::warn!(answers = left.len(), "answers whose run cannot go on were kept and marked");
        Ok(())
    }

    /// Removes parts of text that stand in messages by now. For the worker.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn purge_answer_parts(&self) -> Result<u64, Problem> {
        let before = self.now() - PARTS_KEPT;
        let purged = self.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.purge_answer_parts(before).await })
        });
        Ok(purged.await?)
    }

    fn left(&self, answer: &AnswerRow) -> AnswerEnd {
        AnswerEnd {
            run: answer.run,
            owned: answer.owned,
            state: AnswerState::Failed,
            failure: Some(UNREADABLE.to_owned()),
            usage: answer.usage,
            cost_micros: answer.cost_micros,
            cut_short: false,
            first_token_at: answer.first_token_at,
            at: self.now(),
            body: None,
        }
    }
}
