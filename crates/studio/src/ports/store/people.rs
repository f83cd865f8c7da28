//! Organizations and people.

use super::{Owned, StoreError};
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

impl PersonRow {
    /// Whose rows are theirs.
    pub fn owned(&self) -> Owned {
        Owned { organization: self.organization, owner: self.id }
    }

    /// Disabled or deleted: they may not come in, and what they were proven to be does not count any more.
    pub fn is_shut_out(&self) -> bool {
        self.disabled_at.is_some() || self.deleted_at.is_some()
    }
}

/// A person in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPerson {
    /// The person.
    pub person: PersonRow,
    /// Their last request, to the minute.
    pub last_seen_at: Option<Timestamp>,
}

/// Reads of people.
#[async_trait]
pub trait PeopleReads: Send + Sync {
    /// Is there an owner already?
    async fn has_owner(&self) -> Result<bool, StoreError>;

    /// The owners who may sign in, by name.
    async fn owners(&self) -> Result<Vec<PersonRow>, StoreError>;

    /// Those who may sign in and have this name, or this id; at most ten. Of all organizations: for whoever runs the studio.
    async fn people_called(&self, called: &str) -> Result<Vec<PersonRow>, StoreError>;

    /// The organization that an owner founded first.
    async fn first_organization(&self) -> Result<Option<OrganizationId>, StoreError>;

    /// Somebody who is not deleted.
    async fn person(
        &self,
        organization: OrganizationId,
        id: PersonId,
    ) -> Result<Option<ListedPerson>, StoreError>;

    /// Everybody who is not deleted, in the order they came, at most `limit`, after the given one in that order.
    async fn people(
        &self,
        organization: OrganizationId,
        after: Option<(Timestamp, PersonId)>,
        limit: u32,
    ) -> Result<Vec<ListedPerson>, StoreError>;
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

    /// Holds an organization until the commit: no other unit of work that holds it, of any process, goes on before. Who
    /// changes a role or an access, or decides by one, holds it first and reads then.
    async fn hold_organization(&mut self, id: OrganizationId) -> Result<(), StoreError>;

    /// Holds a person until the commit, as they are now; `None` when they are deleted or not there. Who decides by how many
    /// keys or tokens somebody has, or opens a session for them, holds them first and reads then.
    async fn hold_person(&mut self, who: Owned) -> Result<Option<PersonRow>, StoreError>;

    /// Is there an owner who can sign in, besides this one? True until the commit where the organization is held: of two
    /// owners who send each other away at once, one stays.
    async fn has_other_owner(&mut self, besides: Owned) -> Result<bool, StoreError>;

    /// Gives somebody another name.
    async fn rename_person(&mut self, who: Owned, name: &str) -> Result<(), StoreError>;

    /// Gives somebody who is not deleted another role; false when they are not there.
    async fn set_role(&mut self, who: Owned, role: Role, reviewer: bool) -> Result<bool, StoreError>;

    /// Shuts somebody out (`Some(when)`) or lets them in again (`None`). Shutting out ends all their sessions. False when
    /// they are not there, or it is so already.
    async fn set_disabled(&mut self, who: Owned, disabled_at: Option<Timestamp>) -> Result<bool, StoreError>;

    /// Deletes somebody for good; false when they are not there. Their keys, codes, tokens, events and invitations go, their
    /// sessions end, and their conversations fall due in the bin, whatever was in it before. The row stays, called
    /// `name`.
    async fn erase_person(&mut self, who: Owned, name: &str, now: Timestamp) -> Result<bool, StoreError>;

    /// Erases once more what is there of everybody who was deleted at `since` or later: a request that was under way at that
    /// instant may have written after it.
    async fn erase_late(&mut self, since: Timestamp) -> Result<(), StoreError>;
}
