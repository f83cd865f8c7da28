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
    /// SHA-256 (hex) of the binding cookie of the browser it was opened in; empty where that is not known, and
    /// [`API_CLIENT`] for a program.
    pub browser: String,
}

/// What stands in place of a browser where a program signs in: it keeps no cookie.
pub const API_CLIENT: &str = "api";

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
    /// It was not used for too long, or its time was over. Told and never written: a row says it by its times.
    RanOut,
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
            Self::RanOut => "ran_out",
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

    /// The owner's sessions that are neither ended nor expired and were used after `idle_since`, the latest used first.
    async fn sessions(
        &self,
        owned: Owned,
        now: Timestamp,
        idle_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError>;

    /// Whether the owner has opened any session, ended or not.
    async fn has_opened_session(&self, owned: Owned) -> Result<bool, StoreError>;

    /// Whether its owner has opened one like this before, ended or not: in the same browser, or of a program with the same
    /// words about itself.
    async fn has_opened_like(&self, session: &SessionRow) -> Result<bool, StoreError>;

    /// Whether anybody has opened a session in this browser.
    async fn knows_browser(&self, browser: &str) -> Result<bool, StoreError>;
}

/// Writes of sessions.
#[async_trait]
pub trait SessionWrites: Send {
    /// Opens a session.
    async fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError>;

    /// Notes that it was used.
    async fn session_seen(&mut self, owned: Owned, id: SessionId, now: Timestamp) -> Result<(), StoreError>;

    /// The token of this epoch came back for the first time.
    async fn confirm_epoch(
        &mut self,
        owned: Owned,
        id: SessionId,
        epoch: u32,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Begins the epoch after this one; false when another request was first, this one is not confirmed, or the session
    /// has ended.
    async fn advance_epoch(
        &mut self,
        owned: Owned,
        id: SessionId,
        epoch: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

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

    /// Ends those that were opened with a passkey, except this one; how many there were. The others were touched with it,
    /// perhaps: they have to be touched again.
    async fn end_sessions_of_passkey(
        &mut self,
        owned: Owned,
        credential_id: &str,
        except: SessionId,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Ends all of the owner's sessions but one; how many there were.
    async fn end_sessions(
        &mut self,
        owned: Owned,
        except: Option<SessionId>,
        reason: SessionEnd,
        now: Timestamp,
    ) -> Result<u64, StoreError>;

    /// Forgets sessions that expired before a time, at most 100 at once; how many there were.
    async fn purge_sessions(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
