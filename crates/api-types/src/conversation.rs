//! Conversations and their settings.

use crate::ModelRef;
use serde::{Deserialize, Serialize};

/// What a person may set for one conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConversationSettings {
    /// The model that answers.
    pub model: ModelRef,
    /// 0 (the likeliest word each time) to 2; `None` leaves it to the model.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens; `None` leaves it to the studio.
    pub max_tokens: Option<u32>,
    /// Said to the model before everything else; may be empty.
    pub system_prompt: String,
}

/// A conversation to open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewConversation {
    /// Its title; made from the first message when it is empty.
    pub title: String,
    /// Its settings.
    pub settings: ConversationSettings,
}
