//! What a chat's run works on.

use crate::ports::{FinishReason, Timestamp, store::Owned};
use api_types::{AnswerState, ConversationId, MessageId, ModelRef, OrganizationId, PersonId, Price, Usage};
use serde::{Deserialize, Serialize};
use workflow::State;

/// Where an answer is written and what it is asked for, in ids and numbers: what people and models say stands in messages.
///
/// # Design
/// The text of an answer is in here only between the call and the end of its message, which as a rule share a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatState {
    /// Whose.
    pub organization: OrganizationId,
    /// Whose.
    pub owner: PersonId,
    /// Where.
    pub conversation: ConversationId,
    /// The message that the answer is written into.
    pub message: MessageId,
    /// Which model is asked.
    pub model: ModelRef,
    /// As the conversation had it.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
    /// What the model cost when it was asked.
    pub price: Option<Price>,
    /// Length of the last message of the person, in bytes.
    pub asked_bytes: usize,
    /// Whether it goes on with an answer that was broken off.
    pub continues: bool,
    /// What the model said, on its way into the message.
    pub(crate) said: Option<Said>,
    /// What came of it.
    pub(crate) outcome: Option<Outcome>,
    /// What the model says it used.
    pub usage: Usage,
    /// What that cost, in micro-dollars.
    pub cost_micros: Option<i64>,
}

/// What a model said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Said {
    /// The whole text of the message, with what was there before.
    pub(crate) text: String,
    /// So many bytes of it were there before.
    #[serde(default)]
    pub(crate) prefix_bytes: usize,
    pub(crate) ending: Ending,
    pub(crate) usage: Usage,
    /// So many tokens more it may have written, at most, after it said what it used.
    #[serde(default)]
    pub(crate) unreported: u64,
    pub(crate) first_token_at: Option<Timestamp>,
}

/// Why it said no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ending {
    /// It had said everything.
    Whole,
    /// Its longest length, or the largest that is kept.
    Length,
    /// The provider's own filter.
    Filter,
    /// A person stopped it.
    Stopped,
}

/// What came of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Outcome {
    pub(crate) state: AnswerState,
    pub(crate) failure: Option<String>,
    pub(crate) cut_short: bool,
}

impl State for ChatState {
    const NAME: &'static str = "chat";
    const VERSION: u32 = 1;
}

impl ChatState {
    pub(crate) const fn owned(&self) -> Owned {
        Owned { organization: self.organization, owner: self.owner }
    }

    /// Whether the model said all it had to say.
    pub(crate) fn is_whole(&self) -> bool {
        let is_whole = |outcome: &Outcome| {
            outcome.state == AnswerState::Finished && !outcome.cut_short && outcome.failure.is_none()
        };
        self.outcome.as_ref().is_some_and(is_whole)
    }
}

impl From<FinishReason> for Ending {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::Stop => Self::Whole,
            FinishReason::Length => Self::Length,
            FinishReason::Filter => Self::Filter,
        }
    }
}
