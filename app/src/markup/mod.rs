//! Markdown and code to safe HTML, on the server alone.
//!
//! What a model or a person wrote is never trusted. Three things stand between it and the page, each enough by itself:
//! `render` writes every tag itself and never passes HTML through (raw HTML becomes text); links lead only to http,
//! https and mail; `wall` lets nothing out but the tags, attributes and classes that `render` knows.
//! Never here: a page, a request, a clock. To add something to the markup: an event in `render`, its tag or class in
//! `wall`, a golden test, its look in style/prose.css.
//!
//! # Design
//! A message is cut into blocks by `blocks`, each block is rendered alone, and a whole message is rendered through the
//! same cut, so that an answer looks the same while it is written and forever after. The price: a link definition
//! (`[name]: address`) is known in its own block only.

mod address;
mod blocks;
mod code;
mod formula;
mod join;
mod lines;
mod render;
mod room;
mod tail;
mod text;
mod wall;

#[cfg(test)]
mod tests;

pub use blocks::Blocks;
pub use room::{HTML_BYTES_MIN, HTML_BYTES_PER_BYTE, PAGE_HTML_BYTES_MAX, Room};
pub use tail::{Frame, Tail};

/// The longest block that is parsed, in bytes. What is longer is shown as plain text, in pieces of this size: a parser
/// sees nothing longer, whatever arrives.
pub const BLOCK_BYTES_MAX: usize = 64 * 1024;

/// Quotes, lists and emphasis inside one another beyond this depth lose their tags and keep their text.
pub const NESTING_MAX: usize = 24;

/// Renders a whole message as safe HTML, on a page of its own.
pub fn to_html(markdown: &str) -> String {
    to_html_within(markdown, &mut Room::default())
}

/// Renders a whole message as safe HTML, on a page with so much room.
pub fn to_html_within(markdown: &str, room: &mut Room) -> String {
    let mut blocks = Blocks::within(std::mem::take(room));
    let mut finished = blocks.advance(markdown);
    finished.extend(blocks.end());
    *room = blocks.into_room();
    join::join(finished)
}

/// Renders the beginning of an answer on a page with so much room: its finished blocks, and the unfinished text after them
/// in its frame, each safe HTML.
pub fn beginning(markdown: &str, room: &mut Room) -> (Vec<String>, String) {
    let mut blocks = Blocks::within(std::mem::take(room));
    let finished = blocks.push(markdown);
    let tail = blocks.shown();
    let unfinished = tail.frame.html(tail.text);
    *room = blocks.into_room();
    (finished, unfinished)
}

/// Text as it was written, as safe HTML: nothing in it is markup.
pub fn words(text: &str) -> String {
    let mut html = String::new();
    text::words(&mut html, text);
    html
}

/// Text for a place where the framework escapes nothing: a `<title>` and (see [`area_text`]) a `<textarea>`.
pub fn escaped(text: &str) -> String {
    let mut html = String::new();
    text::escape(&mut html, text);
    html
}

/// The text inside a `<textarea>`. A browser drops one line break at its beginning, so there is always one.
pub fn area_text(text: &str) -> String {
    format!("\n{}", escaped(text))
}
