//! Addresses that stand bare in a text: `https://…` as people and models write it, without brackets.

use std::ops::Range;

const SCHEMES: [&str; 2] = ["https://", "http://"];

/// The first address in a text.
///
/// It begins a word, goes on to white space or to a sign that no address holds, and does without the full stop or the
/// bracket that ends the sentence around it. Each byte is looked at a fixed number of times, whatever the text.
pub(super) fn find(text: &str) -> Option<Range<usize>> {
    text.match_indices("http").find_map(|(begin, _)| {
        let scheme = SCHEMES.into_iter().find(|scheme| text[begin..].starts_with(scheme))?;
        let stands_alone = text[..begin].chars().next_back().is_none_or(may_stand_before);
        let after = &text[begin + scheme.len()..];
        // Only now is it worth looking for its end.
        if !stands_alone || !after.starts_with(char::is_alphanumeric) {
            return None;
        }
        let address = without_end_of_sentence(&after[..after.find(ends).unwrap_or(after.len())]);
        Some(begin..begin + scheme.len() + address.len())
    })
}

/// What an address may follow. After anything else it is part of something longer: `blob:https://…`, `?to=https://…`.
fn may_stand_before(c: char) -> bool {
    c.is_whitespace() || "([{*_~\"'>,;".contains(c) || !(c.is_ascii() || c.is_alphanumeric())
}

/// What no address holds.
fn ends(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '<' | '>' | '"' | '`' | '|' | '\\' | '^' | '“' | '”' | '«' | '»')
        || matches!(c, '。' | '，' | '、' | '；' | '：' | '！' | '？' | '）' | '」' | '』' | '】' | '》')
}

/// Cuts what belongs to the sentence: its signs, and brackets that were not opened in the address.
fn without_end_of_sentence(address: &str) -> &str {
    const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
    let mut open = PAIRS.map(|(open, close)| {
        let count = |sign| address.matches(sign).count();
        (close, count(close).saturating_sub(count(open)))
    });
    let mut rest = address;
    while let Some(last) = rest.chars().next_back() {
        let unopened = open.iter_mut().find(|(close, left)| *close == last && *left > 0);
        let is_sign = matches!(last, '.' | ',' | ':' | ';' | '!' | '?' | '*' | '_' | '~' | '\'' | '’' | '…');
        match unopened {
            Some((_, left)) => *left -= 1,
            None if is_sign => {}
            None => break,
        }
        rest = &rest[..rest.len() - last.len_utf8()];
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn an_address_ends_where_its_sentence_goes_on() {
        for (text, address) in [
            ("see https://x.org/a_b?c=d&e#f now", "https://x.org/a_b?c=d&e#f"),
            ("(https://x.org).", "https://x.org"),
            (
                "https://en.wikipedia.org/wiki/Set_(mathematics), or",
                "https://en.wikipedia.org/wiki/Set_(mathematics)",
            ),
            ("[https://x.org/[a]]!?", "https://x.org/[a]"),
            ("http://localhost:8000/v1...", "http://localhost:8000/v1"),
            ("http:// https://x.org", "https://x.org"),
            ("https://x.org。然后", "https://x.org"),
            ("\"https://x.org/\"", "https://x.org/"),
            ("nothttps://x.org but https://y.org", "https://y.org"),
        ] {
            assert_eq!(find(text).map(|at| &text[at]), Some(address), "{text}");
        }
        for none in [
            "",
            "https://",
            "https://)",
            "https://...",
            "xhttps://y",
            "blob:https://y",
            "?to=https://y",
            "ftp://x.org",
            "https:/x.org",
            "x.org",
        ] {
            assert_eq!(find(none), None, "{none}");
        }
    }

    #[test]
    fn a_text_made_of_beginnings_or_of_brackets_takes_no_longer_than_another() {
        let begun = Instant::now();
        for hostile in [
            "https://x".to_owned() + &")".repeat(60_000),
            "xhttps://".repeat(7_000),
            "(https://".repeat(7_000),
        ] {
            let mut rest = hostile.as_str();
            while let Some(at) = find(rest) {
                rest = &rest[at.end..];
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
