//! Conversations.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{ConversationId, ConversationSettings, MessageId, ModelRef};
use async_trait::async_trait;

/// A conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationRow {
    /// Which.
    pub id: ConversationId,
    /// Whose.
    pub owned: Owned,
    /// What it is called.
    pub title: String,
    /// Model, temperature, length, system prompt.
    pub settings: ConversationSettings,
    /// The message at the end of the branch that is shown; `None` while there is no message.
    pub leaf: Option<MessageId>,
    /// Opened.
    pub created_at: Timestamp,
    /// Last message or change; the list is sorted by it.
    pub updated_at: Timestamp,
    /// In the bin since then; it can still be restored.
    pub deleted_at: Option<Timestamp>,
}

/// Reads of conversations.
#[async_trait]
pub trait ConversationReads: Send + Sync {
    /// One conversation that is not in the bin.
    async fn conversation(
        &self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError>;

    /// Conversations not in the bin, latest first, at most `limit`, after the given one in that order
    /// (`updated_at`, `id` of the last seen).
    async fn conversations(
        &self,
        owned: Owned,
        after: Option<(Timestamp, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError>;

    /// The same of those that have `words` in their title or in a message. Upper and lower case are the same at least in
    /// ASCII.
    async fn find_conversations(
        &self,
        owned: Owned,
        words: &str,
        after: Option<(Timestamp, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError>;

    /// One conversation in the bin.
    async fn deleted_conversation(
        &self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError>;

    /// Those in the bin, deleted last first, at most `limit`.
    async fn deleted_conversations(
        &self,
        owned: Owned,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError>;
}

/// Writes of conversations.
#[async_trait]
pub trait ConversationWrites: Send {
    /// Opens one.
    async fn insert_conversation(&mut self, conversation: &ConversationRow) -> Result<(), StoreError>;

    /// Holds one that is not in the bin until the commit, as it is now; `None` when it is not there. Who changes it because of
    /// its settings or its messages holds it first and reads then: whoever opens a run in it waits.
    async fn hold_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError>;

    /// Gives it another title; false when it is not there.
    async fn rename_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        title: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives it other settings; false when it is not there.
    async fn configure_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        settings: &ConversationSettings,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives it another model and leaves its other settings; false when it is not there.
    async fn choose_model(
        &mut self,
        owned: Owned,
        id: ConversationId,
        model: &ModelRef,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Puts it into the bin (`Some(when)`) or takes it out again (`None`); false when it is not there (or not in the
    /// bin, when taking out).
    async fn bin_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        deleted_at: Option<Timestamp>,
    ) -> Result<bool, StoreError>;

    /// Shows the branch that ends here, and moves the conversation to the top.
    async fn set_leaf(
        &mut self,
        owned: Owned,
        id: ConversationId,
        leaf: MessageId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// The same, but only while the branch that ends at `from` is shown; false when another one is.
    async fn advance_leaf(
        &mut self,
        owned: Owned,
        id: ConversationId,
        from: Option<MessageId>,
        leaf: MessageId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Removes for good what has been in the bin since before `before`, with messages, runs and events; how many
    /// conversations went. At most 100 at once.
    async fn empty_bin(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
