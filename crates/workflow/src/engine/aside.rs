//! Runs that nobody can go on with: what is stored of them cannot be read, or no program here knows their graph.

use super::{Engine, EngineError, locked};
use crate::{Author, Commit, CommitId, Epoch, Event, Head, RunId, Status, StoreError, Timestamp, What};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::time::Instant;

/// A run of a graph that this process does not know, which was due and held by nobody for so long, is `unreadable`.
pub const STRANGER_AFTER: Duration = Duration::from_secs(30);

/// Between two looks for such runs.
const STRANGERS_LOOKED_AT_EVERY: Duration = Duration::from_secs(10);

/// Runs of other graphs, and since when they are seen.
#[derive(Default)]
pub(super) struct Strangers {
    looked: Option<Instant>,
    since: HashMap<RunId, Instant>,
}

impl<W: Send + Sync + 'static> Engine<W> {
    /// Says of runs of other graphs that nobody here can go on with them.
    ///
    /// # Design
    /// While an installation is renewed, an older program works beside a newer one that knows more graphs, on the same store. The
    /// newer takes its runs up within a second of their being due; so what is held by a process that lives is never touched, and
    /// what is due and free is left alone for [`STRANGER_AFTER`], seen at every look. After that nobody can be waited for: the
    /// process that knew the graph is gone, and a run that is `running` for ever keeps what belongs to it from everybody. Nothing is
    /// lost if it comes back later: an unreadable run goes on when a program that knows its graph is asked to try again. A
    /// process that is alone on its store has nobody to wait for.
    pub(super) async fn leave_strangers_aside(&self, epoch: Epoch) -> Result<(), EngineError> {
        {
            let mut strangers = locked(&self.strangers);
            if strangers.looked.is_some_and(|at| at.elapsed() < STRANGERS_LOOKED_AT_EVERY) {
                return Ok(());
            }
            strangers.looked = Some(Instant::now());
        }
        let mut kinds: Vec<String> = self.kinds.keys().map(|kind| (*kind).to_owned()).collect();
        kinds.sort_unstable();
        let found = self.store.strangers(&kinds, self.host.now()).await?;
        let patience = if self.settings.dead_after.is_zero() { Duration::ZERO } else { STRANGER_AFTER };
        let forlorn: Vec<RunId> = {
            let mut strangers = locked(&self.strangers);
            let since = |run| (run, strangers.since.get(&run).copied().unwrap_or_else(Instant::now));
            strangers.since = found.into_iter().map(since).collect();
            let all = strangers.since.iter();
            all.filter(|(_, since)| since.elapsed() >= patience).map(|(run, _)| *run).collect()
        };
        for run in forlorn {
            match self.store.load(run).await {
                // From outside: refused where another has taken it up meanwhile.
                Ok(Some(loaded)) => {
                    let why = EngineError::UnknownKind(loaded.head.kind.clone()).to_string();
                    self.lay_aside(&loaded.head, Author::Operator, epoch, &why).await;
                }
                Ok(None) => {}
                Err(StoreError::Unreadable(why)) => self.put_aside(epoch, run, &why).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Commits that a run cannot be read. Its row says it at least where its commits do not go on.
    pub(super) async fn lay_aside(&self, head: &Head, by: Author, epoch: Epoch, why: &str) {
        let run = head.run;
        tracing::error!(%run, why, "a run cannot be gone on with");
        match self.store.commit(Arc::new(self.unreadable(head, by, why))).await {
            Ok(()) => {}
            Err(StoreError::Refused(_) | StoreError::Unreadable(_) | StoreError::Fault(_)) => {
                self.put_aside(epoch, run, why).await;
            }
            // Nobody but this process goes on with what it holds: the row is at odds with itself.
            Err(StoreError::Conflict) if matches!(by, Author::Worker(_)) => {
                self.put_aside(epoch, run, why).await;
            }
            Err(error) => tracing::warn!(%run, %error, "nor could that be said"),
        }
    }

    /// As [`Checkpointer::put_aside`](crate::Checkpointer::put_aside). Where it fails for now, it is tried at the next look.
    pub(super) async fn put_aside(&self, epoch: Epoch, run: RunId, why: &str) {
        tracing::error!(%run, why, "a run's row cannot be read; it is put aside");
        if let Err(error) = self.store.put_aside(epoch, run, why, self.host.now()).await {
            tracing::warn!(%run, %error, "nor could that be said");
        }
    }

    fn unreadable(&self, head: &Head, by: Author, why: &str) -> Commit<W> {
        let now: Timestamp = self.host.now();
        let (status, reason) = (Status::Unreadable, Some(why.to_owned()));
        let what = What::Stands { status, reason: reason.clone() };
        Commit {
            id: CommitId(self.host.id()),
            run: head.run,
            opens: None,
            expected: head.revision,
            by,
            at: now,
            checkpoint: None,
            opened: Vec::new(),
            closed: Vec::new(),
            events: vec![Event { seq: head.last_seq + 1, at: now, what }],
            status,
            reason,
            wake_at: None,
            held: false,
            cancel_heard: head.cancel_heard,
            writes: Vec::new(),
        }
    }
}
