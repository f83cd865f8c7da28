//! What the studio remembers of people.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{ConversationId, MemoryId, MemoryKind, MessageId};
use async_trait::async_trait;

/// Of each text in a [`MemoryView`], so many characters are shown.
pub const MEMORY_SHOWN_CHARS: u32 = 500;

/// Something that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryRow {
    /// Which. An interaction is called like the run that had it: it is remembered once.
    pub id: MemoryId,
    /// Whose.
    pub owned: Owned,
    /// What it is.
    pub kind: MemoryKind,
    /// The text of a note; of an interaction nothing: its text stands in its messages, and goes with them.
    pub content: String,
    /// A JSON object; the sender's business.
    pub metadata: String,
    /// Of an interaction: where.
    pub conversation: Option<ConversationId>,
    /// Of an interaction: the answer.
    pub message: Option<MessageId>,
    /// When.
    pub created_at: Timestamp,
}

/// Something that is remembered, as it is shown: each text cut one character after [`MEMORY_SHOWN_CHARS`], which says that there
/// is more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryView {
    /// Which.
    pub id: MemoryId,
    /// What it is.
    pub kind: MemoryKind,
    /// The text of a note.
    pub content: String,
    /// The question of an interaction.
    pub asked: Option<String>,
    /// Its answer.
    pub answered: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

/// Reads of memories.
#[async_trait]
pub trait MemoryReads: Send + Sync {
    /// The newest first. Interactions of conversations in the bin are not among them.
    async fn memories(&self, owned: Owned, limit: u32) -> Result<Vec<MemoryView>, StoreError>;

    /// All of a person's, oldest first, those of conversations in the bin among them, after the given one.
    async fn own_memories(
        &self,
        owned: Owned,
        after: Option<(Timestamp, MemoryId)>,
        limit: u32,
    ) -> Result<Vec<MemoryRow>, StoreError>;

    /// How many notes there are.
    async fn count_notes(&self, owned: Owned) -> Result<u32, StoreError>;
}

/// Writes of memories.
#[async_trait]
pub trait MemoryWrites: Send {
    /// Adds one.
    async fn insert_memory(&mut self, memory: &MemoryRow) -> Result<(), StoreError>;

    /// Removes one; false when there is none.
    async fn remove_memory(&mut self, owned: Owned, id: MemoryId) -> Result<bool, StoreError>;

    /// Removes all of a person's; how many.
    async fn remove_memories(&mut self, owned: Owned) -> Result<u64, StoreError>;
}
