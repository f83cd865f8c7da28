//! Code in colour: one-letter classes, because a strict policy forbids inline styles and long class names weigh.
//!
//! # Design
//! A scanner of our own, one pass, forwards only: its time is in proportion to the code, whatever the code is. Grammars
//! made of regular expressions (syntect with fancy-regex) were built first and measured: 10 to 20 ms for each kB of
//! everyday code, where a page has 50 ms, and up to 20 s for 32 kB written to hurt. What is lost: a scanner knows words, strings, comments and
//! numbers, not the grammar around them. To add a language: a row in `languages`.

mod languages;
mod scan;

use super::text::escape;

/// Appends `code` as HTML, coloured where its language is known.
pub(super) fn highlight(html: &mut String, language: &str, code: &str) {
    let Some(language) = languages::find(language) else {
        return escape(html, code);
    };
    let mut open = None;
    scan::pieces(language, code, |class, text| write(html, &mut open, class, text));
    if open.is_some() {
        html.push_str("</span>");
    }
}

/// What a piece of code is; its letter is its class in style/code.css.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Comment = b'c',
    Word = b'k',
    String = b's',
    Number = b'n',
    Name = b'f',
    Type = b't',
    Tag = b'a',
    Operator = b'o',
    Inserted = b'i',
    Deleted = b'd',
    Heading = b'h',
}

/// Appends a piece; neighbours of one class share one span.
fn write(html: &mut String, open: &mut Option<Class>, class: Option<Class>, text: &str) {
    // White space has no colour: it changes nothing.
    if class != *open && !text.trim().is_empty() {
        if open.is_some() {
            html.push_str("</span>");
        }
        if let Some(class) = class {
            html.push_str("<span class=\"");
            html.push(char::from(class as u8));
            html.push_str("\">");
        }
        *open = class;
    }
    escape(html, text);
}

#[cfg(test)]
mod tests;
