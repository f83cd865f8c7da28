//! Markdown and the HTML it becomes, word for word.

use super::super::{to_html, words};
use api_types::UNBROKEN_CHARS_MAX;

#[track_caller]
fn shows(markdown: &str, html: &str) {
    assert_eq!(to_html(markdown), html, "\n{markdown}");
}

#[test]
fn paragraphs_headings_and_emphasis() {
    shows(
        "A *b* **c** ~~d~~ `e<f>`",
        "<p>A <em>b</em> <strong>c</strong> <del>d</del> <code>e&lt;f&gt;</code></p>",
    );
    shows("a\nb  \nc\\\nd", "<p>a<br>b<br>c<br>d</p>");
    shows("# A\n\n#### B\n\nC\n=\n", "<h3>A</h3><h6>B</h6><h3>C</h3>");
    shows("> a\n> b\n\n---\n", "<blockquote><p>a<br>b</p></blockquote><hr>");
}

#[test]
fn a_line_that_was_broken_stays_broken() {
    shows(
        "- Ada Lovelace\n  12 Street\n- b\n\n> a\n>\n> b\nc",
        "<ul><li>Ada Lovelace<br>12 Street</li><li>b</li></ul><blockquote><p>a</p><p>b<br>c</p></blockquote>",
    );
    shows("A\nB\n=", "<h3>A<br>B</h3>");
    shows("![a\nb](data:x)", "<p>[image: a\nb]</p>");
    let long = "a".repeat(60);
    shows(&format!("{long}\n{long}"), &format!("<p>{long}<br>{long}</p>"));
}

#[test]
fn the_tag_of_a_line_break_is_one_and_any_other_is_text() {
    shows("a<br>b<br/>c<br />d", "<p>a<br>b<br>c<br>d</p>");
    shows("<br>\na", "<p class=\"plain\"><br>a</p>");
    assert!(to_html("|a<br>b|\n|-|\n|c<br/>d|\n").contains("<th>a<br>b</th>"));
    for text in ["<br x>", "<BR>", "</br>", "<br onclick=x>", "<b>", "<hr>"] {
        assert!(!to_html(&format!("a{text}b")).contains("<br"), "{text}");
    }
    assert!(to_html("`<br>`").contains("<code>&lt;br&gt;</code>"));
    assert!(to_html("```\n<br>\n```").contains("&lt;br&gt;\n</code>"));
}

#[test]
fn a_formula_stays_as_it_was_written() {
    shows(r"So \(a+b\), \(x\,y\) and $$c_1 * d * e$$.", r"<p>So \(a+b\), \(x\,y\) and $$c_1 * d * e$$.</p>");
    shows(
        "\\[\na_1 \\\\\n*b* & \\{c\\}\n\\]\n\n**d**",
        "<p>\\[<br>a_1 \\\\<br>*b* &amp; \\{c\\}<br>\\]</p><p><strong>d</strong></p>",
    );
    shows(
        "> \\[ a\n> > b*c*d \\]",
        "<blockquote><p>[ a</p><blockquote><p>b<em>c</em>d ]</p></blockquote></blockquote>",
    );
    shows("> \\[ a\n> b*c*d \\]", "<blockquote><p>\\[ a<br>b*c*d \\]</p></blockquote>");
    shows("**\\(a*b\\)** \\(`c`\\)", "<p><strong>\\(a*b\\)</strong> \\(`c`\\)</p>");
    assert!(to_html("|a|\n|-|\n|\\(b_1_\\)|\n").contains("<td>\\(b_1_\\)</td>"));
    // Not closed where it was opened: Markdown.
    shows("\\(a *b*\n\nc\\)", "<p>(a <em>b</em></p><p>c)</p>");
    shows("\\\\(a *b* \\\\)", "<p>\\(a <em>b</em> \\)</p>");
    shows("`\\(a` *b* `\\)`", "<p><code>\\(a</code> <em>b</em> <code>\\)</code></p>");
    assert!(to_html("```\n\\(a\\) $$b$$\n```").contains("<code>\\(a\\) $$b$$\n</code>"));
    shows("It costs $5 or *$6*.", "<p>It costs $5 or <em>$6</em>.</p>");
}

#[test]
fn lists_are_whole_whatever_stands_between_their_items() {
    shows(
        "Say:\n- a\n- b\n  - c\n\nThen",
        "<p>Say:</p><ul><li>a</li><li>b<ul><li>c</li></ul></li></ul><p>Then</p>",
    );
    shows("1. a\n1. b\n1. c", "<ol><li>a</li><li>b</li><li>c</li></ol>");
    shows("3. a\n\n   more\n\n4. b", "<ol start=\"3\"><li><p>a</p><p>more</p></li><li>b</li></ol>");
    shows("- a\n* b", "<ul><li>a</li></ul><ul><li>b</li></ul>");
    shows(
        "- [x] a\n- [ ] b",
        "<ul><li class=\"task\"><span class=\"check done\" role=\"img\" aria-label=\"done\"></span>a</li>\
         <li class=\"task\"><span class=\"check\" role=\"img\" aria-label=\"to do\"></span>b</li></ul>",
    );
}

#[test]
fn a_table_scrolls_by_itself_and_aligns_by_class() {
    shows(
        "a|b\n:-|-:\nc|d\n",
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table><thead><tr><th>a</th><th class=\"al-r\">b</th></tr>\
         </thead><tbody><tr><td>c</td><td class=\"al-r\">d</td></tr></tbody></table></div>",
    );
}

#[test]
fn code_is_a_figure_with_its_language_and_a_button() {
    shows(
        "```rust\nlet a = \"<b>\"; // c\n```\nafter",
        "<figure class=\"code\"><figcaption><span>rust</span>\
         <button type=\"button\" class=\"btn quiet small needs-live\" data-copy=\"\">Copy</button></figcaption>\
         <pre tabindex=\"0\"><code><span class=\"k\">let </span>a <span class=\"o\">= </span><span class=\"s\">\"&lt;b&gt;\"</span>; \
         <span class=\"c\">// c\n</span></code></pre></figure><p>after</p>",
    );
    let plain = to_html("```no-such-language\na < b\n```");
    assert!(
        plain.contains("<span>no-such-language</span>") && plain.contains("<code>a &lt; b\n</code>"),
        "{plain}"
    );
    assert!(to_html("    a\n\n    b").contains("<code>a\n\nb</code>"));
    assert!(to_html("```\"><script>\nx\n```").contains("<span>code</span>"));
}

#[test]
fn common_languages_are_coloured() {
    for (language, code) in [
        ("python", "def f(): return 1"),
        ("ts", "const a = 'b';"),
        ("json", "{\"a\": 1}"),
        ("sh", "echo \"$HOME\""),
        ("html", "<a href=\"b\">c</a>"),
        ("css", "a { color: red; }"),
        ("sql", "SELECT 1 FROM t;"),
        ("yaml", "a: 1"),
        ("c++", "int main() { return 0; }"),
        ("java", "class A {}"),
        ("diff", "+a\n-b"),
    ] {
        let html = to_html(&format!("```{language}\n{code}\n```"));
        let coloured = html.split_once("<code>").unwrap().1.matches("<span class=").count();
        assert!(coloured > 0, "{language}: {html}");
    }
}

#[test]
fn links_open_elsewhere_and_images_do_not_load() {
    let link = |href: &str, class: &str, text: &str| {
        format!("<p><a{class} href=\"{href}\" target=\"_blank\" rel=\"noopener nofollow ugc\">{text}</a></p>")
    };
    let image = " class=\"image\"";
    shows("[a](https://x.org/?b=c&d=e)", &link("https://x.org/?b=c&amp;d=e", "", "a"));
    shows("<https://x.org>", &link("https://x.org", "", "https://x.org"));
    shows("<a@x.org>", &link("mailto:a@x.org", "", "a@x.org"));
    shows("![a *b*](https://x.org/c.png)", &link("https://x.org/c.png", image, "[image: a b]"));
    shows("![](https://x.org/c.png)", &link("https://x.org/c.png", image, "[image]"));
    shows("[![a](https://x.org/c.png)](https://y.org)", &link("https://y.org", "", "[image: a]"));
    shows(
        "![a ![b](https://x/b) c](https://x.org/c.png)",
        &link("https://x.org/c.png", image, "[image: a b c]"),
    );
    shows("![a](data:image/png;base64,x)", "<p>[image: a]</p>");
    shows("[a](/chat)", "<p>a</p>");
}

#[test]
fn a_bare_address_is_a_link_like_another_and_none_in_code_or_in_a_link() {
    let link = |href: &str, text: &str| {
        format!("<a href=\"{href}\" target=\"_blank\" rel=\"noopener nofollow ugc\">{text}</a>")
    };
    shows(
        "See https://x.org/a_b_c?d=e&f=*g, then **http://y.org**.",
        &format!(
            "<p>See {}, then <strong>{}</strong>.</p>",
            link("https://x.org/a_b_c?d=e&amp;f=*g", "https://x.org/a_b_c?d=e&amp;f=*g"),
            link("http://y.org", "http://y.org")
        ),
    );
    shows("`https://x.org`", "<p><code>https://x.org</code></p>");
    assert!(!to_html("```\nhttps://x.org\n```").contains("<a"));
    shows("[https://x.org](https://y.org)", &format!("<p>{}</p>", link("https://y.org", "https://x.org")));
    shows("[https://x.org](javascript:x)", "<p>https://x.org</p>");
    shows("a <b title=https://x.org>", "<p>a &lt;b title=https://x.org&gt;</p>");
    assert!(to_html("![https://x.org](https://y.org/a.png)").contains("[image: https://x.org]</a>"));
}

#[test]
fn a_word_without_end_gets_places_where_its_line_may_break() {
    let a = |times| "a".repeat(times);
    let most = UNBROKEN_CHARS_MAX;
    shows(&a(2 * most + 50), &format!("<p>{}<wbr>{}<wbr>{}</p>", a(most), a(most), a(50)));
    shows(&format!("{} {}", a(most - 10), a(90)), &format!("<p>{} {}</p>", a(most - 10), a(90)));
    // What the parser tells in pieces is still one word.
    shows(
        &format!("{}\\_{}", a(most - 10), a(60)),
        &format!("<p>{}_{}<wbr>{}</p>", a(most - 10), a(9), a(51)),
    );
    assert_eq!(words("<é>"), "&lt;é&gt;");
}
