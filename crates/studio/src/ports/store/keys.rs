//! Passkeys and their ceremonies.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use api_types::{CeremonyId, CeremonyPurpose};
use async_trait::async_trait;

/// A stored passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// base64url of the credential id; unique in the installation.
    pub credential_id: String,
    /// Whose.
    pub owned: Owned,
    /// What the person calls it.
    pub name: String,
    /// The adapter's JSON: public key, counter, backup state.
    pub passkey: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Last sign-in with it.
    pub last_used_at: Option<Timestamp>,
    /// What made it: the authenticator model's AAGUID, hyphenated; empty where it was not said.
    pub aaguid: String,
    /// Whether it is copied between devices; `None` where that is not known yet.
    pub synced: Option<bool>,
    /// When its counter first ran backwards: somebody may have a copy.
    pub cloned_at: Option<Timestamp>,
    /// The host it was made for; `None` where that was not written down, and then it is the studio's own.
    pub rp_id: Option<String>,
}

/// A ceremony under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyRow {
    /// Its name on the wire.
    pub id: CeremonyId,
    /// What it is for.
    pub purpose: CeremonyPurpose,
    /// The adapter's state.
    pub state: String,
    /// What the use case has to remember: JSON of its own (the new owner's name and code digest, …).
    pub memo: String,
    /// SHA-256 (hex) of the browser's binding cookie: only the browser that began it may end it.
    pub browser: String,
    /// Begun.
    pub created_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
}

/// Reads of keys.
#[async_trait]
pub trait KeyReads: Send + Sync {
    /// Every passkey of a person, the oldest first.
    async fn passkeys(&self, owned: Owned) -> Result<Vec<PasskeyRow>, StoreError>;

    /// The passkey of this credential id, with its person, disabled or not. One statement.
    async fn passkey_with_person(
        &self,
        credential_id: &str,
    ) -> Result<Option<(PasskeyRow, PersonRow)>, StoreError>;
}

/// Writes of keys.
#[async_trait]
pub trait KeyWrites: Send {
    /// Stores a new passkey. `Conflict` when the credential id is known.
    async fn insert_passkey(&mut self, passkey: &PasskeyRow) -> Result<(), StoreError>;

    /// Stores what a signature changed, in the place of what it was verified against; false when the owner has no such passkey
    /// any more, or another signature was first: a counter is looked at and moved in one step.
    async fn passkey_used(
        &mut self,
        owned: Owned,
        credential_id: &str,
        (before, passkey): (&str, &str),
        synced: bool,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Notes that its counter ran backwards; false when that is noted already, or the owner has no such passkey.
    async fn passkey_cloned(
        &mut self,
        owned: Owned,
        credential_id: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Gives it another name; false when there is none of the owner's with this id.
    async fn rename_passkey(
        &mut self,
        owned: Owned,
        credential_id: &str,
        name: &str,
    ) -> Result<bool, StoreError>;

    /// Says of every passkey of the installation that does not say it which host it was made for.
    async fn passkeys_made_for(&mut self, host: &str) -> Result<(), StoreError>;

    /// Removes it; false when there is none of the owner's with this id. Whether they have others is for the caller to ask.
    async fn remove_passkey(&mut self, owned: Owned, credential_id: &str) -> Result<bool, StoreError>;

    /// Begins a ceremony. Also removes those that have expired before `ceremony.created_at`, and the oldest (by id) beyond
    /// [`CEREMONIES_MAX`](crate::CEREMONIES_MAX) of its kind ([`CeremonyPurpose::is_own`](api_types::CeremonyPurpose::is_own)):
    /// whoever opens them by the thousand fills no disk.
    async fn insert_ceremony(&mut self, ceremony: &CeremonyRow) -> Result<(), StoreError>;

    /// Takes a ceremony out: whatever happens then, it cannot be used twice. Expired or not: the caller judges.
    async fn take_ceremony(&mut self, id: CeremonyId) -> Result<Option<CeremonyRow>, StoreError>;
}
