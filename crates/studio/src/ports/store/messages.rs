//! Messages: rows in a tree, never one blob.

use super::{AnswerRow, Owned, StoreError};
use crate::{
    ANSWER_BYTES_MAX,
    ports::{ModelError, Timestamp},
};
use api_types::{AnswerState, ConversationId, MessageId, MessageRole};
use async_trait::async_trait;

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageRow {
    /// Which.
    pub id: MessageId,
    /// Whose.
    pub owned: Owned,
    /// Where.
    pub conversation: ConversationId,
    /// What it answers or follows; `None` at the root.
    pub parent: Option<MessageId>,
    /// Who wrote it.
    pub role: MessageRole,
    /// The text; of an answer under way what earlier runs had written.
    pub body: String,
    /// What the screen found in it and let through: names of rules.
    pub marks: Vec<String>,
    /// When.
    pub created_at: Timestamp,
}

/// A message on the shown branch, with the last run that wrote it (answers only) and its place among its siblings.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRow {
    /// The message.
    pub message: MessageRow,
    /// Its last run.
    pub run: Option<AnswerRow>,
    /// What the runs before that took.
    pub earlier: Taken,
    /// What was given back of what was held for the last run, in micro-dollars, where somebody stopped it.
    pub given_back: Option<i64>,
    /// All messages with the same parent, oldest first; this one among them.
    pub siblings: Vec<Sibling>,
}

/// What writing a message took, in several runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Tokens written, as far as the models said.
    pub tokens: Option<i64>,
    /// Cost in micro-dollars, where the models have a price.
    pub cost_micros: Option<i64>,
    /// Microseconds from the opening of a run to its end.
    pub whole_us: i64,
    /// Microseconds from its first token to its end.
    pub writing_us: i64,
}

impl std::ops::Add for Taken {
    type Output = Self;

    /// What one of the two does not know is taken from the other.
    fn add(self, other: Self) -> Self {
        let sum = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (one, other) => one.or(other),
        };
        Self {
            tokens: sum(self.tokens, other.tokens),
            cost_micros: sum(self.cost_micros, other.cost_micros),
            whole_us: self.whole_us.saturating_add(other.whole_us),
            writing_us: self.writing_us.saturating_add(other.writing_us),
        }
    }
}

impl From<&AnswerRow> for Taken {
    fn from(run: &AnswerRow) -> Self {
        let until_end = |since: Option<Timestamp>| {
            let (Some(since), Some(end)) = (since, run.ended_at) else { return 0 };
            end.0.saturating_sub(since.0).max(0)
        };
        Self {
            tokens: run.usage.completion_tokens.map(i64::from),
            cost_micros: run.cost_micros,
            whole_us: until_end(Some(run.created_at)),
            writing_us: until_end(run.first_token_at),
        }
    }
}

impl TurnRow {
    /// What all its runs took.
    pub fn taken(&self) -> Taken {
        self.earlier + self.run.as_ref().map(Taken::from).unwrap_or_default()
    }

    /// Whether it failed because there was more to read than its model can.
    pub fn is_too_long(&self) -> bool {
        let failure = self.run.as_ref().and_then(|run| run.failure.as_deref());
        failure.is_some_and(|why| why == ModelError::TooLong.to_string())
    }

    /// Whether Continue makes sense: the answer ended before its time, or at the longest length its conversation asked
    /// for, and more of it could be kept.
    pub fn can_continue(&self) -> bool {
        let is_cut = |run: &AnswerRow| run.state == AnswerState::Finished && run.cut_short;
        let has_more = self.run.as_ref().is_some_and(|run| run.state.can_continue() || is_cut(run));
        // One that is cut at its largest size ends at a whole letter, of four bytes at most.
        has_more && self.message.body.len() + 4 <= ANSWER_BYTES_MAX
    }
}

/// One of several messages with the same parent.
pub type Sibling = MessageId;

/// Reads of messages.
#[async_trait]
pub trait MessageReads: Send + Sync {
    /// One message.
    async fn message(
        &self,
        owned: Owned,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError>;

    /// The branch that ends at `leaf`, the last `limit` messages of it, oldest first. At most two statements.
    ///
    /// A page before it is asked for with the first message's parent as `leaf`.
    async fn branch(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<Vec<TurnRow>, StoreError>;

    /// How many there are of [`MessageReads::spoken`], and how many bytes of text they have together. One statement.
    async fn spoken_bytes(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<(u64, u64), StoreError>;

    /// The messages of [`MessageReads::branch`] alone, as a model is given them. One statement.
    async fn spoken(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError>;

    /// The end of the newest branch below (or at) a message: follows the youngest child each time.
    async fn youngest_leaf(
        &self,
        owned: Owned,
        conversation: ConversationId,
        from: MessageId,
    ) -> Result<Option<MessageId>, StoreError>;
}

/// Writes of messages.
#[async_trait]
pub trait MessageWrites: Send {
    /// Adds messages; one statement.
    async fn insert_messages(&mut self, messages: &[MessageRow]) -> Result<(), StoreError>;
}
