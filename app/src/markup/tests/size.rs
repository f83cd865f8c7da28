//! What a text becomes stays in proportion to it, and nothing of it goes to the log.

use super::super::{
    BLOCK_BYTES_MAX, Blocks, HTML_BYTES_MIN, HTML_BYTES_PER_BYTE, PAGE_HTML_BYTES_MAX, Room, beginning,
    to_html, to_html_within,
};
use proptest::prelude::*;
use std::cell::RefCell;

/// Text as it was written takes its place whatever the room: this much of it may be the sentence that says so.
const BESIDE: usize = 512;

/// The parsers of HTML are twenty times slower without optimisation.
const LENGTH: usize = if cfg!(debug_assertions) { BLOCK_BYTES_MAX / 8 } else { BLOCK_BYTES_MAX };

/// Texts that ask for far more than they are.
fn hostile() -> Vec<String> {
    let full = |head: String, unit: &str| {
        let times = LENGTH.saturating_sub(head.len() + 1) / unit.len();
        head + &unit.repeat(times) + "\n"
    };
    let table = |cell: &str, rule: &str| {
        format!("{}|\n{}|\n", format!("|{cell}").repeat(LENGTH / 8), format!("|{rule}").repeat(LENGTH / 8))
    };
    vec![
        full(table("a", "-"), "x\n"),
        full(table("", "-:"), "|\n"),
        full(table("*a*", "-"), "x\n").repeat(3),
        full(String::new(), "- ```\n"),
        full(String::new(), "```\n"),
        full(String::new(), "```\n```\n\n"),
        full(String::new(), "> ```\n\n"),
        full(String::new(), "- [ ] \n"),
        full(String::new(), "-\n"),
        full(String::new(), "***\n"),
        full(String::new(), "<a@b>"),
        full(String::new(), "[](http:)"),
        full(String::new(), "x\n\n"),
        full("```json\n".to_owned(), "1,"),
        full("```rust\n".to_owned(), "a+"),
        format!("{}{}\n{}|-|-|\n", ">".repeat(22), "|`a`".repeat(LENGTH / 6), ">".repeat(22)),
        full(format!("{q}|a|\n{q}|-|\n", q = ">".repeat(22)), &format!("{}|`a`|`a`|\n", ">".repeat(22))),
        full(String::new(), &("> ".repeat(23) + "- a\n")),
    ]
}

#[track_caller]
fn is_in_proportion(text: &str) {
    let most = text.len() * HTML_BYTES_PER_BYTE + HTML_BYTES_MIN + BESIDE;
    let about = || text.chars().take(80).collect::<String>();
    let html = to_html(text).len();
    assert!(html <= most, "{} bytes became {html}: {:?}", text.len(), about());
    let mut blocks = Blocks::new();
    let mut sent: usize = blocks.push(text).iter().map(String::len).sum();
    let tail = blocks.shown();
    let shown = tail.frame.html(tail.text).len();
    assert!(shown <= most, "the end of {} bytes became {shown}: {:?}", text.len(), about());
    sent += blocks.finish().map_or(0, |html| html.len());
    assert!(sent <= most, "{} bytes were sent as {sent}: {:?}", text.len(), about());
}

#[test]
fn a_text_that_asks_for_more_than_it_is_becomes_plain_text() {
    for text in hostile() {
        is_in_proportion(&text);
    }
    let table = &hostile()[0];
    let html = to_html(table);
    assert!(
        !html.contains("<td>") && html.starts_with("<p class=\"note\">Part of this answer"),
        "{}",
        &html[..200]
    );
    assert!(html.replace("<wbr>", "").ends_with(&format!("<p class=\"plain\">{}</p>", table.trim_end())));
}

#[test]
fn a_large_table_whose_cells_are_filled_stays_one() {
    for row in ["| 1 | 2 | 3 |\n", "|1|2|3|\n", "| one | two | three |\n"] {
        let text = "|a|b|c|\n|-:|-:|-:|\n".to_owned() + &row.repeat(LENGTH / 2 / row.len());
        let html = to_html(&text);
        assert_eq!(html.matches("<tr>").count(), 1 + LENGTH / 2 / row.len(), "{row}");
    }
}

#[test]
fn code_is_without_colour_before_it_is_plain_text() {
    let code = "1,".repeat(10_000);
    let html = to_html(&format!("```json\n{code}\n```"));
    assert!(html.contains(&format!("<code>{code}\n</code>")), "{}", &html[..200]);
}

/// A page with little room left.
const LEFT: usize = 100_000;

fn nearly_full() -> Room {
    let mut room = Room::default();
    room.take(PAGE_HTML_BYTES_MAX - LEFT);
    room
}

#[test]
fn the_room_of_a_page_is_for_all_its_messages_and_no_word_is_lost() {
    let message = "|a|b|c|\n|-|-|-|\n".to_owned() + &"|d|e|f|\n".repeat(600) + "\n*end*";
    let mut room = nearly_full();
    let mut made = 0;
    for _ in 0..10 {
        let html = to_html_within(&message, &mut room);
        assert!(html.contains("<em>end</em>") || html.contains("*end*"));
        made += html.len();
    }
    assert!(made > LEFT / 2 && made < LEFT + 10 * (message.len() + BESIDE), "{made}");
    // What is under way takes its part of it too.
    let html = beginning(&message, &mut room).0.concat();
    assert!(html.contains("class=\"plain\">|a|b|c|"), "{}", &html[..200]);
}

#[test]
fn plain_text_that_found_no_room_is_one_paragraph_and_not_one_for_each_word() {
    let text = "x\n\n".repeat(20_000);
    let html = to_html_within(&text, &mut nearly_full());
    assert!(html.len() < LEFT + text.len(), "{}", html.len());
    assert_eq!(html.matches('x').count(), 20_000);
}

thread_local! {
    static HEARD: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Ear;

impl log::Log for Ear {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        HEARD.with_borrow_mut(|heard| heard.push(record.args().to_string()));
    }
    fn flush(&self) {}
}

#[test]
fn no_text_makes_a_library_speak() {
    log::set_logger(&Ear).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    // It hears what it should not: HTML that the renderer never writes.
    super::super::wall::clean("<table>a</table>");
    assert!(HEARD.with_borrow_mut(std::mem::take).iter().any(|line| line.contains("foster")));
    for text in hostile() {
        to_html(&text);
        HEARD.with_borrow(|heard| assert_eq!(heard.as_slice(), [""; 0], "{:?}", &text.get(..80)));
    }
    for depth in 15..30 {
        for inside in ["|a|b|\n", "1. a\n", "```\na\n", "# a\n", "<p>\n", "a\n"] {
            let quote = ">".repeat(depth);
            to_html(&format!("{quote}{inside}{quote}|-|-|\n{quote}|`c`|**d**|\n"));
            HEARD.with_borrow(|heard| assert_eq!(heard.as_slice(), [""; 0], "{depth} {inside}"));
        }
    }
}

#[test]
fn a_table_that_is_too_deep_has_none_of_its_tags_and_all_of_its_words() {
    let quote = ">".repeat(22);
    let html = to_html(&format!("{quote}|a|b|\n{quote}|-|-|\n{quote}|c|d|\n"));
    assert!(html.contains("a b <br>c d <br>") && !html.contains("<t"), "{html}");
    let quote = ">".repeat(21);
    assert!(to_html(&format!("{quote}|a|b|\n{quote}|-|-|\n")).contains("<th>a</th>"));
}

/// Pieces of Markdown that weigh little and ask for much.
fn piece() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("```\n"),
        Just("```rust\n"),
        Just("- "),
        Just("1. "),
        Just("> "),
        Just("|"),
        Just("|-"),
        Just(":|"),
        Just("\n"),
        Just("\n\n"),
        Just("***\n"),
        Just("# "),
        Just("*a*"),
        Just("**"),
        Just("`a`"),
        Just("[ ] "),
        Just("<a@b>"),
        Just("[a](http:)"),
        Just("![](http:)"),
        Just("http://a "),
        Just("&"),
        Just("<"),
        Just("\""),
        Just("a"),
        Just("    "),
        Just("a\n"),
        Just("\n-|-\n"),
        Just("<br>"),
        Just("~~"),
        Just("\u{a0}"),
        Just("ä"),
        Just("\\"),
        Just("<p>\n"),
        Just("$$"),
    ];
    (piece, prop_oneof![6 => 1_usize..4, 1 => 1..200_usize]).prop_map(|(piece, times)| piece.repeat(times))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 250, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_text_is_made_of_it_becomes_so_much_and_no_more(pieces in proptest::collection::vec(piece(), 0..24), times in 1_usize..60) {
        let once = pieces.concat();
        is_in_proportion(&once.repeat(times.min(1 + 6_000 / (once.len() + 1))));
    }
}
