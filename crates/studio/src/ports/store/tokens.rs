//! Personal API tokens.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use api_types::{Scopes, TokenId};
use async_trait::async_trait;

/// A personal API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Which.
    pub id: TokenId,
    /// Whose.
    pub owned: Owned,
    /// SHA-256 (hex) of its text, which is kept nowhere.
    pub digest: String,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// Since when.
    pub created_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
    /// Last request with it, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// Void since then.
    pub revoked_at: Option<Timestamp>,
}

/// Reads of tokens.
#[async_trait]
pub trait TokenReads: Send + Sync {
    /// The token of this digest with its person, whatever became of either. One statement; read on every request.
    async fn token_with_person(&self, digest: &str) -> Result<Option<(TokenRow, PersonRow)>, StoreError>;

    /// The owner's tokens that are not revoked, the newest first; expired ones too.
    async fn tokens(&self, owned: Owned, limit: u32) -> Result<Vec<TokenRow>, StoreError>;
}

/// Writes of tokens.
#[async_trait]
pub trait TokenWrites: Send {
    /// Stores a new token.
    async fn insert_token(&mut self, token: &TokenRow) -> Result<(), StoreError>;

    /// Notes that it was used.
    async fn token_used(&mut self, owned: Owned, id: TokenId, now: Timestamp) -> Result<(), StoreError>;

    /// Revokes it; false when it was revoked already or is not the owner's.
    async fn revoke_token(&mut self, owned: Owned, id: TokenId, now: Timestamp) -> Result<bool, StoreError>;
}
