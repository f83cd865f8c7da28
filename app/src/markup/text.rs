//! Text and code as HTML, as they were written: nothing in them is Markdown here.

use api_types::UNBROKEN_CHARS_MAX;

/// The longest name of a language that is shown, in bytes.
const LANGUAGE_BYTES_MAX: usize = 24;

/// How [`plain`] text begins.
pub(super) const PLAIN: &str = "<p class=\"plain\">";

/// Text, or code, that is not parsed at all, as HTML on this side of the wall.
pub(super) fn plain(text: &str, is_code: bool) -> String {
    let text = text.trim_matches('\n');
    if text.trim().is_empty() {
        return String::new();
    }
    let mut html = String::new();
    if is_code {
        figure(&mut html, "", |html| escape(html, text));
    } else {
        html.push_str(PLAIN);
        words(&mut html, text);
        html.push_str("</p>");
    }
    html
}

/// The language that the text after a fence names, or nothing.
pub(super) fn language(info: &str) -> &str {
    let name = info.split([' ', '\t', ',', '{', '}', ':']).find(|word| !word.is_empty()).unwrap_or("");
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_' | '.');
    if name.len() <= LANGUAGE_BYTES_MAX && name.chars().all(known) { name } else { "" }
}

fn label(language: &str) -> &str {
    if language.is_empty() { "code" } else { language }
}

/// The head of code that is not finished: nothing to copy yet.
pub(super) fn figure_open(html: &mut String, language: &str) {
    html.push_str("<figure class=\"code\"><figcaption><span>");
    escape(html, label(language));
    html.push_str("</span></figcaption>");
}

pub(super) fn figure(html: &mut String, language: &str, code: impl FnOnce(&mut String)) {
    html.push_str("<figure class=\"code\"><figcaption><span>");
    escape(html, label(language));
    html.push_str("</span><button type=\"button\" class=\"btn quiet small needs-live\" data-copy=\"\">Copy</button></figcaption>");
    html.push_str("<pre tabindex=\"0\"><code>");
    code(html);
    html.push_str("</code></pre></figure>");
}

/// Appends text as text, a word without end in pieces of [`UNBROKEN_CHARS_MAX`]. Copied text has no trace of them.
pub(super) fn words(html: &mut String, text: &str) {
    unbroken_words(html, text, &mut 0);
}

/// The same, where `unbroken` characters of a word stand already.
pub(super) fn unbroken_words(html: &mut String, text: &str, unbroken: &mut usize) {
    let mut rest = text;
    while let Some((at, _)) = rest.char_indices().find(|(_, c)| {
        *unbroken = if c.is_whitespace() { 0 } else { *unbroken + 1 };
        *unbroken > UNBROKEN_CHARS_MAX
    }) {
        let (now, later) = rest.split_at(at);
        escape(html, now);
        html.push_str("<wbr>");
        *unbroken = 0;
        rest = later;
    }
    escape(html, rest);
}

/// Appends text as text, in an attribute too.
pub(super) fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            // As the wall writes it: what is counted here is what leaves it.
            '\u{a0}' => html.push_str("&nbsp;"),
            // HTML has no place for them.
            '\u{0}' => html.push('\u{fffd}'),
            c => html.push(c),
        }
    }
}
