//! The one door to whatever keeps runs.

use crate::{
    Commit, Epoch, Event, Interrupt, InterruptId, OwnerId, Revision, RunId, Sealed, StateError, Status,
    Timestamp,
};
use async_trait::async_trait;
use serde_json::Value;
use std::sync::Arc;

/// Why a store did not do it. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The process was taken for dead, or another holds the run. It writes nothing more.
    #[error("another process has taken over")]
    Superseded,
    /// The run has gone on.
    #[error("the run has gone on in the meantime")]
    Conflict,
    /// A process works on it: ask again when it rests.
    #[error("the run is being worked on")]
    Held,
    /// There is no such run, or no such question.
    #[error("there is no such thing")]
    NotFound,
    /// The question was answered already, or is not asked any more.
    #[error("this was answered already, or is not asked any more")]
    Answered,
    /// What was asked is not what the answer is to.
    #[error("what was asked is not what this answers")]
    Altered,
    /// A rule of the product refuses what it writes itself, now and always.
    #[error("the product refuses its own write: {0}")]
    Refused(String),
    /// What it keeps of this run is not what was written: asking again does not help.
    #[error("what is stored of it cannot be read: {0}")]
    Unreadable(String),
    /// It cannot be reached now; the same may be asked again.
    #[error("the store cannot be reached: {0}")]
    Unavailable(String),
    /// It could not do it for a reason of its own, which may go by.
    #[error("the store failed: {0}")]
    Fault(String),
}

/// A run's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which.
    pub run: RunId,
    /// The name of its graph.
    pub kind: String,
    /// Whose.
    pub owner: OwnerId,
    /// Where it stands.
    pub status: Status,
    /// Why.
    pub reason: Option<String>,
    /// Commits so far.
    pub revision: Revision,
    /// Events so far.
    pub last_seq: u64,
    /// Who holds it.
    pub holder: Option<Epoch>,
    /// When it may be taken up.
    pub wake_at: Option<Timestamp>,
    /// Somebody asked to cancel it.
    pub cancel_requested: bool,
    /// It heard that.
    pub cancel_heard: bool,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was committed last.
    pub changed_at: Timestamp,
    /// The checkpoint it was forked from.
    pub forked_from: Option<(RunId, Revision)>,
}

/// What a process needs to take a run up.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its row.
    pub head: Head,
    /// Its newest checkpoint; or why there is none to go on from.
    pub checkpoint: Result<Sealed, StateError>,
    /// Answers that no commit has closed yet.
    pub answers: Vec<(InterruptId, Value)>,
}

/// An answer to a question, with the product's own writes for the same transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<W> {
    /// Of which run.
    pub run: RunId,
    /// To which question.
    pub interrupt: InterruptId,
    /// The digest of what was asked, as whoever answers has seen it.
    pub digest: String,
    /// What is answered.
    pub body: Value,
    /// When.
    pub at: Timestamp,
    /// The product's own writes.
    pub writes: Vec<W>,
}

/// What a process asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Who asks.
    pub epoch: Epoch,
    /// Its time.
    pub now: Timestamp,
    /// Processes last seen before this are dead.
    pub dead_before: Timestamp,
    /// For how many runs of each graph it has room.
    pub room: Vec<(String, usize)>,
}

/// Keeps runs. `W` is the product's own writes.
///
/// # Design
/// A run may be taken up when it is neither over nor unreadable, nobody alive holds it, and it is time: its `wake_at` has come, or there is an
/// answer that no commit has closed, or a request to cancel that it has not heard. That is computed from what is stored
/// rather than kept as a mark, so that there is no mark to lose: an answer that comes in the same moment in which a run
/// goes to rest is found.
#[async_trait]
pub trait Checkpointer<W>: Send + Sync {
    /// A process begins: the next epoch.
    async fn enter(&self, now: Timestamp) -> Result<Epoch, StoreError>;

    /// It lives. The runs it holds that somebody wants something of: an answer, or their end. `Superseded` when it was taken
    /// for dead.
    async fn beat(&self, epoch: Epoch, now: Timestamp) -> Result<Vec<RunId>, StoreError>;

    /// It ends: whatever it still holds may be taken up when it is time.
    async fn leave(&self, epoch: Epoch) -> Result<(), StoreError>;

    /// Applies a commit whole, or not at all. One that was applied already is accepted and not applied again.
    ///
    /// By a worker: `Superseded` unless its epoch is alive and holds the run. By an operator: `Held` while one alive holds it.
    /// `Conflict` unless the run is at the expected revision; `NotFound` where there is no such run.
    async fn commit(&self, commit: Arc<Commit<W>>) -> Result<(), StoreError>;

    /// Records an answer, once. `NotFound`, `Altered` where the digest is another, `Answered` for everybody but the first.
    async fn answer(&self, answer: Arc<Answer<W>>) -> Result<(), StoreError>;

    /// Asks a run to end. One that is over stays as it is; `NotFound` where there is none.
    async fn request_cancel(&self, run: RunId, now: Timestamp) -> Result<(), StoreError>;

    /// Takes up runs that are due, for this epoch: never more than there is room for, and fairly: of two owners
    /// who wait, none gets a second run before the other has a first. Forgets processes that are dead.
    ///
    /// What cannot be read of one run is no reason to give none. Where it is the checkpoint or an answer, it is given and says so;
    /// where it is the row itself, the store has put it aside as [`Checkpointer::put_aside`] does, and goes on with the others.
    async fn claim(&self, claim: &Claim) -> Result<Vec<Loaded>, StoreError>;

    /// Runs that are due and held by nobody, of none of these kinds: a hundred at most.
    async fn strangers(&self, kinds: &[String], now: Timestamp) -> Result<Vec<RunId>, StoreError>;

    /// Makes a run `unreadable`, with this reason, whose row cannot be read well enough for a commit: nobody holds it, and it is
    /// not due. Nothing else of it is changed. `Superseded` unless the epoch is alive and holds it, or nobody does.
    async fn put_aside(&self, epoch: Epoch, run: RunId, why: &str, now: Timestamp) -> Result<(), StoreError>;

    /// The runs that this epoch holds, as the store has it: for those of which the process does not know, because an answer of
    /// the store was lost on its way.
    async fn held(&self, epoch: Epoch) -> Result<Vec<RunId>, StoreError>;

    /// A run with its newest checkpoint.
    async fn load(&self, run: RunId) -> Result<Option<Loaded>, StoreError>;

    /// The checkpoints of a run, oldest first.
    async fn history(&self, run: RunId) -> Result<Vec<Listed>, StoreError>;

    /// The checkpoint that one commit brought.
    async fn checkpoint(&self, run: RunId, revision: Revision) -> Result<Option<Sealed>, StoreError>;

    /// What happened after event `after`, in order.
    async fn events(&self, run: RunId, after: u64) -> Result<Vec<Event>, StoreError>;

    /// The questions a run waits on, oldest first; answered ones that it has not heard are not among them.
    async fn questions(&self, run: RunId) -> Result<Vec<Interrupt>, StoreError>;
}

/// A checkpoint in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The commit that brought it.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
    /// Where the run stood then.
    pub status: Status,
}
