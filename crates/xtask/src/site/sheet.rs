//! Reads hand-written CSS just far enough: comments, class selectors, local URLs.

use std::collections::BTreeSet;

/// The sheet without its comments; strings are respected.
pub(super) fn without_comments(css: &str) -> String {
    let mut kept = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(at) = rest.find(['/', '"', '\'']) {
        let (before, found) = rest.split_at(at);
        kept.push_str(before);
        let length = match found.as_bytes() {
            [b'/', b'*', ..] => {
                rest = found.find("*/").map_or("", |end| &found[end + 2..]);
                continue;
            }
            [quote @ (b'"' | b'\''), ..] => string_length(found, *quote as char),
            _ => 1,
        };
        kept.push_str(&found[..length]);
        rest = &found[length..];
    }
    kept.push_str(rest);
    kept
}

fn string_length(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Every class that a selector names, unescaped.
pub(super) fn classes(css: &str) -> BTreeSet<String> {
    let css = without_comments(css);
    let starts = css.match_indices('.').map(|(at, _)| &css[at + 1..]);
    starts.filter_map(class_at).collect()
}

fn class_at(text: &str) -> Option<String> {
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        return None; // .5rem
    }
    let mut name = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => name.extend(characters.next()),
            '-' | '_' => name.push(character),
            _ if character.is_alphanumeric() => name.push(character),
            _ => break,
        }
    }
    (!name.is_empty()).then_some(name)
}

/// Every `url(/…)`: what the sheet expects of our own server.
pub(super) fn local_urls(css: &str) -> BTreeSet<String> {
    let css = without_comments(css);
    let values = css.split("url(").skip(1).filter_map(|rest| rest.split(')').next());
    let urls = values.map(|value| value.trim().trim_matches(['"', '\'']));
    urls.filter(|url| url.starts_with('/')).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_strings_stay() {
        assert_eq!(without_comments("a/* b */c 'd/* e */' f/g"), "ac 'd/* e */' f/g");
        assert_eq!(without_comments("a /* never closed"), "a ");
        assert_eq!(without_comments(r#"content: "\"/*x*/""#), r#"content: "\"/*x*/""#);
    }

    #[test]
    fn class_selectors_are_found_and_numbers_are_not() {
        let css =
            ".card:hover > .is-on, .md\\:w-1\\/2 { margin: .5rem; } /* .gone */ @media (x) { .deep { } }";
        let found: Vec<_> = classes(css).into_iter().collect();
        assert_eq!(found, ["card", "deep", "is-on", "md:w-1/2"]);
    }

    #[test]
    fn only_urls_of_our_own_are_listed() {
        let css = "src: url(/fonts/a.woff2), url('/b.svg'), url(data:image/png;base64,x), url(#id)";
        assert_eq!(local_urls(css).into_iter().collect::<Vec<_>>(), ["/b.svg", "/fonts/a.woff2"]);
    }
}
