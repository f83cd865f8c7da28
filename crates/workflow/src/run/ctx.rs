//! What a node is given beside its state.

use super::Drive;
use crate::{NodeError, OwnerId, Reply, RunId, Thread, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// A visit of a node.
///
/// # Design
/// A node may be visited again: after an answer, after a crash, when it failed. It does the same then, because effects
/// that finished are replayed in the order in which they were first asked for. What it writes and tells counts only from
/// a visit that was completed.
pub struct Ctx<W> {
    pub(super) drive: Arc<Drive<W>>,
    pub(super) path: String,
    pub(super) node: String,
    pub(super) step: u32,
    failed: u32,
    reply: Option<Reply>,
    visit: Mutex<Visit<W>>,
}

/// What one visit has brought so far.
pub(super) struct Visit<W> {
    /// Effects asked for.
    pub(super) asked: usize,
    pub(super) told: Vec<(String, Value)>,
    pub(super) writes: Vec<W>,
    /// Why the visit cannot go on now.
    pub(super) suspended: Option<Suspended>,
    /// Effects under way, since when, and how long earlier ones took.
    under_way: usize,
    since: Instant,
    took: Duration,
}

/// Why a visit cannot go on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspended {
    /// An effect is called again then.
    Until(Timestamp),
    /// Something has to be decided first: an effect without a result, or the run is to stop.
    Undecided,
}

impl<W> Ctx<W> {
    pub(super) fn new(drive: Arc<Drive<W>>, path: &str, thread: &Thread) -> Self {
        let visit = Visit {
            asked: 0,
            told: Vec::new(),
            writes: Vec::new(),
            suspended: None,
            under_way: 0,
            since: Instant::now(),
            took: Duration::ZERO,
        };
        Self {
            drive,
            path: path.to_owned(),
            node: thread.node.clone(),
            step: thread.step,
            failed: thread.failed,
            reply: thread.reply.clone(),
            visit: Mutex::new(visit),
        }
    }

    pub(super) fn visit(&self) -> MutexGuard<'_, Visit<W>> {
        self.visit.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run.
    pub fn run(&self) -> RunId {
        self.drive.run
    }

    /// Whose it is.
    pub fn owner(&self) -> &OwnerId {
        &self.drive.opens.owner
    }

    /// The host's time. Another at the next visit: what has to stay the same belongs into the state.
    pub fn now(&self) -> Timestamp {
        self.drive.host.now()
    }

    /// A new id. Another at the next visit.
    pub fn id(&self) -> Uuid {
        self.drive.host.id()
    }

    /// How many visits of this node have failed before, `Step::Retry` among them.
    pub const fn failed(&self) -> u32 {
        self.failed
    }

    /// What came of the question that this node asked before.
    pub const fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// The answer to the question that this node asked before, in its type. `None` while there is none.
    ///
    /// # Errors
    /// When it has another shape.
    pub fn answer<T: DeserializeOwned>(&self) -> Result<Option<T>, NodeError> {
        let Some(Reply::Answer(answer)) = &self.reply else { return Ok(None) };
        let answer = T::deserialize(answer);
        answer.map(Some).map_err(|error| NodeError(format!("the answer does not have its shape: {error}")))
    }

    /// Whether the run was cancelled, and is on its way to the end.
    pub fn is_cancelled(&self) -> bool {
        self.drive.book().cancel
    }

    /// Writes this for the product, in the commit that leaves this node.
    pub fn write(&self, write: W) {
        self.visit().writes.push(write);
    }

    /// Tells this as an event of the run, in the commit that leaves this node.
    ///
    /// # Errors
    /// When it is no JSON.
    pub fn tell(&self, name: &str, body: impl Serialize) -> Result<(), NodeError> {
        let body = serde_json::to_value(body).map_err(|error| NodeError(error.to_string()))?;
        self.visit().told.push((name.to_owned(), body));
        Ok(())
    }

    /// Counts the time of whoever calls as an effect's, until the guard goes.
    pub(super) fn effect_time(&self) -> EffectTime<'_, W> {
        let mut visit = self.visit();
        if visit.under_way == 0 {
            visit.since = Instant::now();
        }
        visit.under_way += 1;
        EffectTime(self)
    }

    /// How much of the visit so far was the time of effects.
    pub(super) fn took(&self) -> Duration {
        let visit = self.visit();
        let now = if visit.under_way > 0 { visit.since.elapsed() } else { Duration::ZERO };
        visit.took + now
    }

    pub(super) fn is_in_effect(&self) -> bool {
        self.visit().under_way > 0
    }
}

pub(super) struct EffectTime<'a, W>(&'a Ctx<W>);

impl<W> Drop for EffectTime<'_, W> {
    fn drop(&mut self) {
        let mut visit = self.0.visit();
        visit.under_way -= 1;
        if visit.under_way == 0 {
            let took = visit.since.elapsed();
            visit.took += took;
        }
    }
}
