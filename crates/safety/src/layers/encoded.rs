//! Runs of base64, hexadecimal and binary digits that are a text.

use super::ENCODED_BYTES_MIN;
use crate::view::View;
use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::ops::Range;

/// All of them that decode to something a person could read.
pub(super) fn read(clean: &View) -> Vec<View> {
    let text = clean.text();
    let decoded = base64_runs(text)
        .into_iter()
        .filter_map(|run| Some((run.clone(), base64(&text[run])?)))
        .chain(digit_runs(text, 16, 2))
        .chain(digit_runs(text, 2, 8));
    decoded.filter(|(_, bytes)| is_text(bytes)).filter_map(|(run, bytes)| view(clean, run, &bytes)).collect()
}

/// Every character comes from the whole run: a person sees no part of it as the passage.
fn view(clean: &View, run: Range<usize>, bytes: &[u8]) -> Option<View> {
    let from = clean.source(run);
    let mut out = View::with_room(bytes.len());
    std::str::from_utf8(bytes).ok()?.chars().for_each(|c| out.push(c, from));
    Some(out)
}

/// UTF-8, and nine of ten characters are letters, digits, blanks or marks of ASCII, or letters of any script.
fn is_text(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let (mut all, mut readable) = (0, 0);
    for c in text.chars() {
        all += 1;
        readable += usize::from(c.is_ascii_graphic() || c.is_whitespace() || c.is_alphabetic());
    }
    all >= ENCODED_BYTES_MIN / 2 && readable * 10 >= all * 9
}

/// Runs of the alphabet, those apart by one line break joined: mail folds its base64 at 76 characters.
fn base64_runs(text: &str) -> Vec<Range<usize>> {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    let bytes = text.as_bytes();
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let length = bytes[at..].iter().take_while(|byte| is_digit(**byte)).count();
        if length > 0 {
            match runs.last_mut() {
                // Only after a long line, so that a list of words is no code.
                Some(last) if last.end + 1 == at && bytes[last.end] == b'\n' && last.len() >= 60 => {
                    last.end = at + length
                }
                _ => runs.push(at..at + length),
            }
        }
        at += length.max(1);
    }
    runs.retain(|run| run.len() >= ENCODED_BYTES_MIN);
    runs
}

fn base64(run: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let mut digits: String = run.chars().filter(|c| *c != '\n').collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    let alphabet = if digits.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    GeneralPurpose::new(alphabet, CONFIG).decode(digits).ok()
}

/// Runs of bytes, each of so many digits, with at most one sign between two of them.
fn digit_runs(text: &str, radix: u32, width: usize) -> Vec<(Range<usize>, Vec<u8>)> {
    let bytes = text.as_bytes();
    let group = |at: usize| {
        let digits = std::str::from_utf8(bytes.get(at..at + width)?).ok()?;
        digits.chars().all(|c| c.is_digit(radix)).then(|| u8::from_str_radix(digits, radix).ok())?
    };
    let is_sign = |at: usize| bytes.get(at).is_some_and(|byte| b" ,:;\n-".contains(byte));
    let starts = |at: usize| at == 0 || !bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'x';
    let mut runs = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let Some(first) = group(at).filter(|_| starts(at)) else {
            at += 1;
            continue;
        };
        let (start, mut decoded) = (at, vec![first]);
        at += width;
        loop {
            let next = if is_sign(at) { at + 1 } else { at };
            let Some(byte) = group(next) else { break };
            decoded.push(byte);
            at = next + width;
        }
        if decoded.len() >= ENCODED_BYTES_MIN / 2 {
            runs.push((start..at, decoded));
        }
    }
    runs
}
