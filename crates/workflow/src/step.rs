//! What a node answers.

use crate::{StateError, Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::time::Duration;

/// Where to from a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Along its edge or route. A node that is an end ends the run.
    Next,
    /// To the end: of the run, of the sub-graph it is in, or of the branch it is in.
    Done,
    /// Wait for an answer, then visit the same node again: [`Ctx::reply`](crate::Ctx::reply) has it. The state is kept as it
    /// is now; effects of this visit are replayed.
    Interrupt(Request),
    /// Visit the same node again after a while. The state is as it was before this visit; effects that finished are
    /// replayed, those that failed are called again.
    Retry {
        /// How long.
        after: Duration,
    },
    /// Along its edge or route, but not before then.
    Sleep {
        /// When.
        until: Timestamp,
    },
}

/// A question to somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    pub(crate) asked: Value,
    pub(crate) until: Option<Timestamp>,
}

impl Request {
    /// Asks this.
    ///
    /// # Errors
    /// `NodeError` when it is no JSON.
    pub fn new(asked: impl Serialize) -> Result<Self, NodeError> {
        let asked = serde_json::to_value(asked).map_err(|error| NodeError(error.to_string()))?;
        Ok(Self { asked, until: None })
    }

    /// From then on the run goes on without an answer.
    #[must_use]
    pub fn until(self, until: Timestamp) -> Self {
        Self { until: Some(until), ..self }
    }
}

/// Why a node failed, as a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NodeError(pub String);

impl NodeError {
    /// Says why.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<EffectError> for NodeError {
    fn from(error: EffectError) -> Self {
        Self(error.to_string())
    }
}

impl From<StateError> for NodeError {
    fn from(error: StateError) -> Self {
        Self(error.to_string())
    }
}

/// What an effect says when it has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It did not take place and may be tried again: refused for now, not reached.
    Passing(String),
    /// It did not take place and will not.
    Final(String),
    /// It may have taken place: sent, and no answer came.
    Unknown,
}

/// What a node hears of an effect that has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EffectError {
    /// It did not take place.
    #[error("`{name}` failed: {why}")]
    Failed {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
    /// The journal has another effect at this place: the node's code was changed while it was being visited.
    #[error("the journal has `{found}` where the node asks for `{asked}`: its code was changed under a run")]
    Changed {
        /// In the journal.
        found: String,
        /// In the code.
        asked: String,
    },
    /// The journalled result is not of the type the node asks for, or a result is no JSON.
    #[error("the result of `{name}` does not have its shape: {why}")]
    Shape {
        /// Which.
        name: String,
        /// Why.
        why: String,
    },
}
