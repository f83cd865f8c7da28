//! The wall: whatever the renderer made, only this passes.

use ammonia::{Builder, UrlRelative};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// Addresses a link may lead to.
const SCHEMES: [&str; 3] = ["http", "https", "mailto"];

const TAGS: [&str; 29] = [
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
    "ul",
    "wbr",
];

/// Classes, tag by tag; `markup::code` colours with the letters.
const CLASSES: [(&str, &[&str]); 9] = [
    ("a", &["image"]),
    ("button", &["btn", "quiet", "small", "needs-live"]),
    ("div", &["scroll"]),
    ("figure", &["code"]),
    ("li", &["task"]),
    ("p", &["note", "plain"]),
    ("span", &["check", "done", "c", "k", "s", "n", "f", "t", "a", "o", "i", "d", "h"]),
    ("td", &["al-c", "al-r"]),
    ("th", &["al-c", "al-r"]),
];

/// Attributes with the only values they may have.
const VALUES: [(&str, &str, &[&str]); 8] = [
    ("button", "type", &["button"]),
    ("button", "data-copy", &[""]),
    ("div", "tabindex", &["0"]),
    ("div", "role", &["region"]),
    ("div", "aria-label", &["Table"]),
    ("pre", "tabindex", &["0"]),
    ("span", "role", &["img"]),
    ("span", "aria-label", &["done", "to do"]),
];

/// Attributes with values that vary.
const ATTRIBUTES: [(&str, &[&str]); 3] =
    [("a", &["href"]), ("ol", &["start", "data-continues"]), ("ul", &["data-continues"])];

/// Whether a link may lead there: an allowed scheme, spelled out, and nothing that a browser would skip or fold.
pub(super) fn is_safe_link(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    scheme.is_some_and(|scheme| SCHEMES.contains(&scheme.as_str())) && !address.contains(char::is_control)
}

/// Lets through what is allowed and drops the rest.
pub(super) fn clean(html: &str) -> String {
    static WALL: OnceLock<Builder<'static>> = OnceLock::new();
    WALL.get_or_init(build).clean(html).to_string()
}

fn build() -> Builder<'static> {
    let set = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let mut values: HashMap<&str, HashMap<&str, HashSet<&str>>> = HashMap::new();
    for (tag, attribute, allowed) in VALUES {
        values.entry(tag).or_default().insert(attribute, set(allowed));
    }
    let mut wall = Builder::empty();
    wall.tags(set(&TAGS))
        .clean_content_tags(set(&["script", "style"]))
        .generic_attributes(HashSet::new())
        .tag_attributes(ATTRIBUTES.map(|(tag, names)| (tag, set(names))).into())
        .tag_attribute_values(values)
        .allowed_classes(CLASSES.map(|(tag, names)| (tag, set(names))).into())
        .url_schemes(set(&SCHEMES))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener nofollow ugc"))
        .set_tag_attribute_value("a", "target", "_blank")
        .strip_comments(true);
    wall
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_stands_alone_even_if_the_renderer_let_html_through() {
        let cases = [
            ("<script>alert(1)</script>a", "a"),
            ("<p onclick=\"x()\" style=\"color:red\" id=\"y\">a</p>", "<p>a</p>"),
            ("<a href=\"javascript:x()\">a</a>", "<a target=\"_blank\" rel=\"noopener nofollow ugc\">a</a>"),
            ("<a href=\"/relative\">a</a>", "<a target=\"_blank\" rel=\"noopener nofollow ugc\">a</a>"),
            ("<img src=\"https://x/y\">a", "a"),
            ("<svg onload=\"x()\"><a>b</a></svg>", "b"),
            ("<iframe src=\"https://x\"></iframe>a", "a"),
            ("<span class=\"k evil\" role=\"button\">a</span>", "<span class=\"k\">a</span>"),
            ("<button type=\"submit\" formaction=\"/x\">a</button>", "<button>a</button>"),
        ];
        for (html, shown) in cases {
            let clean = clean(html);
            if html.starts_with("<svg") {
                assert!(!clean.contains("onload") && !clean.contains("<svg"), "{clean}");
            } else {
                assert_eq!(clean, shown, "{html}");
            }
        }
    }

    #[test]
    fn only_three_schemes_spelled_out_are_links() {
        for good in ["https://x.org", "HTTP://x", "mailto:a@b.c", "https://x/é?a=b&c#d"] {
            assert!(is_safe_link(good), "{good}");
        }
        for bad in [
            "javascript:x",
            "JaVaScRiPt:x",
            "java\tscript:x",
            "java\nscript:x",
            " javascript:x",
            "\u{1}javascript:x",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "//evil.org",
            "/chat",
            "#x",
            "x",
            "",
            "https\t://x",
            "https://x\u{0}",
            "blob:https://x",
        ] {
            assert!(!is_safe_link(bad), "{bad:?}");
        }
    }
}
