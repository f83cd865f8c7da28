//! Cuts a text that is still arriving into blocks that are finished.
//!
//! # Design
//! A block may end only where the parser itself begins another at the top level (or another item of a top-level
//! list), so cutting and parsing the pieces shows what parsing the whole would. `lines` only proposes places. Each byte is
//! looked at once by the line scanner; the parser sees a block at its end, and before that only when the block has
//! doubled since it last said no. So the work is in proportion to the new text.

use super::lines::{Fence, Head, head};
use super::{
    BLOCK_BYTES_MAX,
    join::{Block, Joint},
    render,
    room::Room,
    tail::{Tail, Verdict},
    text::plain,
    wall,
};
use pulldown_cmark::{Event, Parser, Tag};

/// Below this many bytes the parser is asked at every proposed place, however often it says no.
const ASK_FREELY_BYTES: usize = 512;

/// A message that arrives piece by piece.
///
/// Whatever the pieces, the blocks are the same: their text, followed by what [`Blocks::finish`] gives, is the text of
/// [`to_html`](super::to_html) of the whole. A list comes item by item, each a list of its own; one that goes on has the
/// attribute `data-continues`.
#[derive(Debug, Default)]
pub struct Blocks {
    /// What has arrived, its line ends normalised to `\n`.
    text: String,
    /// Where in it the unfinished text begins. What lies before is dropped once a delta, not once a block.
    begin: usize,
    /// Where in the unfinished text the first line begins that was not yet read to its end.
    line: usize,
    /// What it is, as far as the lines told.
    kind: Kind,
    /// How much of that line is known to hold no line end.
    searched: usize,
    /// The parser was asked about that line and said no.
    refused: bool,
    /// Whether the line before it was blank.
    after_blank: bool,
    /// The parser said no before; it is not asked again until the text is this long.
    ask_from: usize,
    /// The number of the next item, when the text goes on with the list of the block before.
    continues: Option<Continues>,
    /// The last character was a carriage return: a line feed after it is the same line end.
    after_return: bool,
    /// How much HTML the next blocks may become.
    room: Room,
    /// It was said that something is shown as it was written.
    is_said: bool,
    /// The last block is text that is shown as it was written.
    after_plain: bool,
    /// What [`Tail`] found out about the unfinished text.
    verdict: Verdict,
}

/// Said once in an answer, before the first block that is shown as it was written.
const SAID: &str = "<p class=\"note\">Part of this answer is shown as it was written: laid out, it would be too large for a page.</p>";

/// What the unfinished text is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing yet.
    #[default]
    Nothing,
    /// Code that its fence ends.
    Fenced(Fence),
    /// A paragraph, heading, quote, table: it ends at a blank line.
    Plain,
    /// A list, indented code or raw HTML: only the parser knows.
    Open,
    /// Too long to be parsed; ends with its fence, or at a blank line.
    Spilled(Option<Fence>),
}

/// The list that goes on: the number of its next item, when it has numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Continues(pub(super) Option<u64>);

impl Blocks {
    /// Begins with nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins with nothing, on a page that has so much room.
    pub(super) fn within(mut room: Room) -> Self {
        room.next_message();
        Self { room, ..Self::default() }
    }

    /// The room that is left.
    pub(super) fn into_room(self) -> Room {
        self.room
    }

    /// Takes the next piece and returns the blocks it finished, each safe HTML.
    pub fn push(&mut self, delta: &str) -> Vec<String> {
        self.advance(delta).into_iter().map(|block| wall::clean(&block.html)).collect()
    }

    /// The text after the last finished block, as it was written; its line ends are `\n`.
    pub fn tail(&self) -> &str {
        &self.text[self.begin..]
    }

    /// The tail as it is shown.
    pub fn shown(&mut self) -> Tail<'_> {
        Tail::of(&self.text[self.begin..], &mut self.verdict)
    }

    /// Ends the message: the tail as its last block, if there is anything in it.
    pub fn finish(mut self) -> Option<String> {
        self.end().map(|block| wall::clean(&block.html))
    }

    pub(super) fn advance(&mut self, delta: &str) -> Vec<Block> {
        self.take(delta);
        let mut finished = Vec::new();
        while self.step(&mut finished) {}
        self.text.drain(..self.begin);
        self.begin = 0;
        finished
    }

    pub(super) fn end(&mut self) -> Option<Block> {
        let mut finished = Vec::new();
        self.cut(self.tail().len(), None, &mut finished);
        finished.pop()
    }

    fn take(&mut self, delta: &str) {
        if delta.is_empty() {
            return;
        }
        let goes_on = std::mem::replace(&mut self.after_return, delta.ends_with('\r'));
        let mut rest = delta.strip_prefix('\n').filter(|_| goes_on).unwrap_or(delta);
        while let Some(at) = rest.find(['\r', '\u{b}', '\u{c}']) {
            self.text.push_str(&rest[..at]);
            let (special, after) = rest[at..].split_at(1);
            if special == "\r" {
                self.text.push('\n');
                rest = after.strip_prefix('\n').unwrap_or(after);
            } else {
                // Readers of Markdown disagree on whether these are white space: a space is what they look like.
                self.text.push(' ');
                rest = after;
            }
        }
        self.text.push_str(rest);
    }

    /// Reads the next line as far as it has arrived; false when nothing more can be said.
    fn step(&mut self, finished: &mut Vec<Block>) -> bool {
        let text = &self.text[self.begin..];
        let rest = &text[self.line..];
        // Nothing beyond the limit is looked at, whether it has arrived or not: the cuts must not depend on that.
        let room = BLOCK_BYTES_MAX - self.line;
        let seen = &rest[..rest.floor_char_boundary(room)];
        let end = seen[self.searched..].find('\n').map(|end| self.searched + end);
        self.searched = seen.len();
        if let Some((head, decided)) = head(&seen[..end.unwrap_or(seen.len())], end.is_some()) {
            if self.may_begin(head) {
                if let Some(boundary) = boundary(&text[..self.line], decided) {
                    self.cut(self.line, Some(boundary), finished);
                    return true;
                }
                self.refused = true;
                self.ask_from = if self.line < ASK_FREELY_BYTES { 0 } else { 2 * self.line };
            }
            if let Some(end) = end {
                self.read(head, self.line + end + 1, finished);
                return true;
            }
        }
        let over = rest.len() > room;
        if over {
            self.spill(finished);
        }
        over
    }

    /// Whether it is worth asking the parser if a block begins with the line at `self.line`.
    fn may_begin(&self, head: Head) -> bool {
        let proposed = match self.kind {
            Kind::Nothing | Kind::Fenced(_) | Kind::Spilled(_) => false,
            Kind::Plain => matches!(head, Head::Fence(_) | Head::Marker { .. } | Head::Angle),
            Kind::Open => match head {
                Head::Blank => false,
                Head::Marker { indent } => indent == 0,
                Head::Fence(_) | Head::Angle => true,
                Head::Indented | Head::Text => self.after_blank,
            },
        };
        proposed && !self.refused && self.line >= self.ask_from
    }

    /// Takes note of a whole line that belongs to the unfinished text, which now reaches to `next`.
    fn read(&mut self, head: Head, next: usize, finished: &mut Vec<Block>) {
        let line = &self.tail()[self.line..next];
        let ended = match (self.kind, head) {
            (Kind::Nothing, Head::Blank) => {
                self.begin += next;
                self.go_to(0);
                return;
            }
            (Kind::Fenced(fence) | Kind::Spilled(Some(fence)), _) => {
                fence.is_closed_by(line.trim_end_matches('\n'))
            }
            (Kind::Plain | Kind::Spilled(None), Head::Blank) => true,
            _ => false,
        };
        if ended {
            self.cut(next, None, finished);
            return;
        }
        self.kind = match (self.kind, head) {
            (Kind::Nothing, Head::Fence(fence)) => Kind::Fenced(fence),
            (Kind::Nothing, Head::Text) => Kind::Plain,
            (Kind::Nothing, _)
            | (Kind::Plain, Head::Marker { .. } | Head::Angle | Head::Fence(_) | Head::Indented) => {
                Kind::Open
            }
            (kind, _) => kind,
        };
        self.after_blank = head == Head::Blank;
        self.go_to(next);
    }

    /// Makes a block of the text before `at` and begins anew after it.
    fn cut(&mut self, at: usize, boundary: Option<Boundary>, finished: &mut Vec<Block>) {
        let text = &self.text[self.begin..self.begin + at];
        let goes_on = if let Kind::Spilled(fence) = self.kind {
            let text = if fence.is_some() { without_last_line(text) } else { text };
            let html = plain(text, fence.is_some());
            self.room.take(html.len());
            self.after_plain = false;
            push_unless_empty(html, Joint::None, finished);
            None
        } else if let Some(rendered) = render::block(text, self.continues, self.room.of_block(text.len())) {
            self.room.take(rendered.html.len());
            let joint = if self.continues.is_some() { Joint::List } else { Joint::None };
            self.after_plain &= rendered.html.is_empty();
            push_unless_empty(rendered.html, joint, finished);
            rendered.list
        } else {
            let html = plain(text, false);
            self.room.take(html.len());
            let is_said = std::mem::replace(&mut self.is_said, true);
            let joint = if self.after_plain { Joint::Plain } else { Joint::None };
            self.after_plain = true;
            push_unless_empty(if is_said { html } else { SAID.to_owned() + &html }, joint, finished);
            None
        };
        self.begin += at;
        self.kind = Kind::Nothing;
        self.go_to(0);
        self.ask_from = 0;
        self.after_blank = false;
        self.continues = goes_on.filter(|_| boundary == Some(Boundary::Item));
    }

    /// The block is too long to be parsed: shows what there is as plain text and goes on in the same block.
    fn spill(&mut self, finished: &mut Vec<Block>) {
        let text = self.tail();
        let at = if self.line > 0 { self.line } else { text.floor_char_boundary(BLOCK_BYTES_MAX) };
        let text = &text[..at];
        let (text, fence) = match self.kind {
            Kind::Fenced(fence) => (text.split_once('\n').map_or("", |(_, code)| code), Some(fence)),
            Kind::Spilled(fence) => (text, fence),
            Kind::Nothing | Kind::Plain | Kind::Open => (text, None),
        };
        let html = plain(text, fence.is_some());
        self.room.take(html.len());
        self.after_plain = false;
        push_unless_empty(html, Joint::None, finished);
        self.begin += at;
        self.kind = Kind::Spilled(fence);
        self.go_to(0);
        self.continues = None;
    }

    /// Goes on with the line that begins there; at 0, with another unfinished text.
    fn go_to(&mut self, line: usize) {
        if line == 0 {
            self.verdict = Verdict::default();
        }
        self.line = line;
        self.searched = 0;
        self.refused = false;
    }
}

fn push_unless_empty(html: String, joint: Joint, finished: &mut Vec<Block>) {
    if !html.is_empty() {
        finished.push(Block { html, joint });
    }
}

fn without_last_line(text: &str) -> &str {
    let text = text.trim_end_matches('\n');
    text.rfind('\n').map_or("", |at| &text[..=at])
}

/// What begins at a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Boundary {
    /// A block at the top level.
    Block,
    /// The next item of a list at the top level.
    Item,
}

/// Asks the parser whether something begins exactly where `line` follows `text`.
fn boundary(text: &str, line: &str) -> Option<Boundary> {
    let whole = [text, line].concat();
    let here = text.len()..=text.len() + (line.len() - line.trim_start().len());
    let mut depth = 0_usize;
    for (event, range) in Parser::new_ext(&whole, render::OPTIONS).into_offset_iter() {
        let begins = here.contains(&range.start);
        match (&event, depth) {
            (Event::End(_), _) => depth -= 1,
            (Event::Start(_) | Event::Rule, 0) if begins => return Some(Boundary::Block),
            (Event::Start(Tag::Item), 1) if begins => return Some(Boundary::Item),
            (Event::Start(_), _) => depth += 1,
            _ => {}
        }
    }
    None
}
