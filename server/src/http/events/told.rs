//! What a tab has been told of an answer, and the event that tells it more.

use api_types::{AnswerEvent, AnswerState, ConversationId, MessageId, RunId};
use app::markup::{Blocks, Frame};
use std::mem;
use studio::ports::store::AnswerRow;

/// What one tab has been told of one answer.
pub(super) struct Told {
    blocks: Blocks,
    /// Bytes of the answer that went into `blocks`.
    pub(super) seen: usize,
    /// Finished blocks sent.
    sent: u32,
    /// How the tail is shown; nothing before the first text.
    frame: Option<Frame>,
    /// Characters of the shown tail sent, and their bytes.
    tail_sent: usize,
    tail_bytes: usize,
    note: Option<String>,
    pub(super) ended: bool,
    begun: bool,
}

impl Told {
    pub(super) fn nothing() -> Self {
        Self {
            blocks: Blocks::new(),
            seen: 0,
            sent: 0,
            frame: None,
            tail_sent: 0,
            tail_bytes: 0,
            note: None,
            ended: false,
            begun: false,
        }
    }

    /// The bytes that are looked at when so many more arrive.
    pub(super) fn work(&self, new: usize) -> usize {
        self.blocks.tail().len() + new
    }

    /// Takes more text and gives the event that says so; `None` when nothing is new.
    pub(super) fn more(
        &mut self,
        row: &Written,
        text: &str,
        state: AnswerState,
        note: Option<String>,
    ) -> Option<AnswerEvent> {
        if self.begun && text.is_empty() && note == self.note && state.is_active() {
            return None;
        }
        self.begun = true;
        self.seen += text.len();
        let mut blocks = self.blocks.push(text);
        if !state.is_active() {
            blocks.extend(mem::replace(&mut self.blocks, Blocks::new()).finish());
            self.ended = true;
        }
        let from = self.sent;
        self.sent += u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        if !blocks.is_empty() {
            (self.tail_sent, self.tail_bytes) = (0, 0);
        }
        let tail = self.blocks.shown();
        // A frame goes with its first text: before that there is nothing to put into it.
        let is_table = matches!(tail.frame, Frame::Table(_));
        let has_place = !tail.text.is_empty() || !blocks.is_empty() || is_table;
        let is_shown = has_place && self.frame.as_ref() != Some(&tail.frame);
        let frame = is_shown.then(|| tail.frame.html(""));
        if frame.is_some() {
            (self.tail_sent, self.tail_bytes) = (0, 0);
            self.frame = Some(tail.frame.clone());
        }
        // While the frame stays, the shown text only grows.
        let new = tail.text.get(self.tail_bytes..).unwrap_or_default().to_owned();
        let tail_from = u32::try_from(self.tail_sent).unwrap_or(u32::MAX);
        self.tail_sent += new.chars().count();
        self.tail_bytes += new.len();
        self.note.clone_from(&note);
        Some(AnswerEvent {
            conversation: row.conversation,
            message: row.message,
            run: row.run,
            state,
            from,
            blocks,
            frame,
            tail_from,
            tail: new,
            note,
            ended_at: None,
            foot: None,
            spent: None,
        })
    }
}

/// Which answer it is.
pub(super) struct Written {
    pub(super) conversation: ConversationId,
    pub(super) message: MessageId,
    pub(super) run: RunId,
}

impl From<&AnswerRow> for Written {
    fn from(row: &AnswerRow) -> Self {
        Self { conversation: row.conversation, message: row.message, run: row.run }
    }
}
