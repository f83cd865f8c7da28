//! Formulas of LaTeX: `\(…\)`, `\[…\]` and `$$…$$` are shown as they were written.
//!
//! Markdown would take their backslashes, stars and lines below. They are not set as formulas: what is not lost can be read,
//! copied and understood.

use super::render::OPTIONS;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::{borrow::Cow, iter, ops::Range};

/// What a formula begins and ends with.
const MARKS: [(&str, &str); 3] = [("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$")];

/// The same Markdown, every sign of a formula escaped.
pub(super) fn escape(markdown: &str) -> Cow<'_, str> {
    if !MARKS.iter().any(|(begin, _)| markdown.contains(begin)) {
        return Cow::Borrowed(markdown);
    }
    let (mut escaped, mut done) = (String::new(), 0);
    for formula in formulas(markdown) {
        escaped.push_str(&markdown[done..formula.range.start]);
        // Where a line begins there may be the marks of the quote it is in: a formula's own `>` would have ended it.
        let mut is_margin = false;
        let mut signs = markdown[formula.range.clone()].chars().peekable();
        while let Some(c) = signs.next() {
            is_margin = c == '\n' || is_margin && matches!(c, ' ' | '\t' | '>');
            // A bar in a cell is escaped already, or it would have ended the cell.
            let is_bar = formula.is_in_cell && (c == '|' || c == '\\' && signs.peek() == Some(&'|'));
            if c.is_ascii_punctuation() && !is_margin && !is_bar {
                escaped.push('\\');
            }
            escaped.push(c);
        }
        done = formula.range.end;
    }
    escaped.push_str(&markdown[done..]);
    Cow::Owned(escaped)
}

struct Formula {
    range: Range<usize>,
    is_in_cell: bool,
}

/// A mark that was found: which of [`MARKS`], and where.
struct Mark {
    kind: usize,
    begins: bool,
    ends: bool,
    at: usize,
}

/// The formulas of a text: each begins and ends in one paragraph, item or cell, and in no code.
fn formulas(markdown: &str) -> Vec<Formula> {
    let mut found: Vec<Formula> = Vec::new();
    // The beginning of each kind that waits for its end.
    let mut open: [Option<usize>; MARKS.len()] = [None; MARKS.len()];
    let (mut is_code, mut is_in_cell) = (false, false);
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(tag) if !is_inline(&tag.to_end()) => {
                open = [None; MARKS.len()];
                is_code = matches!(tag, Tag::CodeBlock(_));
                is_in_cell = tag == Tag::TableCell;
            }
            Event::End(tag) if !is_inline(&tag) => {
                open = [None; MARKS.len()];
                (is_code, is_in_cell) = (false, false);
            }
            Event::Text(_) if !is_code => {
                for mark in marks(markdown, range) {
                    match open[mark.kind] {
                        Some(begin) if mark.ends => {
                            // What it has in it is a part of it.
                            while found.pop_if(|last| last.range.start > begin).is_some() {}
                            found.push(Formula { range: begin..mark.at + 2, is_in_cell });
                            open = open.map(|other| other.filter(|other| *other < begin));
                        }
                        None if mark.begins => open[mark.kind] = Some(mark.at),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn is_inline(tag: &TagEnd) -> bool {
    matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image)
}

/// The marks in a piece of text as the parser tells it: what was escaped begins a piece of its own.
fn marks(markdown: &str, piece: Range<usize>) -> impl Iterator<Item = Mark> {
    let (before, text) = (&markdown[..piece.start], &markdown[piece.clone()]);
    let is_escaped = before.ends_with('\\');
    let bracket =
        iter::once(text.as_bytes().first()).flatten().filter(move |_| is_escaped).filter_map(move |sign| {
            let (kind, begins) = match sign {
                b'(' => (0, true),
                b')' => (0, false),
                b'[' => (1, true),
                b']' => (1, false),
                _ => return None,
            };
            Some(Mark { kind, begins, ends: !begins, at: piece.start - 1 })
        });
    let dollars = text
        .match_indices("$$")
        .filter(move |(at, _)| *at > 0 || !is_escaped)
        .map(move |(at, _)| Mark { kind: 2, begins: true, ends: true, at: piece.start + at });
    bracket.chain(dollars)
}
