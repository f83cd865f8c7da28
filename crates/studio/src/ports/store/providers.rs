//! Model servers that administrators added, with their sealed keys.

use super::{Owned, StoreError};
use crate::ports::{Sealed, Timestamp};
use api_types::{OrganizationId, ProviderId, ProviderKind};
use async_trait::async_trait;

/// A model server that was added on the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// Which.
    pub id: ProviderId,
    /// Whose: who added it.
    pub owned: Owned,
    /// The part before the slash in its models' names; unique in its organization, and it stays.
    pub name: String,
    /// How it speaks.
    pub kind: ProviderKind,
    /// Where it is.
    pub base_url: String,
    /// Its key, sealed; servers at home have none.
    pub key: Option<Sealed>,
    /// When it was added.
    pub created_at: Timestamp,
    /// When kind, address or key were changed last.
    pub changed_at: Timestamp,
}

/// Reads of model servers.
#[async_trait]
pub trait ProviderReads: Send + Sync {
    /// All of an organization, by name.
    async fn providers(&self, organization: OrganizationId) -> Result<Vec<ProviderRow>, StoreError>;
}

/// Writes of model servers.
#[async_trait]
pub trait ProviderWrites: Send {
    /// Keeps a new one; `Conflict` with `providers_name` where there is one of its name.
    async fn insert_provider(&mut self, provider: &ProviderRow) -> Result<(), StoreError>;

    /// Writes kind, address, key and time of change; false when it is not there.
    async fn change_provider(&mut self, provider: &ProviderRow) -> Result<bool, StoreError>;

    /// Removes one, with its key; false when it is not there.
    async fn remove_provider(&mut self, owned: Owned, id: ProviderId) -> Result<bool, StoreError>;
}
