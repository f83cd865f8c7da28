//! What a page hears while a model answers.

use crate::{AnswerState, ConversationId, MessageId, RunId};
use serde::{Deserialize, Serialize};

/// Characters of a word after which it goes on in a text of its own, behind a `<wbr>`, in answers and questions.
///
/// Its lines break anywhere as it is. But whatever is added to a text, a browser shapes the whole word again: measured in
/// Chromium, 300 additions of 100 letters took 4.3 s in one text, 0.5 s in texts of 1,000 letters, 0.3 s in those of 100. A
/// line ends early at each `<wbr>`, so they stand as far apart as that allows.
pub const UNBROKEN_CHARS_MAX: usize = 1_000;

/// A message was sent and its answer has begun: what the page puts under the conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The conversation it belongs to; new when none was named.
    pub conversation: ConversationId,
    /// The message the answer is written into.
    pub message: MessageId,
    /// The run that writes it.
    pub run: RunId,
    /// The new turn as safe HTML, made by the same component as the page's.
    pub html: String,
}

/// One step of an answer on `/api/events` (event name `answer`).
///
/// # Design
/// It carries state, not difference: applying one twice changes nothing, so a page that reconnects is simply told
/// where the answer stands. Finished blocks are safe HTML made by the server; the unfinished tail is plain text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnswerEvent {
    /// The conversation.
    pub conversation: ConversationId,
    /// The message being written.
    pub message: MessageId,
    /// The run that writes it.
    pub run: RunId,
    /// Where it stands.
    pub state: AnswerState,
    /// Index of the first block in `blocks`; a page drops what it has from there on.
    pub from: u32,
    /// Finished blocks from `from` on, each safe HTML.
    pub blocks: Vec<String>,
    /// How the tail is shown from now on: safe HTML, empty at the element with `data-tail`. Only where it changes; the tail
    /// then begins anew.
    pub frame: Option<String>,
    /// Where in the tail `tail` begins, in characters; a page keeps that many of its own.
    pub tail_from: u32,
    /// The unfinished text after the last block, from `tail_from` on.
    pub tail: String,
    /// Why it failed, in a sentence for the person; or that it waits for others.
    pub note: Option<String>,
    /// When it ended, in microseconds: a page made after that knows it already.
    pub ended_at: Option<i64>,
    /// The foot of the ended answer (actions, tokens, time) as safe HTML; only with an ended state.
    pub foot: Option<String>,
    /// What its person spent in this hour by then, as the page's frame says it; only with an ended state, where it is counted.
    pub spent: Option<String>,
}
