//! Code in colour: one-letter classes, because a strict policy forbids inline styles and long class names weigh.

use super::render::escape;
use super::{HIGHLIGHT_BYTES_MAX, HIGHLIGHT_LINE_BYTES_MAX};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};
use syntect::util::LinesWithEndings;

/// Which class a scope gets: the innermost scope that one of these begins wins. Their look is in style/code.css.
const CLASSES: [(&str, char); 31] = [
    ("comment", 'c'),
    ("punctuation.definition.comment", 'c'),
    ("string", 's'),
    ("constant.character", 's'),
    ("constant.numeric", 'n'),
    ("constant.language", 'n'),
    ("constant.other", 'n'),
    ("keyword.operator.word", 'k'),
    ("keyword.operator", 'o'),
    ("keyword", 'k'),
    ("storage.type.numeric", 't'),
    ("storage", 'k'),
    ("variable.language", 'k'),
    ("variable.function", 'f'),
    ("entity.name.function", 'f'),
    ("support.function", 'f'),
    ("support.macro", 'f'),
    ("entity.name.macro", 'f'),
    ("entity.other.attribute-name", 'f'),
    ("entity.name.tag", 'a'),
    ("entity.name.section", 'h'),
    ("entity.name", 't'),
    ("entity.other.inherited-class", 't'),
    ("support.type", 't'),
    ("support.class", 't'),
    ("support.constant", 'n'),
    ("markup.heading", 'h'),
    ("markup.inserted", 'i'),
    ("markup.deleted", 'd'),
    ("meta.diff", 'c'),
    ("meta.annotation", 'f'),
];

/// What people write after a fence, and the name we have the language under.
const ALIASES: [(&str, &[&str]); 9] = [
    ("js", &["ts", "typescript", "tsx", "jsx", "mjs", "cjs", "mts", "node"]),
    ("sh", &["shell", "console", "zsh", "fish", "terminal", "shell-session", "dotenv", "env"]),
    ("json", &["jsonc", "json5", "jsonl", "ndjson"]),
    ("html", &["vue", "svelte", "astro"]),
    ("go", &["golang"]),
    ("cs", &["csharp", "c#"]),
    ("cpp", &["cc", "cxx", "hpp", "arduino"]),
    ("py", &["python3", "py3", "ipython", "starlark"]),
    ("java", &["kotlin", "kt"]),
];

/// Appends `code` as HTML, coloured where its language is known and its size allows.
pub(super) fn highlight(html: &mut String, language: &str, code: &str) {
    let too_long =
        code.len() > HIGHLIGHT_BYTES_MAX || code.lines().any(|line| line.len() > HIGHLIGHT_LINE_BYTES_MAX);
    let coloured = if too_long { None } else { syntax(language).and_then(|found| colour(found, code)) };
    match coloured {
        Some(coloured) => html.push_str(&coloured),
        None => escape(html, code),
    }
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines)
}

fn syntax(language: &str) -> Option<&'static SyntaxReference> {
    if language.is_empty() {
        return None;
    }
    let lower = language.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(_, others)| others.contains(&lower.as_str())).map(|(name, _)| *name);
    let found = syntaxes().find_syntax_by_token(alias.unwrap_or(&lower))?;
    (found.name != "Plain Text").then_some(found)
}

/// Colours the code, or nothing when its grammar fails on it.
fn colour(syntax: &SyntaxReference, code: &str) -> Option<String> {
    // A grammar is a third party's program that runs on hostile input: if it panics, the code is shown plain.
    catch_unwind(AssertUnwindSafe(|| {
        let mut html = String::with_capacity(code.len() * 2);
        let mut state = ParseState::new(syntax);
        let mut stack = ScopeStack::new();
        let mut open = None;
        for line in LinesWithEndings::from(code) {
            let mut written = 0;
            for (at, operation) in state.parse_line(line, syntaxes()).ok()? {
                write(&mut html, &mut open, class(&stack), &line[written..at]);
                written = at;
                stack.apply(&operation).ok()?;
            }
            write(&mut html, &mut open, class(&stack), &line[written..]);
        }
        if open.is_some() {
            html.push_str("</span>");
        }
        Some(html)
    }))
    .ok()
    .flatten()
}

/// Appends a piece; neighbours of one class share one span.
fn write(html: &mut String, open: &mut Option<char>, class: Option<char>, text: &str) {
    if text.is_empty() {
        return;
    }
    // White space has no colour: it needs no change.
    if class != *open && !text.trim().is_empty() {
        if open.is_some() {
            html.push_str("</span>");
        }
        if let Some(class) = class {
            html.push_str("<span class=\"");
            html.push(class);
            html.push_str("\">");
        }
        *open = class;
    }
    escape(html, text);
}

fn class(stack: &ScopeStack) -> Option<char> {
    static TABLE: OnceLock<Vec<(Scope, char)>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        CLASSES.iter().filter_map(|(name, class)| Some((Scope::new(name).ok()?, *class))).collect()
    });
    let of =
        |scope: &Scope| table.iter().find(|(prefix, _)| prefix.is_prefix_of(*scope)).map(|(_, class)| *class);
    stack.as_slice().iter().rev().find_map(of)
}
