//! What was asked with an `Idempotency-Key`, and the run that was opened for it.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::RunId;
use async_trait::async_trait;

/// A request that opened a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Whose.
    pub owned: Owned,
    /// As the sender chose it; unique for a person.
    pub key: String,
    /// Of what was asked, in lower-case hexadecimal.
    pub digest: String,
    /// What was opened for it.
    pub run: RunId,
    /// When.
    pub created_at: Timestamp,
}

/// Reads of requests.
#[async_trait]
pub trait RequestReads: Send + Sync {
    /// The request with this key.
    async fn request(&self, owned: Owned, key: &str) -> Result<Option<RequestRow>, StoreError>;
}

/// Writes of requests.
#[async_trait]
pub trait RequestWrites: Send {
    /// Adds one, after its run. `Conflict("requests_pkey")` when the person has used the key.
    async fn insert_request(&mut self, request: &RequestRow) -> Result<(), StoreError>;

    /// Forgets requests made before then, at most 1,000; how many.
    async fn purge_requests(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
