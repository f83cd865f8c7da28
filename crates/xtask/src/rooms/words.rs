//! What a room never names in its source: read as tokens, so comments and longer words do not matter.

use anyhow::{Context, Result, anyhow};
use proc_macro2::{TokenStream, TokenTree};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Words of one room, with the rule that they break.
struct Rule {
    rooms: &'static [&'static str],
    breaks: fn(&TokenTree, Option<&TokenTree>) -> bool,
    sentence: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        rooms: &["studio", "workflow", "decision", "safety", "media", "api-types"],
        breaks: |token, _| is_one_of(token, &["sqlx", "axum", "leptos", "reqwest", "webauthn_rs"]),
        sentence: "knows no database, no HTTP and no page",
    },
    Rule {
        rooms: &["studio", "workflow", "decision", "safety", "media", "api-types"],
        breaks: |token, next| {
            is_one_of(token, &["env", "SystemTime"]) && !next.is_some_and(|next| is(next, '!'))
        },
        sentence: "reads neither the environment nor the wall clock: they are parameters",
    },
    Rule {
        rooms: &["app", "server", "studio", "workflow", "providers", "adapters", "inference"],
        breaks: |token, _| is_sql(token),
        sentence: "holds no SQL: that is storage's",
    },
    Rule {
        rooms: &["server", "studio", "storage", "providers", "adapters", "inference"],
        breaks: |token, next| is_one_of(token, &["view"]) && next.is_some_and(|next| is(next, '!')),
        sentence: "holds no markup: that is app's",
    },
];

/// The longest that frontend/src may be, in lines.
const FRONTEND_LINES_MAX: usize = 15;

/// The rules that a package's `src` breaks, with their places.
pub(super) fn broken(package: &str, folder: &Path, root: &Path) -> Result<Vec<String>> {
    let rules: Vec<&Rule> = RULES.iter().filter(|rule| rule.rooms.contains(&package)).collect();
    let mut found = Vec::new();
    let mut lines = 0;
    for file in sources(&folder.join("src"))? {
        let text = fs::read_to_string(&file)?;
        lines += text.lines().count();
        if rules.is_empty() {
            continue;
        }
        let place = file.strip_prefix(root).unwrap_or(&file).display().to_string();
        let stream: TokenStream = text
            .parse()
            .map_err(|error| anyhow!("{error}"))
            .with_context(|| format!("{place} is not Rust"))?;
        scan(stream, &mut |token, next| {
            for rule in rules.iter().filter(|rule| (rule.breaks)(token, next)) {
                let line = token.span().start().line;
                found.push(format!("{place}:{line}: `{}`: {package} {}", short(token), rule.sentence));
            }
        });
    }
    if package == "frontend" && lines > FRONTEND_LINES_MAX {
        found.push(format!(
            "frontend has {lines} lines; it is the entry and nothing else ({FRONTEND_LINES_MAX})"
        ));
    }
    Ok(found)
}

/// Meets every token with the one after it; unit tests (`#[cfg(test)] mod …`) are left out.
fn scan(stream: TokenStream, meet: &mut impl FnMut(&TokenTree, Option<&TokenTree>)) {
    let tokens: Vec<TokenTree> = stream.into_iter().collect();
    let mut is_test = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let text = group.to_string();
                if is(tokens.get(at.wrapping_sub(1)).unwrap_or(token), '#') {
                    is_test |= text.replace(' ', "") == "[cfg(test)]";
                    continue; // attributes and doc comments
                }
                if !std::mem::take(&mut is_test) {
                    scan(group.stream(), meet);
                }
            }
            _ => {
                meet(token, tokens.get(at + 1));
                is_test &= !is(token, ';');
            }
        }
    }
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_one_of(token: &TokenTree, words: &[&str]) -> bool {
    matches!(token, TokenTree::Ident(ident) if words.iter().any(|word| ident == word))
}

/// A string literal that reads as a statement. Keywords in capitals, as we write them.
fn is_sql(token: &TokenTree) -> bool {
    let TokenTree::Literal(literal) = token else { return false };
    let text = literal.to_string();
    let text = text.trim_start_matches(['r', '#', '"', ' ', '\n', '\\']);
    let has = |words: &[&str]| text.starts_with(words[0]) && text.contains(words[1]);
    has(&["SELECT ", " FROM "])
        || has(&["INSERT INTO ", "("])
        || has(&["UPDATE ", " SET "])
        || has(&["DELETE FROM ", ""])
        || has(&["CREATE TABLE ", "("])
}

fn short(token: &TokenTree) -> String {
    token.to_string().chars().take(40).collect()
}

/// All Rust files under a folder, sorted; those of unit tests in files of their own (`tests.rs`, `tests/`) left out.
fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))? {
        let path = entry?.path();
        let is_tests = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_tests {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !is_tests {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(package: &str, source: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/lib.rs"), source).unwrap();
        broken(package, folder.path(), folder.path()).unwrap()
    }

    #[test]
    fn a_forbidden_name_is_found_with_its_line() {
        let found = check("studio", "//! sqlx in a comment is fine\nfn a() {\n    let b = sqlx::query();\n}");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("src/lib.rs:3: `sqlx`: studio knows no database"), "{found:?}");
        assert_eq!(check("studio", "use std::env;").len(), 1);
        assert!(check("studio", "const A: &str = env!(\"X\");").is_empty());
        assert!(check("storage", "fn a() { sqlx::query() }").is_empty());
    }

    #[test]
    fn statements_are_storages_and_markup_is_apps() {
        assert_eq!(check("app", "const A: &str = \"SELECT a FROM b\";").len(), 1);
        assert!(check("app", "const A: &str = \"Select a model from the list\";").is_empty());
        assert_eq!(check("server", "fn a() { view! { <p/> } }").len(), 1);
        assert!(check("app", "fn a() { view! { <p/> } }").is_empty());
    }

    #[test]
    fn unit_tests_may_say_what_they_like() {
        assert!(check("studio", "#[cfg(test)]\nmod tests { use std::env; }").is_empty());
        assert_eq!(check("studio", "#[cfg(test)]\nmod tests;\nmod a { use std::env; }").len(), 1);
    }

    #[test]
    fn the_entry_stays_an_entry() {
        assert!(check("frontend", &"// line\n".repeat(15)).is_empty());
        assert_eq!(check("frontend", &"// line\n".repeat(16)).len(), 1);
    }
}
