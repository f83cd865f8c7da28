//! Sessions.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use api_types::SessionId;
use async_trait::async_trait;

/// A signed-in session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Named in the signed token.
    pub id: SessionId,
    /// Whose.
    pub owned: Owned,
    /// The browser's own words, at most 300 characters.
    pub user_agent: String,
    /// Signed in.
    pub created_at: Timestamp,
    /// Last request, to the minute.
    pub last_seen_at: Timestamp,
    /// Void after this, whatever happens.
    pub expires_at: Timestamp,
    /// Signed out, or ended by somebody entitled.
    pub ended_at: Option<Timestamp>,
}

/// Reads of sessions.
#[async_trait]
pub trait SessionReads: Send + Sync {
    /// A session with its person, ended or not. One statement; read on every request, never cached.
    async fn session_with_person(&self, id: SessionId)
    -> Result<Option<(SessionRow, PersonRow)>, StoreError>;
}

/// Writes of sessions.
#[async_trait]
pub trait SessionWrites: Send {
    /// Opens a session.
    async fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError>;

    /// Notes that it was used.
    async fn session_seen(&mut self, owned: Owned, id: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// Ends it; false when it had ended already or is not the owner's.
    async fn end_session(&mut self, owned: Owned, id: SessionId, now: Timestamp) -> Result<bool, StoreError>;
}
