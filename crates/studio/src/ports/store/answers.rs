//! Runs, their append-only events, and the processes that work on them.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{AnswerState, ConversationId, MessageId, ModelRef, PersonId, RunId, Usage, WorkerId};
use async_trait::async_trait;

/// A run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// Which.
    pub id: RunId,
    /// Whose.
    pub owned: Owned,
    /// The conversation it answers in.
    pub conversation: ConversationId,
    /// The message it writes.
    pub message: MessageId,
    /// The model it asks.
    pub model: ModelRef,
    /// Where it stands.
    pub state: AnswerState,
    /// Why it failed, or ended by a filter; a sentence for the person.
    pub failure: Option<String>,
    /// Tokens.
    pub usage: Usage,
    /// What it cost in micro-dollars, where the model has a price.
    pub cost_micros: Option<i64>,
    /// Whether `max_tokens` or the context ended it.
    pub cut_short: bool,
    /// The process that has it.
    pub worker: WorkerId,
    /// Opened.
    pub created_at: Timestamp,
    /// First token.
    pub first_token_at: Option<Timestamp>,
    /// Ended.
    pub ended_at: Option<Timestamp>,
}

/// What an event of a run says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunEventKind {
    /// A worker began. Empty body.
    Started,
    /// More text: the body.
    Delta,
    /// It ended; the body is the state's word.
    Ended,
}

impl RunEventKind {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Delta => "delta",
            Self::Ended => "ended",
        }
    }

    /// Reads [`RunEventKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Started, Self::Delta, Self::Ended].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One event. Append-only; (`run`, `seq`) is unique, and `seq` counts from 1 without gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerPart {
    /// Of which run.
    pub run: RunId,
    /// Its place.
    pub seq: i64,
    /// Whose.
    pub owned: Owned,
    /// What it says.
    pub kind: RunEventKind,
    /// Text or word.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnd {
    /// Which.
    pub run: RunId,
    /// Whose.
    pub owned: Owned,
    /// An ended state.
    pub state: AnswerState,
    /// Why it failed.
    pub failure: Option<String>,
    /// Tokens.
    pub usage: Usage,
    /// Cost in micro-dollars.
    pub cost_micros: Option<i64>,
    /// Ended by length.
    pub cut_short: bool,
    /// First token.
    pub first_token_at: Option<Timestamp>,
    /// Ended.
    pub at: Timestamp,
    /// The message's whole text from now on.
    pub body: String,
}

/// Reads of runs.
#[async_trait]
pub trait AnswerReads: Send + Sync {
    /// One run.
    async fn answer(&self, owned: Owned, id: RunId) -> Result<Option<AnswerRow>, StoreError>;

    /// The person's runs that are active, or ended at or after `since`; oldest first, at most 200.
    async fn answers_since(&self, owned: Owned, since: Timestamp) -> Result<Vec<AnswerRow>, StoreError>;

    /// The active runs that a process opened before `before`; oldest first, at most 200. Of all people: for the process
    /// itself, not for one of them.
    async fn active_runs(&self, worker: WorkerId, before: Timestamp) -> Result<Vec<AnswerRow>, StoreError>;

    /// Whether another process than this one was seen since then.
    async fn has_other_worker(&self, than: WorkerId, since: Timestamp) -> Result<bool, StoreError>;

    /// People who are shut out while a process still writes for them. Of all people, as above.
    async fn shut_out_with_runs(&self, worker: WorkerId) -> Result<Vec<PersonId>, StoreError>;

    /// All delta bodies of a run joined in order of `seq`.
    async fn answer_text(&self, owned: Owned, id: RunId) -> Result<String, StoreError>;
}

/// Writes of runs.
#[async_trait]
pub trait AnswerWrites: Send {
    /// Opens a run. `Conflict("runs_one_active")` when the conversation has an active one.
    async fn insert_answer(&mut self, run: &AnswerRow) -> Result<(), StoreError>;

    /// Appends events of any number of runs; one statement for up to 100 of them.
    async fn append_answer_parts(&mut self, events: &[AnswerPart]) -> Result<(), StoreError>;

    /// Ends a run and writes its message's body, unless it has ended already (then false, and nothing changes).
    /// Two statements.
    async fn end_answer(&mut self, end: &AnswerEnd) -> Result<bool, StoreError>;

    /// Ends as `Interrupted` every active run whose worker is not `except` and was last seen before `stale`
    /// (workers without a row are stale). The message's body becomes body + all deltas. How many ended.
    async fn interrupt_orphans(
        &mut self,
        except: WorkerId,
        stale: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}

/// Writes of workers.
#[async_trait]
pub trait WorkerWrites: Send {
    /// The process is alive: its row is made or refreshed.
    async fn heartbeat(&mut self, worker: WorkerId, now: Timestamp) -> Result<(), StoreError>;

    /// The process leaves: its row goes.
    async fn retire(&mut self, worker: WorkerId) -> Result<(), StoreError>;
}
