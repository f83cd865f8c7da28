//! What one person owns, as it is counted and handed out: no secret, no digest is read here.

use super::{AnswerRow, ConversationRow, MessageRow, Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{ConversationId, MessageId};
use async_trait::async_trait;

/// How much somebody owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Belongings {
    /// Conversations, those in the bin among them.
    pub conversations: u32,
    /// What is remembered, of conversations in the bin too.
    pub memories: u32,
    /// Passkeys.
    pub passkeys: u32,
    /// API tokens that were not revoked.
    pub tokens: u32,
}

/// A passkey as its owner is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnPasskey {
    /// What it is called.
    pub name: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Last sign-in with it.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is copied between devices.
    pub synced: Option<bool>,
}

/// A session as its owner is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSession {
    /// The browser's own words.
    pub user_agent: String,
    /// Signed in.
    pub created_at: Timestamp,
    /// Last request.
    pub last_seen_at: Timestamp,
    /// Ended before its time.
    pub ended_at: Option<Timestamp>,
}

/// An API token as its owner is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnToken {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: String,
    /// Made.
    pub created_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
    /// Last used.
    pub last_used_at: Option<Timestamp>,
    /// Void since then.
    pub revoked_at: Option<Timestamp>,
}

/// Reads of everything somebody owns.
#[async_trait]
pub trait AccountReads: Send + Sync {
    /// How much it is. One statement.
    async fn belongings(&self, owned: Owned) -> Result<Belongings, StoreError>;

    /// Their passkeys, oldest first.
    async fn own_passkeys(&self, owned: Owned) -> Result<Vec<OwnPasskey>, StoreError>;

    /// Their sessions, newest first, at most `limit`.
    async fn own_sessions(&self, owned: Owned, limit: u32) -> Result<Vec<OwnSession>, StoreError>;

    /// Their API tokens, newest first, at most `limit`.
    async fn own_tokens(&self, owned: Owned, limit: u32) -> Result<Vec<OwnToken>, StoreError>;

    /// Their conversations in the order of their ids, those in the bin among them, after the given one.
    async fn own_conversations(
        &self,
        owned: Owned,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError>;

    /// All messages of a conversation, of every branch, in the order of their ids, after the given one.
    async fn own_messages(
        &self,
        owned: Owned,
        conversation: ConversationId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError>;

    /// The runs that wrote the messages from `first` to `last`, by message and then by id.
    async fn own_runs(
        &self,
        owned: Owned,
        conversation: ConversationId,
        first: MessageId,
        last: MessageId,
    ) -> Result<Vec<AnswerRow>, StoreError>;
}
