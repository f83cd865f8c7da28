//! The switches of administrators.

use super::StoreError;
use crate::ports::Timestamp;
use api_types::{Flag, FlagMode, OrganizationId, PersonId};
use async_trait::async_trait;

/// One switch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchRow {
    /// Whose.
    pub organization: OrganizationId,
    /// Which flag.
    pub flag: Flag,
    /// For whom it was put there; none for everybody who has none of their own.
    pub person: Option<PersonId>,
    /// Where it stands. For one person on or off.
    pub mode: FlagMode,
    /// Who put it there.
    pub changed_by: PersonId,
    /// When.
    pub changed_at: Timestamp,
}

/// A switch with the names that people have now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSwitch {
    /// The switch.
    pub switch: SwitchRow,
    /// Who put it there.
    pub by: String,
    /// For whom, where it is for one person.
    pub name: Option<String>,
}

/// Reads of switches. Those of flags that this version does not know are left out.
#[async_trait]
pub trait FlagReads: Send + Sync {
    /// All switches of all organizations: every process knows them by heart.
    async fn switches(&self) -> Result<Vec<SwitchRow>, StoreError>;

    /// Those of one organization, by flag and then by name; for people.
    async fn listed_switches(&self, organization: OrganizationId) -> Result<Vec<ListedSwitch>, StoreError>;
}

/// Writes of switches.
#[async_trait]
pub trait FlagWrites: Send {
    /// Puts a switch where the row says, in place of where it was.
    async fn set_switch(&mut self, row: &SwitchRow) -> Result<(), StoreError>;

    /// Takes a switch away.
    async fn remove_switch(
        &mut self,
        organization: OrganizationId,
        flag: Flag,
        person: Option<PersonId>,
    ) -> Result<(), StoreError>;
}
