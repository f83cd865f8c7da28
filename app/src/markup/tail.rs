//! The unfinished end of an answer: it is shown as it was written, in a frame that fits it.

use super::lines::Fence;
use super::room::Room;
use super::wall;
use super::{
    render,
    text::{escape, figure_open, language, plain, words},
};

/// What an unfinished text looks like so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// Words.
    Words,
    /// Code in a language, or in none that it names.
    Code(String),
    /// A table: its finished rows, as they were written. The row under way is not shown before it is whole.
    Table(String),
}

/// An unfinished text and the frame it is shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail<'a> {
    /// The frame.
    pub frame: Frame,
    /// What is shown in it: the text without the fence around code, be it half written.
    pub text: &'a str,
}

impl Frame {
    /// The frame as safe HTML with `text` in it, at the element with `data-tail`; the caret stands at its end.
    pub fn html(&self, text: &str) -> String {
        let mut html = String::new();
        match self {
            Self::Words => {
                html.push_str("<p class=\"tail caret\" data-tail>");
                words(&mut html, text);
                html.push_str("</p>");
            }
            Self::Code(language) => {
                figure_open(&mut html, language);
                html.push_str("<pre tabindex=\"0\"><code class=\"caret\" data-tail>");
                escape(&mut html, text);
                html.push_str("</code></pre></figure>");
            }
            Self::Table(rows) => {
                let made = laid_out(rows).unwrap_or_else(|| plain(rows, false));
                html.push_str(&wall::clean(&made));
                html.push_str("<p class=\"tail caret\" data-tail>");
                words(&mut html, text);
                html.push_str("</p>");
            }
        }
        html
    }
}

impl<'a> Tail<'a> {
    /// Looks at an unfinished text, of which the verdict is known. As the text grows, the shown text grows with it or the
    /// frame becomes another.
    pub(super) fn of(unfinished: &'a str, verdict: &mut Verdict) -> Self {
        let words = Self { frame: Frame::Words, text: unfinished };
        match table(unfinished, verdict) {
            Table::Is { begin, rows } => {
                return Self { frame: Frame::Table(rows[..shown(begin, rows)].to_owned()), text: "" };
            }
            // A head that may be one is not shown for a moment as words and bars.
            Table::Perhaps => return Self { text: "", ..words },
            Table::IsNot => {}
        }
        let Some((first, code)) = unfinished.split_once('\n') else {
            // A fence whose line has not arrived is not shown for a moment as words.
            return if Fence::may_open(unfinished) { Self { text: "", ..words } } else { words };
        };
        let Some(fence) = Fence::opened_by(first) else { return words };
        let info = first.trim_start().trim_start_matches(['`', '~']);
        Self { frame: Frame::Code(language(info).to_owned()), text: fence.without_half_close(code) }
    }
}

/// Whether an unfinished text is a table, so far.
enum Table<'a> {
    /// These lines of it are whole; what makes it one ends at `begin`.
    Is {
        begin: usize,
        rows: &'a str,
    },
    Perhaps,
    IsNot,
}

/// What the first two lines of an unfinished text say. They are read until it is certain, and not again with each piece
/// that follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Open,
    /// A table; what makes it one ends there.
    Table(usize),
    NoTable,
}

/// A table as HTML on this side of the wall, where there is room for it and the parser sees one.
fn laid_out(rows: &str) -> Option<String> {
    render::block(rows, None, Room::default().of_block(rows.len())).map(|rendered| rendered.html)
}

/// Below this many bytes a table is shown anew with each row.
const SHOWN_ROW_BY_ROW_BYTES: usize = 2_048;

/// Looks at the first two lines, unless it is known what they say.
fn table<'a>(unfinished: &'a str, verdict: &mut Verdict) -> Table<'a> {
    if *verdict == Verdict::Open {
        match begin_of_rows(unfinished) {
            Ok(begin) => *verdict = begin.map_or(Verdict::NoTable, Verdict::Table),
            Err(Undecided { may_be: true }) => return Table::Perhaps,
            Err(Undecided { may_be: false }) => {}
        }
    }
    let Verdict::Table(begin) = *verdict else { return Table::IsNot };
    let whole = unfinished.rfind('\n').map_or(begin, |end| end + 1);
    Table::Is { begin, rows: &unfinished[..whole] }
}

/// More of the text has to come. Until then it is shown as words, unless it may well be a table.
struct Undecided {
    may_be: bool,
}

/// Where the rows of a table begin: names between bars, and a rule under them. The parser has the last word.
fn begin_of_rows(unfinished: &str) -> Result<Option<usize>, Undecided> {
    let is_rule = |line: &str| line.bytes().all(|b| matches!(b, b'|' | b':' | b'-' | b' ' | b'\t'));
    let Some((head, rest)) = unfinished.split_once('\n') else {
        return Err(Undecided { may_be: unfinished.starts_with('|') });
    };
    if !head.contains('|') {
        return Ok(None);
    }
    let Some((rule, _)) = rest.split_once('\n') else {
        return Err(Undecided { may_be: head.starts_with('|') && is_rule(rest) });
    };
    let begin = head.len() + 1 + rule.len() + 1;
    let is_table =
        is_rule(rule) && laid_out(&unfinished[..begin]).is_some_and(|html| html.ends_with("</table></div>"));
    Ok(is_table.then_some(begin))
}

/// How much of the rows is shown. Each change sends all of them again, so those of a long table come a sixteenth to an eighth of it at a time:
/// what is sent in all stays in proportion to what there is.
fn shown(begin: usize, rows: &str) -> usize {
    if rows.len() <= SHOWN_ROW_BY_ROW_BYTES {
        return rows.len();
    }
    let step = rows.len().next_power_of_two() / 16;
    let upto = rows.floor_char_boundary(rows.len() / step * step);
    rows[..upto].rfind('\n').map_or(begin, |end| begin.max(end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(unfinished: &str) -> Tail<'_> {
        Tail::of(unfinished, &mut Verdict::default())
    }

    #[test]
    fn words_are_words_and_an_open_fence_is_code_without_its_fence() {
        let shown = |text: &'static str| (of(text).frame, of(text).text);
        assert_eq!(shown("a **b"), (Frame::Words, "a **b"));
        assert_eq!(shown("``"), (Frame::Words, ""));
        assert_eq!(shown("``a"), (Frame::Words, "``a"));
        assert_eq!(shown("```ru"), (Frame::Words, ""));
        assert_eq!(shown("```a``` b"), (Frame::Words, "```a``` b"));
        assert_eq!(shown("```rust\nfn a() {"), (Frame::Code("rust".into()), "fn a() {"));
        assert_eq!(shown("```rust\nfn a() {\n``"), (Frame::Code("rust".into()), "fn a() {\n"));
        assert_eq!(shown("~~~\na\n```"), (Frame::Code(String::new()), "a\n```"));
    }

    #[test]
    fn what_is_shown_only_grows_while_the_frame_stays() {
        for text in [
            "```js\nlet a = `x`;\n``\n` b\n`\n",
            "|a|b|\n|-|-|\n|c|d|\n|e",
            "|a|b|\n|-|x",
            "a | b\n--|--\nc | d",
        ] {
            let mut before = of("");
            for end in 0..=text.len() {
                let now = of(&text[..end]);
                assert!(now.frame != before.frame || now.text.starts_with(before.text), "{:?}", &text[..end]);
                before = now;
            }
        }
    }

    #[test]
    fn a_table_shows_its_whole_rows_and_never_a_bar() {
        let text = "| A | B |\n|:--|--:|\n| one | two |\n| three | four |\n";
        let shown = |end: usize| {
            let tail = of(&text[..end]);
            tail.frame.html(tail.text)
        };
        for end in 0..=text.len() {
            assert!(!shown(end).contains('|'), "{:?}: {}", &text[..end], shown(end));
        }
        let rows = |end: usize| shown(end).matches("<tr>").count();
        let end_of = |words: &str| text.find(words).unwrap() + words.len();
        assert_eq!(["--:|", "--:|\n", "two |", "two |\n", "four |\n"].map(end_of).map(rows), [0, 1, 1, 2, 3]);
        assert!(shown(text.len()).ends_with("</table></div><p class=\"tail caret\" data-tail></p>"));
        // One rule too few: the parser sees no table, and neither does the page.
        assert_eq!(of("| A | B |\n|--|\n").frame, Frame::Words);
        // What only looks like a head is words as soon as that is sure.
        assert_eq!(of("| a pipe\nand").text, "| a pipe\nand");
    }

    #[test]
    fn a_long_table_is_not_sent_again_for_each_row() {
        let mut text = "|a|\n|-|\n".to_owned();
        let (mut frames, mut before) = (0, None);
        for _ in 0..10_000 {
            text.push_str("|b|\n");
            let frame = of(&text).frame;
            frames += usize::from(before.as_ref() != Some(&frame));
            before = Some(frame);
        }
        assert!(frames < 600, "{frames}");
    }

    #[test]
    fn frames_are_html_without_anything_of_the_text_in_a_tag() {
        assert_eq!(Frame::Words.html("a <b>"), "<p class=\"tail caret\" data-tail>a &lt;b&gt;</p>");
        assert_eq!(
            Frame::Code("rust".into()).html("<i>"),
            "<figure class=\"code\"><figcaption><span>rust</span></figcaption>\
             <pre tabindex=\"0\"><code class=\"caret\" data-tail>&lt;i&gt;</code></pre></figure>"
        );
        // A fence names what it likes; only a name is shown.
        assert_eq!(of("```\"><img\nx").frame, Frame::Code(String::new()));
    }
}
