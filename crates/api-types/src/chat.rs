//! A chat in one request, for programs.

use crate::{ConversationId, ModelRef, RunId};
use serde::{Deserialize, Serialize};

/// The word of an answer to a program of which nothing else is to be said.
pub const SUCCESS: &str = "success";

/// A chat in one request: what was asked, answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chatted {
    /// `success`; `running` where it is not written to its end yet; `stopped` where somebody stopped it.
    pub status: String,
    /// `chat`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The answer, as the model wrote it; none while it is being written.
    pub message: Option<String>,
    /// The model that was asked.
    pub model: ModelRef,
    /// What it cost, in dollars; none where nobody knows, or knows yet.
    pub cost: Option<f64>,
    /// The conversation it belongs to; new when none was named.
    pub conversation: ConversationId,
    /// The run that writes it.
    pub run: RunId,
}
