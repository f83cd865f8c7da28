//! What the gate refused.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{Check, ModelRef, OrganizationId, RefusalId};
use async_trait::async_trait;

/// A refusal, as it is kept. No word of what was refused is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusalRow {
    /// Which.
    pub id: RefusalId,
    /// Whose.
    pub owned: Owned,
    /// Which check said no.
    pub check: Check,
    /// By which rule.
    pub rule: String,
    /// What kind of run it would have been.
    pub operation: String,
    /// Who would have been asked.
    pub model: Option<ModelRef>,
    /// What the person was told, the last time.
    pub sentence: String,
    /// When there is room again, where that is known.
    pub resets_at: Option<Timestamp>,
    /// From which character to which of their text, where it is about a passage.
    pub passage: Option<(u32, u32)>,
    /// When, for the first time.
    pub at: Timestamp,
    /// When, for the last time.
    pub last_at: Timestamp,
    /// How often within its minute.
    pub times: u32,
    /// The first request, as the log names it.
    pub trace: Option<String>,
}

impl RefusalRow {
    /// The clock minute in which one that is like it is the same, counted from 1970.
    pub fn minute(&self) -> i64 {
        self.at.0.div_euclid(60_000_000)
    }
}

/// Reads of refusals.
#[async_trait]
pub trait RefusalReads: Send + Sync {
    /// One of an organization.
    async fn refusal(
        &self,
        organization: OrganizationId,
        id: RefusalId,
    ) -> Result<Option<RefusalRow>, StoreError>;

    /// The last ones of a person, the newest first.
    async fn refusals(&self, owned: Owned, limit: u32) -> Result<Vec<RefusalRow>, StoreError>;
}

/// Writes of refusals.
#[async_trait]
pub trait RefusalWrites: Send {
    /// Keeps a refusal. Where this check refused the person by this rule within this minute before, it is counted there, and what is
    /// said last is kept. Which row it is.
    async fn insert_refusal(&mut self, row: &RefusalRow) -> Result<RefusalId, StoreError>;

    /// Removes those that were last heard of before, a part at a time; how many.
    async fn purge_refusals(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
