//! Names of things, opaque to the engine.

use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One execution of a graph.
    RunId
);
id!(
    /// One question that a run waits on.
    InterruptId
);
id!(
    /// One commit. Handed in twice it is applied once, so that a lost answer can be asked for again.
    CommitId
);

/// Whose run it is. Turns go round between owners; what the text means is the product's business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct OwnerId(Arc<str>);

impl OwnerId {
    /// Names an owner.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text it was made from.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for OwnerId {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<OwnerId> for String {
    fn from(owner: OwnerId) -> Self {
        owner.0.as_ref().to_owned()
    }
}

/// One life of one process, handed out by the store in rising order. Who was taken for dead comes back under a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

/// How many commits a run has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub u64);

impl Revision {
    /// Before the opening.
    pub const NONE: Self = Self(0);

    /// After one more commit.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}
