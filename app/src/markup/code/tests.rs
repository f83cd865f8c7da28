use super::languages::{LANGUAGES, find};
use super::*;
use proptest::prelude::*;

/// The code with each coloured piece in brackets after its letter.
fn marked(language: &str, code: &str) -> String {
    let mut html = String::new();
    highlight(&mut html, language, code);
    let marked = html.replace("<span class=\"", "").replace("\">", "[").replace("</span>", "]");
    marked
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[test]
fn words_strings_comments_and_numbers_are_told_apart() {
    for (language, code, expected) in [
        ("rust", "let a: &'a str = 'x'; // b", "k[let ]a: o[&]t['a str ]o[= ]s['x']; c[// b]"),
        ("rs", "fn f<T>() -> u8 { g!(1_0) }", "k[fn ]f[f]o[<]t[T]o[>]() o[-> ]t[u8 ]{ f[g]o[!](n[1_0]) }"),
        ("rust", "r#\"a \"b\" c\"# b'\\n' MAX", "s[r#\"a \"b\" c\"# ]bs['\\n' ]n[MAX]"),
        (
            "python",
            "@x\ndef f(): # a\n  return '''b\nc'''",
            "f[@x\n]k[def ]f[f](): c[# a\n  ]k[return ]s['''b\nc''']",
        ),
        ("ts", "const a = `b ${c}` as string", "k[const ]a o[= ]s[`b ${c}` ]k[as ]t[string]"),
        ("json", "{\"a\": [\"b\", 1.5, true]}", "{f[\"a\"]: [s[\"b\"], n[1.5], n[true]]}"),
        ("yaml", "a-b: don't # c\n- d: 'e'", "f[a-b]: don't c[# c\n]o[- ]f[d]: s['e']"),
        ("toml", "[a]\nb = \"c\"", "[a]\nf[b ]o[= ]s[\"c\"]"),
        (
            "sh",
            "if [ $# -gt 1 ]; then echo \"$a\" # b",
            "k[if ][ $# o[-]gt n[1 ]]; k[then echo ]s[\"$a\" ]c[# b]",
        ),
        (
            "html",
            "<a b=\"c>\">d &amp; e</a><!-- f -->",
            "a[<a ]f[b]o[=]s[\"c>\"]o[>]d n[&amp]; ea[</a]o[>]c[<!-- f -->]",
        ),
        ("css", ".a { color: #fff; } @media", "t[.a ]{ f[color]: t[#fff]; } k[@media]"),
        (
            "sql",
            "SELECT a FROM b -- c\nWHERE d = 'e'",
            "k[SELECT ]a k[FROM ]b c[-- c\n]k[WHERE ]d o[= ]s['e']",
        ),
        (
            "c",
            "#include <a.h>\nint main() { return 'a'; }",
            "k[#include ]o[<]a.ho[>\n]t[int ]f[main]() { k[return ]s['a']; }",
        ),
        ("diff", "@@ 1\n-a\n+b\n c\n", "c[@@ 1\n]d[-a\n]i[+b\n] c\n"),
        ("no-such", "let a", "let a"),
        ("", "let a", "let a"),
    ] {
        assert_eq!(marked(language, code), expected, "{language}");
    }
}

#[test]
fn no_language_has_a_name_of_another() {
    for language in &LANGUAGES {
        assert!(language.names().all(|name| std::ptr::eq(find(name).unwrap(), language)));
    }
    assert!(find("Rust").is_some() && find("RS").is_some() && find(" ").is_none());
}

#[test]
fn code_written_to_hurt_takes_no_longer_than_other_code() {
    let units = [
        "(",
        "[",
        "{",
        "<",
        "<a",
        "<a ",
        "\"",
        "'",
        "\"\\",
        "'\\",
        "/",
        "/*",
        "*/",
        "//",
        "<!--",
        "#",
        "@",
        "$",
        "${",
        "`",
        "``",
        "\"\"\"",
        "r#\"",
        "a",
        "a ",
        "A",
        "a.",
        "1",
        "0x",
        "&",
        "-",
        "--",
        "- a",
        "a:",
        "a :",
        "  ",
        "\t",
        "\n",
        "é",
        "\u{1f469}\u{200d}",
        "\\",
        "{-",
        "--[[",
        "[[",
        "<#",
        "R\"(",
    ];
    for language in &LANGUAGES {
        for unit in units {
            let begun = std::time::Instant::now();
            let code = unit.repeat(super::super::BLOCK_BYTES_MAX / 4 / unit.len());
            let mut html = String::new();
            highlight(&mut html, language.names().next().unwrap(), &code);
            assert!(
                begun.elapsed().as_secs() < 20,
                "{unit:?} in {:?} took {:?}",
                language.names().next(),
                begun.elapsed()
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sign_is_lost_or_added(language in 0..LANGUAGES.len(), code in "([a-zA-Z]{0,3}[ -~\n\t]{0,4}|[\"'`#/*<>&é]{1,3}|\\PC){0,40}") {
        let mut html = String::new();
        highlight(&mut html, LANGUAGES[language].names().next().unwrap(), &code);
        let mut plain = String::new();
        escape(&mut plain, &code);
        for class in "cksnftaoidh".chars() {
            html = html.replace(&format!("<span class=\"{class}\">"), "");
        }
        prop_assert_eq!(html.replace("</span>", ""), plain);
    }
}
