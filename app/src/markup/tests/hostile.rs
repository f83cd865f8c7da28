//! Output that means harm: inert, and done in bounded time.

use super::super::{BLOCK_BYTES_MAX, Blocks, to_html};
use std::time::{Duration, Instant};

/// Far more than an optimised build needs and than a busy machine without optimisation takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Everything that could act: none of it may stand in the page outside of text.
#[track_caller]
fn inert(markdown: &str) {
    let html = to_html(markdown);
    // Tags are written by us alone: whatever follows a `<` is one of ours, and so is every attribute.
    for piece in html.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').unwrap_or_else(|| panic!("open tag: {html}"));
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        assert!(
            [
                "a",
                "blockquote",
                "br",
                "button",
                "code",
                "del",
                "div",
                "em",
                "figcaption",
                "figure",
                "h3",
                "h4",
                "h5",
                "h6",
                "hr",
                "li",
                "ol",
                "p",
                "pre",
                "span",
                "strong",
                "table",
                "tbody",
                "td",
                "th",
                "thead",
                "tr",
                "ul"
            ]
            .contains(&name),
            "{name} in {html}"
        );
        for attribute in tag.split(' ').skip(1).filter(|attribute| attribute.contains('=')) {
            let name = attribute.split('=').next().unwrap_or_default();
            assert!(
                [
                    "href",
                    "rel",
                    "target",
                    "class",
                    "tabindex",
                    "role",
                    "aria-label",
                    "type",
                    "data-copy",
                    "hidden",
                    "start",
                    "data-continues"
                ]
                .contains(&name),
                "{name} in {html}"
            );
        }
        if let Some((_, href)) = tag.split_once("href=\"") {
            let href = href.split('"').next().unwrap_or_default().to_ascii_lowercase();
            assert!(
                ["http://", "https://", "http:", "https:", "mailto:"].iter().any(|s| href.starts_with(s)),
                "{href}"
            );
            assert!(
                tag.contains("rel=\"noopener nofollow ugc\"") && tag.contains("target=\"_blank\""),
                "{tag}"
            );
        }
    }
}

#[test]
fn raw_html_is_text() {
    for html in [
        "<script>alert(1)</script>",
        "a <script src=//evil></script> b",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
        "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<style>*{display:none}</style>",
        "<form action=/api/delete method=post><button>x</button></form>",
        "<!-- --><script>alert(1)</script>",
        "<!--\n\n<script>alert(1)</script>\n\n-->",
        "<div\n\nonclick=alert(1)>",
        "<p onclick=\"x()\">\n\n**b**\n\n</p>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<textarea><script>alert(1)</script></textarea>",
        "<base href=//evil>",
        "<meta http-equiv=refresh content=0;url=//evil>",
        "<?php echo 1 ?><x>",
        "<![CDATA[<script>alert(1)</script>]]>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
        "```\"onclick=\"x()\n<b>\n```",
        "| <script>a</script> |\n|-|\n| <img src=x onerror=y> |",
        "- <script>\n  alert(1)\n  </script>",
        "\u{0}<scr\u{0}ipt>alert(1)</scr\u{0}ipt>",
    ] {
        inert(html);
        assert!(!to_html(html).to_ascii_lowercase().contains("<script"), "{html}");
    }
    assert_eq!(
        to_html("<script>alert(1)</script>"),
        "<p class=\"plain\">&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    );
}

#[test]
fn links_that_run_or_embed_lose_their_address() {
    for address in [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "javascript&colon;alert(1)",
        "javascript&#58;alert(1)",
        "&#106;avascript:alert(1)",
        "&#x6A;avascript&#x3A;alert(1)",
        "java&Tab;script:alert(1)",
        "java&NewLine;script:alert(1)",
        "java&#x0A;script:alert(1)",
        "<java\tscript:alert(1)>",
        "\u{1}javascript:alert(1)",
        "&#1;javascript:alert(1)",
        "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
        "DATA:text/html,x",
        "vbscript:msgbox(1)",
        "file:///etc/passwd",
        "//evil.org/x",
        "\\\\evil.org\\x",
        "blob:https://x/y",
        "x:javascript:alert(1)",
    ] {
        for markdown in [
            format!("[a]({address})"),
            format!("![a]({address})"),
            format!("[![a]({address})]({address})"),
            format!("[a][b]\n\n[b]: {address}"),
            format!("[a][b]\n[b]: {address}\n"),
            format!("<{address}>"),
        ] {
            inert(&markdown);
            assert!(!to_html(&markdown).contains("href"), "{markdown}");
        }
    }
    inert("[a](https://x.org/\"onmouseover=\"alert(1))");
    inert("[a](https://x.org/'><script>alert(1)</script>)");
    inert("[a](<https://x.org/ onclick=alert(1) >)");
    inert("[a](https://x.org \"title\" onclick=\"alert(1)\")");
    inert("<https://x.org/\"onclick=alert(1)>");
}

#[test]
fn what_is_never_closed_stays_inside_its_block() {
    inert("```js\n<script>alert(1)");
    inert("**a *b ~~c `d [e](f");
    inert("<div class=\"");
    inert("| a\n|-\n| `b");
    assert!(to_html("```\na\n\nb").ends_with("<code>a\n\nb</code></pre></figure>"));
}

/// Whatever is repeated. A block is parsed alone and has a greatest length, so a message costs as many times one block.
#[test]
fn a_block_full_of_anything_is_done_in_time() {
    // The parsers of HTML are twenty times slower without optimisation.
    let length = if cfg!(debug_assertions) { BLOCK_BYTES_MAX / 8 } else { BLOCK_BYTES_MAX };
    for unit in [
        ">",
        "> ",
        "[",
        "![",
        "]",
        "](",
        "*",
        "**a ",
        "*a **b _c ",
        "_",
        "~~",
        "`",
        "``a",
        "`a``",
        "~~~\n",
        "```\n",
        "<",
        "<a ",
        "<!--",
        "<!--\n\n",
        "&",
        "&amp",
        "\\",
        "|",
        "|-|",
        "a|b\n",
        "-|-\n",
        "- ",
        "- a\n",
        "- a\n\n",
        "1. ",
        "1. a\n",
        "2024. a\n",
        "a\n- b\n",
        "- a\n  - b\n",
        " - a\n",
        "  ",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "#",
        "# a\n",
        "a\n=\n",
        "a\n-\n",
        "    a\n",
        "    a\n\n",
        "[a]: b\n",
        "[a]: b\n\n",
        "[a][a]",
        "[a](b",
        "[a](<b",
        "![a](https://b) ",
        "<https://a> ",
        "<a@b.c> ",
        "a b ",
        "word ",
        "\u{0}",
        "\u{202e}",
        "é",
        "👩‍👩‍👧 ",
        "$",
        "$$",
        "\\(",
        "\\[a\\]",
        "\\(*",
        "$$_",
        "<br>",
        "((((",
        "{",
        "\"",
        "- [ ] a\n",
        "- [x] a\n\n",
        "> - a\n",
        "> ```\n",
        "- ```\n\n",
        "<div>\n",
        "<div>\n\n",
        "<pre>\n\n",
        "<script>\n\n",
        "* * *\n",
        "*\n",
        "1.\n",
        "_a__b",
        "a***b",
        "[[]()",
        "![[]()",
        "<!a>",
        "<?",
        "]]>",
        "x\n\n",
    ] {
        let text = unit.repeat(length / unit.len());
        let begun = Instant::now();
        let _ = to_html(&text);
        let taken = begun.elapsed();
        assert!(taken < PATIENCE, "{unit:?} took {taken:?}");
    }
}

#[test]
fn a_megabyte_of_quotes_or_brackets_is_done_in_time() {
    for unit in [">", "["] {
        let begun = Instant::now();
        let html = to_html(&unit.repeat(1 << 20));
        assert!(html.len() >= 1 << 20, "its text stays");
        assert!(begun.elapsed() < PATIENCE, "{unit:?} took {:?}", begun.elapsed());
    }
}

#[test]
fn nesting_ends_where_it_says_and_the_text_stays() {
    let quotes = to_html(&format!("{}end", "> ".repeat(5_000)));
    assert!(
        quotes.contains("end") && quotes.matches("<blockquote>").count() <= super::super::NESTING_MAX,
        "{quotes}"
    );
    let strong = to_html(&format!("{}end{}", "**a ".repeat(2_000), " b**".repeat(2_000)));
    assert!(strong.contains("end") && strong.matches("<strong>").count() < 5_000);
    inert(&format!("{}x", "- ".repeat(3_000)));
    inert(&"*a **b ".repeat(3_000));
}

#[test]
fn a_block_that_is_too_long_is_plain_text_and_nothing_of_it_is_lost() {
    let long = "a*b* ".repeat(BLOCK_BYTES_MAX / 2);
    let html = to_html(&long);
    assert_eq!(html.replace("<p class=\"plain\">", "").replace("</p>", ""), long);
    assert_eq!(to_html(&format!("{long}\n\n*after*")), html + "<p><em>after</em></p>");
}

#[test]
fn code_that_is_too_long_is_code_without_colour() {
    let line = "let a = 1;\n";
    let html = to_html(&format!("```rust\n{}```\n\n*after*", line.repeat(3 * BLOCK_BYTES_MAX / line.len())));
    assert_eq!(html.matches("let a = 1;").count(), 3 * BLOCK_BYTES_MAX / line.len());
    assert!(
        html.ends_with("<p><em>after</em></p>")
            && !html.contains("```")
            && html.matches("<figure").count() >= 3
    );
}

#[test]
fn one_huge_delta_and_a_million_tiny_ones_cost_alike() {
    let text =
        "A sentence, **bold** and `code`.\n\n- one\n- two\n\n```rust\nfn a() {}\n```\n\n".repeat(1_000);
    let begun = Instant::now();
    let mut blocks = Blocks::new();
    let mut count = 0;
    let mut bytes = [0; 4];
    for c in text.chars() {
        count += blocks.push(c.encode_utf8(&mut bytes)).len();
    }
    assert_eq!(count + usize::from(blocks.finish().is_some()), 4_000);
    assert!(begun.elapsed() < PATIENCE, "{:?}", begun.elapsed());
}
