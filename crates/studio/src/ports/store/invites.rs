//! Invitations: one person each, once.

use super::{Owned, PersonRow, StoreError};
use crate::ports::Timestamp;
use api_types::{InviteId, OrganizationId, PersonId, Role};
use async_trait::async_trait;

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Which; they sort by time.
    pub id: InviteId,
    /// Who invites, and where to.
    pub owned: Owned,
    /// Hex SHA-256 of its code.
    pub digest: String,
    /// Whom it is for, in the words of whoever invites; may be empty.
    pub note: String,
    /// What they will be.
    pub role: Role,
    /// Whether they may decide approvals.
    pub reviewer: bool,
    /// Made.
    pub created_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
    /// Used.
    pub used_at: Option<Timestamp>,
    /// By whom.
    pub used_by: Option<PersonId>,
    /// Void since then.
    pub revoked_at: Option<Timestamp>,
}

/// An invitation in the list, with the names of the people around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedInvite {
    /// The invitation.
    pub invite: InviteRow,
    /// Who invites.
    pub by: String,
    /// Who joined with it.
    pub joined: Option<String>,
}

/// Reads of invitations.
#[async_trait]
pub trait InviteReads: Send + Sync {
    /// The invitation with this digest while it can be used, with who invites, whatever became of them. One statement.
    async fn open_invite(
        &self,
        digest: &str,
        now: Timestamp,
    ) -> Result<Option<(InviteRow, PersonRow)>, StoreError>;

    /// All of an organization, newest first; older than `before` where that is given.
    async fn invites(
        &self,
        organization: OrganizationId,
        before: Option<InviteId>,
        limit: u32,
    ) -> Result<Vec<ListedInvite>, StoreError>;
}

/// Writes of invitations.
#[async_trait]
pub trait InviteWrites: Send {
    /// Keeps a new one.
    async fn insert_invite(&mut self, invite: &InviteRow) -> Result<(), StoreError>;

    /// Uses one; `None` when there is none that can be used.
    async fn use_invite(
        &mut self,
        digest: &str,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Option<InviteRow>, StoreError>;

    /// Makes one void; false when it is not there, used or void already.
    async fn revoke_invite(
        &mut self,
        organization: OrganizationId,
        id: InviteId,
        now: Timestamp,
    ) -> Result<bool, StoreError>;

    /// Makes void whatever a person has invited to and nobody has used.
    async fn revoke_invites_of(&mut self, owned: Owned, now: Timestamp) -> Result<(), StoreError>;
}
