//! Commits of a run that is under way.

use super::{Drive, Fault, Rest};
use crate::{Author, Commit, CommitId, Event, Sealed, StateError, StoreError, What};
use std::{future::pending, sync::Arc, time::Duration};

/// A result of an effect waits so long at most for the pure nodes after it, to be kept together with what they make.
pub const RESULT_WAITS_MAX: Duration = Duration::from_millis(50);

/// Pauses between tries while the store cannot be reached.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

impl<W: Send + Sync + 'static> Drive<W> {
    /// Returns when a change is committed. Changes that wait together share a commit.
    pub(crate) async fn keep(&self, change: u64) {
        if self.note_prepared() {
            return pending().await;
        }
        let _gate = self.gate.lock().await;
        if self.book().kept >= change {
            return;
        }
        if let Err(fault) = self.commit(Rest::working()).await {
            self.book().fault = Some(fault);
            pending::<()>().await;
        }
    }

    /// Where a run is only being prepared, the point has come to stop.
    fn note_prepared(&self) -> bool {
        let mut book = self.book();
        book.is_prepared = book.is_preparing;
        book.is_prepared
    }

    /// Commits all that is not committed yet. With the gate held, or with no thread at work.
    pub(crate) async fn commit(&self, rest: Rest<W>) -> Result<(), Fault> {
        let (commit, change) = self.draw_up(rest)?;
        self.hand_in(Arc::new(commit)).await?;
        let mut book = self.book();
        book.revision = book.revision.next();
        book.kept = book.kept.max(change);
        Ok(())
    }

    /// Hands a commit in until the store has said yes or no.
    pub(crate) async fn hand_in(&self, commit: Arc<Commit<W>>) -> Result<(), StoreError> {
        let mut pause = PAUSE_FIRST;
        loop {
            match self.store.commit(Arc::clone(&commit)).await {
                Err(StoreError::Unavailable(why) | StoreError::Fault(why)) => {
                    tracing::warn!(run = %self.run, why, "a commit waits for the store");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                }
                other => return other,
            }
        }
    }

    /// The commit of all that is not committed yet, and the number of the last change in it.
    pub(crate) fn draw_up(&self, rest: Rest<W>) -> Result<(Commit<W>, u64), StateError> {
        let now = self.host.now();
        let mut book = self.book();
        let Rest { status, reason, wake_at, is_held, writes } = rest;
        if !is_held {
            book.tell(now, What::Stands { status, reason: reason.clone() });
        }
        let revision = book.revision.next();
        let body = serde_json::to_string(&book.body).map_err(|error| StateError::Shape(error.to_string()))?;
        let checkpoint = Sealed::new(self.run, revision, self.schema, body)?;
        let mut all_writes = std::mem::take(&mut book.writes);
        all_writes.extend(writes);
        let change = book.changes;
        let commit = Commit {
            id: CommitId(self.host.id()),
            run: self.run,
            opens: (book.revision == crate::Revision::NONE).then(|| self.opens.clone()),
            expected: book.revision,
            by: Author::Worker(self.epoch),
            at: now,
            checkpoint: Some(checkpoint),
            opened: std::mem::take(&mut book.opened),
            closed: std::mem::take(&mut book.closed),
            events: std::mem::take(&mut book.events),
            status,
            reason,
            wake_at: if is_held { Some(book.body.judged_at().unwrap_or(now)) } else { wake_at },
            held: is_held,
            cancel_heard: book.cancel,
            writes: all_writes,
        };
        Ok((commit, change))
    }

    /// Lets go of the run with nothing new but its row: where it cannot go on.
    pub(crate) fn let_go(&self, rest: Rest<W>) -> Commit<W> {
        let book = self.book();
        let now = self.host.now();
        // Numbers go on from the last commit's: what was told since is lost with it.
        let kept = book.last_seq - book.events.len() as u64;
        let what = What::Stands { status: rest.status, reason: rest.reason.clone() };
        let events = vec![Event { seq: kept + 1, at: now, what }];
        Commit {
            id: CommitId(self.host.id()),
            run: self.run,
            opens: None,
            expected: book.revision,
            by: Author::Worker(self.epoch),
            at: now,
            checkpoint: None,
            opened: Vec::new(),
            closed: Vec::new(),
            events,
            status: rest.status,
            reason: rest.reason,
            wake_at: rest.wake_at,
            held: false,
            cancel_heard: book.cancel,
            writes: rest.writes,
        }
    }

    /// Keeps results that would wait too long for company. Never returns.
    pub(crate) async fn keep_results(&self) {
        loop {
            self.result.notified().await;
            tokio::time::sleep(RESULT_WAITS_MAX).await;
            let change = {
                let book = self.book();
                if book.kept < book.changes && !book.is_preparing { Some(book.changes) } else { None }
            };
            if let Some(change) = change {
                let _busy = self.busy();
                self.keep(change).await;
            }
        }
    }
}
