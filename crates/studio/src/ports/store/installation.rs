//! The installation's own facts, and its one-time owner codes.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use api_types::SetupCodeId;
use async_trait::async_trait;

/// Reads of the installation.
#[async_trait]
pub trait InstallationReads: Send + Sync {
    /// One of the installation's facts (`rp_id`, `connected_sources`, …), if it was written. No value is an empty text.
    async fn fact(&self, key: &str) -> Result<Option<String>, StoreError>;

    /// How many passkeys there are in all organizations, and how many people have them.
    async fn passkey_count(&self) -> Result<(u32, u32), StoreError>;

    /// The owner whom an unused owner code, which has not expired, lets in again.
    async fn person_of_setup_code(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<PersonRow>, StoreError>;
}

/// Writes of the installation.
#[async_trait]
pub trait InstallationWrites: Send {
    /// Holds a fact until the commit, written or not, and gives it as it is now: no other unit of work that holds it, of any
    /// process, goes on before. Who writes a fact because of what it is holds it first.
    async fn hold_fact(&mut self, key: &str) -> Result<Option<String>, StoreError>;

    /// Writes a fact, replacing what it was.
    async fn set_fact(&mut self, key: &str, value: &str, now: Timestamp) -> Result<(), StoreError>;

    /// Puts a new code (hex SHA-256) in the place of the unused ones of the same kind: for whoever comes first, or for
    /// somebody who lost every key.
    async fn replace_setup_code(
        &mut self,
        id: SetupCodeId,
        digest: &str,
        owner: Option<Owned>,
        now: Timestamp,
        expires: Timestamp,
    ) -> Result<(), StoreError>;

    /// Is there an unused owner code for whoever comes first, with this digest, that has not expired?
    async fn setup_code_is_open(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Uses an owner code for whoever comes first; false when there is none that can be used.
    async fn use_setup_code(&mut self, digest: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Uses the code of an owner who lost every key; false when there is none that can be used.
    async fn use_setup_code_of(
        &mut self,
        owned: Owned,
        digest: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;
}
