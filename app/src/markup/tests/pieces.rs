//! However an answer arrives, it shows the same; and cutting it shows what parsing it whole would.

use super::super::{Blocks, render, to_html};
use proptest::prelude::*;

/// The text between the tags, its white space folded.
fn text(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn in_pieces(pieces: &[String]) -> (Vec<String>, String) {
    let mut blocks = Blocks::new();
    let mut finished: Vec<String> = pieces.iter().flat_map(|piece| blocks.push(piece)).collect();
    let tail = blocks.tail().to_owned();
    finished.extend(blocks.finish());
    (finished, tail)
}

/// Lines that are hard to cut well; no link definitions, which are known in their own block only.
fn line() -> impl Strategy<Value = String> {
    let whole = prop_oneof![
        Just(""),
        Just(" "),
        Just("text"),
        Just("**bold** and `code`"),
        Just("- item"),
        Just("* item"),
        Just("- "),
        Just("-"),
        Just("1. one"),
        Just("1. one again"),
        Just("7) seven"),
        Just("2024. year"),
        Just("  - nested"),
        Just("   more of it"),
        Just("  two in"),
        Just("    four in"),
        Just("\ttab"),
        Just("```"),
        Just("```rust"),
        Just("  ```"),
        Just("~~~"),
        Just("````"),
        Just("```a`b"),
        Just("    ```"),
        Just("- ```"),
        Just("# Heading"),
        Just("#"),
        Just("==="),
        Just("---"),
        Just("***"),
        Just("* * *"),
        Just("> quote"),
        Just("> - item in quote"),
        Just("> ```"),
        Just(">"),
        Just("a | b"),
        Just("--|--"),
        Just("<div>"),
        Just("</div>"),
        Just("<!-- comment"),
        Just("-->"),
        Just("<pre>"),
        Just("</pre>"),
        Just("<b>inline</b>"),
        Just("<?x"),
        Just("- [ ] task"),
        Just("1."),
        Just("+ plus"),
        Just(" - one in"),
        Just("10. ten"),
        Just("   - three in"),
        Just("[link](https://x.org)"),
        Just("line\\"),
        Just("\\(a*b*c\\) $$d_e_f$$"),
        Just("\\["),
        Just("\\]"),
        Just("$$"),
        Just("a<br>b"),
        Just("<br>"),
        Just("*open"),
        Just("`open"),
        Just("\u{c}"),
        Just("[a]"),
        Just("&amp;"),
        Just("12"),
        Just("``"),
        Just("    - four in"),
        Just("<script>"),
        Just("</script>"),
    ];
    (whole, prop_oneof![8 => Just("\n"), 1 => Just("\r\n"), 1 => Just("\r"), 2 => Just("\n\n")])
        .prop_map(|(line, end)| format!("{line}{end}"))
}

/// A text and where it is cut into deltas.
fn arrival() -> impl Strategy<Value = Vec<String>> {
    (proptest::collection::vec(line(), 0..14), proptest::collection::vec(any::<prop::sample::Index>(), 0..12))
        .prop_map(|(lines, cuts)| {
            let whole: Vec<char> = lines.concat().chars().collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
            cuts.extend([0, whole.len()]);
            cuts.sort_unstable();
            cuts.windows(2).map(|pair| whole[pair[0]..pair[1]].iter().collect()).collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_an_answer_shows_the_same_text(pieces in arrival()) {
        let whole = pieces.concat();
        let (finished, tail) = in_pieces(&pieces);
        prop_assert_eq!(text(&finished.concat()), text(&to_html(&whole)));
        let mut at_once = Blocks::new();
        let all_at_once = at_once.push(&whole);
        prop_assert_eq!(&tail, at_once.tail());
        prop_assert_eq!(&finished[..all_at_once.len()], &all_at_once[..]);
    }

    #[test]
    fn cutting_shows_what_parsing_the_whole_would(pieces in arrival()) {
        let whole = pieces.concat();
        let normal = whole.replace("\r\n", "\n").replace('\r', "\n").replace('\u{c}', " ");
        prop_assert_eq!(text(&to_html(&whole)), text(&render::block(&normal, None, usize::MAX).unwrap().html));
    }

    #[test]
    fn any_text_at_all_is_safe_and_the_same_in_any_split(text_in in "\\PC{0,200}", cuts in proptest::collection::vec(0_usize..200, 0..6)) {
        let chars: Vec<char> = text_in.chars().collect();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(chars.len())).chain([0, chars.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<String> = cuts.windows(2).map(|pair| chars[pair[0]..pair[1]].iter().collect()).collect();
        let html = to_html(&text_in);
        prop_assert_eq!(text(&in_pieces(&pieces).0.concat()), text(&html));
        prop_assert!(!html.contains("<script") && !html.contains("javascript:\""));
    }
}

#[test]
fn blocks_finish_as_early_as_they_can() {
    let mut answer = Blocks::new();
    let mut push = |delta: &str| (answer.push(delta), answer.tail().to_owned());
    assert_eq!(push("Hello **wor"), (vec![], "Hello **wor".to_owned()));
    assert_eq!(push("ld**.\n").0, Vec::<String>::new());
    assert_eq!(push("\n"), (vec!["<p>Hello <strong>world</strong>.</p>".to_owned()], String::new()));
    assert_eq!(push("Look:\n- a").0, vec!["<p>Look:</p>"]);
    assert_eq!(push("\n- b").0, vec!["<ul><li>a</li></ul>"]);
    assert_eq!(push("\n\n").0, Vec::<String>::new());
    assert_eq!(push("T").0, vec!["<ul data-continues=\"\"><li>b</li></ul>"]);
    assert_eq!(push("he code:\n```rust\n").0, vec!["<p>The code:</p>"]);
    assert_eq!(push("fn a() {}\n").1, "```rust\nfn a() {}\n");
    let (code, tail) = push("```\n");
    assert!(code.len() == 1 && code[0].starts_with("<figure") && tail.is_empty());
    assert_eq!(push("7. x\n8. y").0, vec!["<ol start=\"7\"><li>x</li></ol>"]);
    assert_eq!(push("\n1. z").0, vec!["<ol start=\"8\" data-continues=\"\"><li>y</li></ol>"]);
    assert_eq!(answer.finish().unwrap(), "<ol start=\"9\" data-continues=\"\"><li>z</li></ol>");
}

#[test]
fn an_answer_without_words_has_no_blocks() {
    for nothing in ["", "\n", " \r\n\t\n", "[a]: https://x.org\n"] {
        assert_eq!(to_html(nothing), "", "{nothing:?}");
        assert_eq!(Blocks::new().push(nothing), Vec::<String>::new());
    }
}
