//! What is written in the same transaction as a commit of the engine.

use super::{StoreError, Tx};
use crate::ports::Timestamp;
use api_types::RunId;
use async_trait::async_trait;

/// A write of the studio's that goes with a commit.
#[async_trait]
pub trait Change: Clone + Send + Sync + 'static {
    /// Writes it. The run and the time are the commit's.
    async fn apply(&self, run: RunId, at: Timestamp, tx: &mut dyn Tx) -> Result<(), StoreError>;
}
