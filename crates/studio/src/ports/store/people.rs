//! Organizations and people.

use super::StoreError;
use crate::ports::Timestamp;
use api_types::{OrganizationId, PersonId, Role};
use async_trait::async_trait;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// Who.
    pub id: PersonId,
    /// Where.
    pub organization: OrganizationId,
    /// What they are called.
    pub name: String,
    /// The rung of the ladder.
    pub role: Role,
    /// May decide approvals.
    pub reviewer: bool,
    /// Since when.
    pub created_at: Timestamp,
    /// Cannot sign in since then.
    pub disabled_at: Option<Timestamp>,
    /// Gone since then: the row stays for those who refer to it, without a name.
    pub deleted_at: Option<Timestamp>,
}

/// Reads of people.
#[async_trait]
pub trait PeopleReads: Send + Sync {
    /// Is there an owner already?
    async fn has_owner(&self) -> Result<bool, StoreError>;

    /// The owners who may sign in, by name.
    async fn owners(&self) -> Result<Vec<PersonRow>, StoreError>;
}

/// Writes of people.
#[async_trait]
pub trait PeopleWrites: Send {
    /// Founds an organization.
    async fn insert_organization(
        &mut self,
        id: OrganizationId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Takes a person in.
    async fn insert_person(&mut self, person: &PersonRow) -> Result<(), StoreError>;
}
