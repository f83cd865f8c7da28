//! What the beginning of a line says about blocks. Nothing is decided here: where it matters, the parser is asked.

/// A fence that opened a block of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    mark: u8,
    length: usize,
}

impl Fence {
    /// Reads the fence that a whole line opens, at most three spaces from the margin.
    pub(super) fn opened_by(line: &str) -> Option<Self> {
        let text = near_margin(line)?;
        let mark = *text.as_bytes().first().filter(|mark| matches!(mark, b'`' | b'~'))?;
        let length = run(text, mark);
        // "```like this```" is code inside a paragraph.
        let opens = length >= 3 && (mark == b'~' || !text[length..].contains('`'));
        opens.then_some(Self { mark, length })
    }

    /// Whether a line of which only the beginning is here may yet open a fence.
    pub(super) fn may_open(line: &str) -> bool {
        let marks = |text: &str| [b'`', b'~'].into_iter().any(|mark| run(text, mark) == text.len());
        Self::opened_by(line).is_some()
            || near_margin(line).is_some_and(|text| !text.is_empty() && marks(text))
    }

    /// Whether a whole line closes this fence.
    pub(super) fn is_closed_by(self, line: &str) -> bool {
        near_margin(line).is_some_and(|text| {
            let length = run(text, self.mark);
            length >= self.length && is_blank(&text[length..])
        })
    }

    /// Code without a last line that may yet become this fence's end.
    pub(super) fn without_half_close(self, code: &str) -> &str {
        let begin = code.rfind('\n').map_or(0, |end| end + 1);
        let may_close = near_margin(&code[begin..]).is_some_and(|line| {
            let marks = run(line, self.mark);
            marks > 0 && is_blank(&line[marks..])
        });
        if may_close { &code[..begin] } else { code }
    }
}

/// What a line begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// White space is all there is.
    Blank,
    /// Perhaps a list marker, so many spaces from the margin.
    Marker { indent: usize },
    /// A fence.
    Fence(Fence),
    /// `<` near the margin: raw HTML, or an address.
    Angle,
    /// White space, then none of the above.
    Indented,
    /// Text at the margin.
    Text,
}

/// Reads the head of a line that is whole or still arriving, and the part of the line that decided it.
///
/// It is `None` while it cannot be told yet. The answer and the deciding part are the same however the line arrives:
/// what is told early never depends on what comes later.
pub(super) fn head(line: &str, whole: bool) -> Option<(Head, &str)> {
    if is_blank(line) {
        return whole.then_some((Head::Blank, line));
    }
    let Some(text) = near_margin(line) else {
        let spaces = line.len() - line.trim_start_matches(is_space).len();
        return Some((Head::Indented, &line[..through(line, spaces)]));
    };
    let indent = line.len() - text.len();
    let plain = if indent == 0 { Head::Text } else { Head::Indented };
    let first = text.as_bytes()[0];
    let (head, decided) = match first {
        b'<' => (Head::Angle, 1),
        b'`' | b'~' => match run(text, first) {
            few @ (1 | 2) if few < text.len() => (plain, through(text, few)),
            _ if !whole => return None,
            _ => (Fence::opened_by(line).map_or(plain, Head::Fence), text.len()),
        },
        b'-' | b'*' | b'+' | b'0'..=b'9' => match marker(text) {
            Marker::Is(decided) => (Head::Marker { indent }, decided),
            Marker::IsNot(decided) => (plain, decided),
            Marker::Perhaps if whole => (Head::Marker { indent }, text.len()),
            Marker::Perhaps => return None,
        },
        _ => (plain, through(text, 0)),
    };
    Some((head, &line[..indent + decided]))
}

enum Marker {
    Is(usize),
    IsNot(usize),
    Perhaps,
}

/// Reads a list marker and enough of what follows to know that it is no rule (`- - -`).
fn marker(text: &str) -> Marker {
    let bytes = text.as_bytes();
    let digits = bytes.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let length = match digits {
        0 => 1,
        1..=9 if bytes.get(digits).is_none_or(|byte| matches!(byte, b'.' | b')')) => digits + 1,
        _ => return Marker::IsNot(through(text, digits.min(9))),
    };
    let Some(after) = text.get(length..).filter(|after| !after.is_empty()) else {
        return Marker::Perhaps;
    };
    if !after.starts_with(is_space) {
        return Marker::IsNot(through(text, length));
    }
    let rule = (digits == 0).then_some(char::from(bytes[0]));
    match after.find(|c| !is_space(c) && Some(c) != rule) {
        Some(at) => Marker::Is(through(text, length + at)),
        None => Marker::Perhaps,
    }
}

/// White space that stays within a line.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t')
}

/// Whether white space is all there is.
pub(super) fn is_blank(line: &str) -> bool {
    line.chars().all(is_space)
}

/// The text after at most three spaces; `None` when white space goes on.
fn near_margin(line: &str) -> Option<&str> {
    let text = line.trim_start_matches(' ');
    (line.len() - text.len() <= 3 && !text.starts_with(is_space)).then_some(text)
}

/// How often `mark` stands at the beginning.
fn run(text: &str, mark: u8) -> usize {
    text.bytes().take_while(|&byte| byte == mark).count()
}

/// The end of the character at `at`, or of the text.
fn through(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(text.len(), |c| at + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_line_is_told_as_soon_as_it_is_certain_and_no_sooner() {
        let lines = [
            "- a",
            "-",
            "- ",
            "- - -",
            "* **bold**",
            "**bold**",
            "1. x",
            "1.",
            "12",
            "2024 was",
            "1234567890. x",
            "1.5",
            "10) y",
            "```rust",
            "```a`b",
            "`a`",
            "``",
            "~~~",
            "~",
            "~~strike~~",
            "<b>",
            "   - x",
            "    - x",
            "\tx",
            "x",
            "é",
            "  é",
            " ",
        ];
        for line in lines {
            let end = head(line, true);
            assert!(end.is_some(), "{line:?}");
            let mut told = None;
            for at in (0..=line.len()).filter(|&at| line.is_char_boundary(at)) {
                let now = head(&line[..at], false);
                assert!(told.is_none() || now == told, "{line:?} changed at {at}");
                told = told.or(now);
            }
            assert!(told.is_none() || told == end, "{line:?}: early {told:?}, whole {end:?}");
        }
    }

    #[test]
    fn markers_rules_and_fences_are_told_apart() {
        let kind = |line| head(line, true).unwrap().0;
        assert_eq!(kind("- a"), Head::Marker { indent: 0 });
        assert_eq!(kind("  7) a"), Head::Marker { indent: 2 });
        assert_eq!(kind("**a**"), Head::Text);
        assert_eq!(kind("1.5 l"), Head::Text);
        assert_eq!(kind("      - a"), Head::Indented);
        assert!(matches!(kind("```rs"), Head::Fence(_)));
        assert_eq!(kind("```a```"), Head::Text);
        let fence = Fence::opened_by("~~~~ x").unwrap();
        assert!(
            fence.is_closed_by("  ~~~~~ ") && !fence.is_closed_by("~~~") && !fence.is_closed_by("~~~~ x")
        );
    }
}
