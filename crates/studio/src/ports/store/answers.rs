//! Answers of a chat: what each run of one has written, and what of it is still on its way.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{AnswerState, ConversationId, MessageId, ModelRef, RunId, Usage};
use async_trait::async_trait;

/// What a run of a chat has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRow {
    /// The run that writes it.
    pub run: RunId,
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
    /// Opened.
    pub created_at: Timestamp,
    /// First token.
    pub first_token_at: Option<Timestamp>,
    /// Ended.
    pub ended_at: Option<Timestamp>,
}

/// Text of an answer under way, in order of `seq`, which counts from 1 in each life of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerPart {
    /// Of which run.
    pub run: RunId,
    /// Its place.
    pub seq: i64,
    /// Whose.
    pub owned: Owned,
    /// The text.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// How an answer ended.
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
    /// The message's whole text from now on. `None`: what it has, and the parts of this run.
    pub body: Option<String>,
}

/// Reads of answers.
#[async_trait]
pub trait AnswerReads: Send + Sync {
    /// What one run has written.
    async fn answer(&self, owned: Owned, run: RunId) -> Result<Option<AnswerRow>, StoreError>;

    /// The person's answers that are active, or ended at or after `since`; oldest first, at most 200.
    async fn answers_since(&self, owned: Owned, since: Timestamp) -> Result<Vec<AnswerRow>, StoreError>;

    /// All parts of an answer joined in order of `seq`.
    async fn answer_text(&self, owned: Owned, run: RunId) -> Result<String, StoreError>;

    /// Active answers whose run is over, cannot be read or needs attention; at most 200. Of all people: for the process
    /// itself, not for one of them.
    async fn answers_left_open(&self) -> Result<Vec<AnswerRow>, StoreError>;
}

/// Writes of answers.
#[async_trait]
pub trait AnswerWrites: Send {
    /// Opens an answer, after its run. `Conflict("answers_one_active")` when the conversation has an active one.
    async fn insert_answer(&mut self, answer: &AnswerRow) -> Result<(), StoreError>;

    /// Appends parts of any number of answers; one statement for up to 100 of them. Nothing when the process with this epoch
    /// was taken for dead: how many were kept.
    async fn append_answer_parts(&mut self, epoch: u64, parts: &[AnswerPart]) -> Result<u64, StoreError>;

    /// Ends an answer and writes its message's body, unless it has ended already (then false, and nothing changes).
    /// Two statements.
    async fn end_answer(&mut self, end: &AnswerEnd) -> Result<bool, StoreError>;

    /// Removes the parts of answers that ended before then, whose text their messages have: of at most 100 answers; how many
    /// parts.
    async fn purge_answer_parts(&mut self, before: Timestamp) -> Result<u64, StoreError>;

    /// An answer that has ended is written on, by its own run. False, and nothing changes, when it is active, when it is not the
    /// last of its message, or when the conversation went on after it.
    async fn resume_answer(
        &mut self,
        owned: Owned,
        run: RunId,
        conversation: ConversationId,
    ) -> Result<bool, StoreError>;
}
