//! What happened to accounts: told to their person, kept as long as the account.

use super::{Happened, Owned, SpentThisHour, StoreError};
use crate::ports::Timestamp;
use api_types::{AccountEventId, AccountEventKind, SessionId};
use async_trait::async_trait;

/// Something that happened to an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEventRow {
    /// Which; they sort by time.
    pub id: AccountEventId,
    /// Whose account.
    pub owned: Owned,
    /// What.
    pub kind: AccountEventKind,
    /// A name its person knows; see [`AccountEventKind`]. Never a secret.
    pub detail: String,
    /// The session in which its person did it; none where others did, or it is not known to be theirs.
    pub session: Option<SessionId>,
    /// When.
    pub at: Timestamp,
    /// When its person had seen it.
    pub seen_at: Option<Timestamp>,
}

/// What somebody has seen of what happened: these two, and what lies between them. Nothing else was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The earliest.
    pub first: AccountEventId,
    /// The latest.
    pub last: AccountEventId,
}

impl Seen {
    /// One alone.
    pub fn only(event: AccountEventId) -> Self {
        Self { first: event, last: event }
    }
}

/// Reads of account events.
#[async_trait]
pub trait AccountEventReads: Send + Sync {
    /// The latest, newest first; older than `before` where that is given.
    async fn account_events(
        &self,
        owned: Owned,
        before: Option<AccountEventId>,
        limit: u32,
    ) -> Result<Vec<AccountEventRow>, StoreError>;

    /// What is news in a session, those of the kinds that matter first, then the newest: what its person has not seen, was not
    /// done in it, and happened after the passkey came to be with which it was opened.
    async fn unseen_account_events(
        &self,
        owned: Owned,
        session: SessionId,
        credential_id: &str,
        limit: u32,
    ) -> Result<Vec<AccountEventRow>, StoreError>;

    /// The same, and what the hour has in which this moment lies. One statement: both stand in the frame of every page.
    async fn unseen_and_spent(
        &self,
        owned: Owned,
        session: SessionId,
        credential_id: &str,
        limit: u32,
        at: Timestamp,
    ) -> Result<(Vec<AccountEventRow>, SpentThisHour), StoreError>;
}

/// Writes of account events.
#[async_trait]
pub trait AccountEventWrites: Send {
    /// Writes one down, and its row of the audit log with it.
    async fn insert_account_event(&mut self, happened: &Happened) -> Result<(), StoreError>;

    /// Its person has seen this, in this session: never what is no news in it.
    async fn account_events_seen(
        &mut self,
        owned: Owned,
        session: SessionId,
        credential_id: &str,
        seen: Seen,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
