//! Everything durable, as one plain value.

use crate::{CommitId, Epoch, Event, InterruptId, OwnerId, Revision, RunId, Sealed, Status, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The process that holds the run, in this life of it.
    Worker(Epoch),
    /// Somebody from outside, while no process holds the run.
    Operator,
}

/// What is new of a run with its first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// The name of its graph.
    pub kind: String,
    /// Whose it is.
    pub owner: OwnerId,
    /// The checkpoint it was forked from.
    pub forked_from: Option<(RunId, Revision)>,
}

/// One transaction: all of it is kept, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<W> {
    /// Names it: handed in again it is applied once and accepted both times.
    pub id: CommitId,
    /// Of which run.
    pub run: RunId,
    /// With the first one.
    pub opens: Option<Opens>,
    /// The revision it was made on; afterwards the run has the next.
    pub expected: Revision,
    /// Who makes it.
    pub by: Author,
    /// When.
    pub at: Timestamp,
    /// The new checkpoint; none where only the row of the run changes.
    pub checkpoint: Option<Sealed>,
    /// Questions that are open from now on.
    pub opened: Vec<Interrupt>,
    /// Questions that are settled, answered or not.
    pub closed: Vec<InterruptId>,
    /// What happened, with numbers that go on from the last commit's.
    pub events: Vec<Event>,
    /// Where it stands now.
    pub status: Status,
    /// Why, where a person should know.
    pub reason: Option<String>,
    /// From then on it may be taken up, by anybody if nobody holds it: timers, and the deadlines of effects.
    pub wake_at: Option<Timestamp>,
    /// Whether its process keeps it; else anybody may take it up when it is time.
    pub held: bool,
    /// The request to cancel it was heard.
    pub cancel_heard: bool,
    /// The product's own writes, for the same transaction.
    pub writes: Vec<W>,
}

impl<W> Commit<W> {
    /// The engine's part and the product's, each by itself: for a transaction that knows nothing of `W`.
    pub fn split(self) -> (Commit<()>, Vec<W>) {
        let commit = Commit {
            writes: Vec::new(),
            id: self.id,
            run: self.run,
            opens: self.opens,
            expected: self.expected,
            by: self.by,
            at: self.at,
            checkpoint: self.checkpoint,
            opened: self.opened,
            closed: self.closed,
            events: self.events,
            status: self.status,
            reason: self.reason,
            wake_at: self.wake_at,
            held: self.held,
            cancel_heard: self.cancel_heard,
        };
        (commit, self.writes)
    }
}

/// A question that a run waits on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interrupt {
    /// Which.
    pub id: InterruptId,
    /// At which node.
    pub node: String,
    /// What is asked.
    pub asked: Value,
    /// SHA-256 of what is asked, in hexadecimal. An answer has to bring it: it answers this and nothing else.
    pub digest: String,
    /// From then on the run goes on without an answer.
    pub until: Option<Timestamp>,
}
