//! Recovery codes: what lets a person in who lost every key. Digests alone are kept.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use async_trait::async_trait;

/// Reads of recovery codes.
#[async_trait]
pub trait RecoveryReads: Send + Sync {
    /// How many unused ones a person has, and when they were made; `None` where none were made.
    async fn recovery_codes(&self, owned: Owned) -> Result<Option<(u32, Timestamp)>, StoreError>;

    /// Whose unused code has this digest (hex SHA-256).
    async fn person_of_recovery_code(&self, digest: &str) -> Result<Option<PersonRow>, StoreError>;
}

/// Writes of recovery codes.
#[async_trait]
pub trait RecoveryWrites: Send {
    /// Puts new ones in the place of all earlier ones, used or not.
    async fn replace_recovery_codes(
        &mut self,
        owned: Owned,
        digests: &[String],
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Uses one; false when there is none that can be used.
    async fn use_recovery_code(
        &mut self,
        owned: Owned,
        digest: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
