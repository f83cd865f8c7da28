//! Whether a flag is on.

use super::store::{Owned, SwitchRow};
use api_types::{Flag, FlagReason, OrganizationId, PersonId};
use async_trait::async_trait;
use std::sync::Arc;

/// For whom it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlagContext {
    /// Whose switches count.
    pub organization: Option<OrganizationId>,
    /// The person; none for the studio as a whole.
    pub person: Option<PersonId>,
}

impl From<Owned> for FlagContext {
    fn from(owned: Owned) -> Self {
        Self { organization: Some(owned.organization), person: Some(owned.owner) }
    }
}

/// What it is, and who had the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlagDecision {
    /// Whether it is on.
    pub is_on: bool,
    /// Why.
    pub reason: FlagReason,
}

/// The switches of administrators, of all organizations.
pub type Switches = Arc<[SwitchRow]>;

/// A remote flag service that stands in for the switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFlags {
    /// Where it is, without what may be secret.
    pub address: String,
    /// Why it did not answer the last time, in words; `None` where it did.
    pub failure: Option<&'static str>,
}

/// Decides flags. It is told the switches of administrators, and knows of the other layers itself.
#[async_trait]
pub trait Flags: Send + Sync {
    /// What a flag is for somebody. There is always an answer: where a layer fails, its last word counts, then the one below.
    async fn decide(&self, flag: Flag, context: FlagContext) -> FlagDecision;

    /// These are the switches now.
    fn set_switches(&self, switches: Switches);

    /// Asks the remote service once more, where there is one.
    async fn poll(&self);

    /// The remote service, where there is one.
    fn remote(&self) -> Option<RemoteFlags>;
}
