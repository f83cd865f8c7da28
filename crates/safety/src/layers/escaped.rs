//! Percent (`%3C`), HTML (`&lt;`, `&#60;`) and backslash (`\x3c`, `\u003c`) escapes, undone in one pass.

use crate::view::View;

/// The longest name or number of an escape.
const NAME_CHARS_MAX: usize = 10;

/// The whole text with its escapes undone; none where it has none.
pub(super) fn read(clean: &View) -> Option<View> {
    let chars: Vec<(char, (u32, u32))> = clean.chars().collect();
    let mut out = View::with_room(clean.text().len());
    let mut bytes: Vec<(u8, (u32, u32))> = Vec::new();
    let mut has_changed = false;
    let mut at = 0;
    while at < chars.len() {
        let (c, from) = chars[at];
        let (read, length) = match c {
            '%' => (number(&chars[at + 1..], 2).map(Read::Byte), 3),
            '\\' => backslash(&chars[at + 1..]),
            '&' => entity(&chars[at + 1..]),
            _ => (None, 1),
        };
        match read {
            Some(read) => {
                has_changed = true;
                let from = (from.0, chars[at + length - 1].1.1);
                match read {
                    Read::Byte(byte) => bytes.push((byte as u8, from)),
                    Read::Char(c) => {
                        end_bytes(&mut bytes, &mut out);
                        out.push(c, from);
                    }
                }
                at += length;
            }
            None => {
                end_bytes(&mut bytes, &mut out);
                out.push(c, from);
                at += 1;
            }
        }
    }
    end_bytes(&mut bytes, &mut out);
    has_changed.then_some(out)
}

enum Read {
    /// One byte of UTF-8, or of Latin-1 where it is none.
    Byte(u32),
    Char(char),
}

fn end_bytes(bytes: &mut Vec<(u8, (u32, u32))>, out: &mut View) {
    let plain: Vec<u8> = bytes.iter().map(|(byte, _)| *byte).collect();
    match std::str::from_utf8(&plain) {
        Ok(text) => {
            for (at, c) in text.char_indices() {
                out.push(c, (bytes[at].1.0, bytes[at + c.len_utf8() - 1].1.1));
            }
        }
        Err(_) => bytes.iter().for_each(|(byte, from)| out.push(char::from(*byte), *from)),
    }
    bytes.clear();
}

/// So many hexadecimal digits.
fn number(chars: &[(char, (u32, u32))], digits: usize) -> Option<u32> {
    let digits = chars.get(..digits)?;
    digits.iter().try_fold(0, |value, (c, _)| Some(value * 16 + c.to_digit(16)?))
}

/// What stands after a backslash, and the length of it all.
fn backslash(rest: &[(char, (u32, u32))]) -> (Option<Read>, usize) {
    match rest.first().map(|(c, _)| *c) {
        Some('x') => (number(&rest[1..], 2).map(Read::Byte), 4),
        Some('u') => (number(&rest[1..], 4).and_then(char::from_u32).map(Read::Char), 6),
        _ => (None, 1),
    }
}

/// What stands after an ampersand, and the length of it all. The semicolon may be missing after a number, as in browsers.
fn entity(rest: &[(char, (u32, u32))]) -> (Option<Read>, usize) {
    let name: String = rest
        .iter()
        .map(|(c, _)| *c)
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '#')
        .take(NAME_CHARS_MAX)
        .collect();
    let has_end = rest.get(name.len()).is_some_and(|(c, _)| *c == ';');
    let length = 1 + name.len() + usize::from(has_end);
    let lower = name.to_ascii_lowercase();
    let read = match lower.strip_prefix('#') {
        Some(number) => match number.strip_prefix('x') {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
            None => number.parse().ok(),
        }
        .and_then(char::from_u32),
        None if has_end => named(&lower),
        None => None,
    };
    (read.map(Read::Char), length)
}

/// The names that attacks need.
fn named(name: &str) -> Option<char> {
    Some(match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "colon" => ':',
        "lpar" => '(',
        "rpar" => ')',
        "sol" => '/',
        "equals" => '=',
        "nbsp" => ' ',
        "tab" => '\t',
        "newline" => '\n',
        _ => return None,
    })
}
