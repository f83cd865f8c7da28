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
    /// Why it ended.
    pub end_reason: Option<SessionEnd>,
    /// Which of its tokens is the newest.
    pub epoch: u32,
    /// When that token was made.
    pub epoch_at: Timestamp,
    /// When that token first came back; the one before it is good until then, and a little longer.
    pub epoch_seen_at: Option<Timestamp>,
    /// When its person last touched a passkey in it.
    pub touched_at: Timestamp,
    /// The passkey it was opened with, as far as that is known.
    pub credential_id: Option<String>,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionEnd {
    /// Its person signed out.
    SignedOut,
    /// Its person ended it from another one.
    Ended,
    /// An older token of it came back after its grace: somebody has a copy.
    OlderToken,
    /// The passkey that opened it was removed.
    KeyRemoved,
    /// The person was disabled.
    Disabled,
    /// The person was deleted.
    Deleted,
}

impl SessionEnd {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Ended => "ended",
            Self::OlderToken => "older_token",
            Self::KeyRemoved => "key_removed",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }

    /// Reads [`SessionEnd::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SignedOut, Self::Ended, Self::OlderToken, Self::KeyRemoved, Self::Disabled, Self::Deleted]
            .into_iter()
            .find(|end| end.as_str() == text)
    }
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
    async fn end_session(
        &mut self,
        owned: Owned,
        id: SessionId,
        reason: SessionEnd,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes that a passkey was touched in it.
    async fn session_touched(
        &mut self,
        owned: Owned,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Ends those that were opened with a passkey, except this one; how many there were.
    async fn end_sessions_of_passkey(
        &mut self,
        owned: Owned,
        credential_id: &str,
        except: SessionId,
        now: Timestamp,
    ) -> Result<u64, StoreError>;
}
