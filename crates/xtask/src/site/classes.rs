//! Reads Rust source the way the compiler does (tokens, not text) and finds string literals and class attributes.
//!
//! Every literal is offered to the class generator. Only names that stand in a class attribute are *demanded* of it:
//! `class="a b"`, `class:a=…`, `class=("a", …)`, and in `class=if … { "a" } else { "b" }` the literals that are a
//! block's or an arm's value. A literal that is compared, formatted or passed on is not taken for a class.

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};

/// What one file says.
#[derive(Default)]
pub(super) struct Found {
    /// All string literals, doc comments left out.
    pub(super) literals: Vec<String>,
    /// Class names in class attributes, with their line.
    pub(super) classes: Vec<(String, usize)>,
}

/// Reads one source file.
pub(super) fn find(source: &str) -> Result<Found> {
    let stream: TokenStream = source.parse().map_err(|error| anyhow!("not Rust: {error}"))?;
    let mut found = Found::default();
    found.walk(stream);
    Ok(found)
}

impl Found {
    fn walk(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) if is_doc(group) => {}
                TokenTree::Group(group) => self.walk(group.stream()),
                TokenTree::Ident(name) if name == "class" => self.attribute(&tokens[at..]),
                _ => self.literals.extend(text(token)),
            }
        }
    }

    /// `tokens` begins with `class`.
    fn attribute(&mut self, tokens: &[TokenTree]) {
        match tokens.get(1) {
            Some(token) if is(token, ':') && touch(&tokens[0], token) => self.conditional(&tokens[2..]),
            Some(_) if is_assignment(&tokens[1..]) => self.value(&tokens[2..]),
            _ => {}
        }
    }

    /// `class:some-name=…`: a name of idents, numbers and dashes that touch, up to the equals sign.
    fn conditional(&mut self, tokens: &[TokenTree]) {
        let mut name = String::new();
        for (at, token) in tokens.iter().enumerate() {
            if is(token, '=') && !name.is_empty() {
                let line = token.span().start().line;
                self.literals.push(name.clone());
                return self.classes.push((name, line));
            }
            let is_part = matches!(token, TokenTree::Ident(_) | TokenTree::Literal(_)) || is(token, '-');
            if !is_part || (at > 0 && !touch(&tokens[at - 1], token)) {
                return;
            }
            name.push_str(&token.to_string());
        }
    }

    fn value(&mut self, tokens: &[TokenTree]) {
        match tokens.first() {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => {
                if let Some(first) = group.stream().into_iter().next() {
                    self.demand(&first);
                }
            }
            Some(TokenTree::Literal(_)) => self.demand(&tokens[0]),
            _ => self.blocks(tokens),
        }
    }

    /// The blocks of an expression that ends with the attribute.
    fn blocks(&mut self, tokens: &[TokenTree]) {
        for (at, token) in tokens.iter().enumerate() {
            let is_next_attribute = matches!(token, TokenTree::Ident(_)) && is_assignment(&tokens[at + 1..]);
            let is_arrow = at > 0 && is_joint(&tokens[at - 1]);
            if is_next_attribute || is(token, ';') || is(token, ',') || (is(token, '>') && !is_arrow) {
                return;
            }
            if let TokenTree::Group(group) = token
                && group.delimiter() == Delimiter::Brace
            {
                self.tails(group);
            }
        }
    }

    /// Literals that are the value of a block or of a match arm.
    fn tails(&mut self, block: &Group) {
        let tokens: Vec<TokenTree> = block.stream().into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(inner) if inner.delimiter() == Delimiter::Brace => self.tails(inner),
                TokenTree::Literal(_) => {
                    let begins = at == 0 || (at > 1 && is(&tokens[at - 1], '>') && is(&tokens[at - 2], '='));
                    let ends = tokens.get(at + 1).is_none_or(|next| is(next, ','));
                    if begins && ends {
                        self.demand(token);
                    }
                }
                _ => {}
            }
        }
    }

    fn demand(&mut self, literal: &TokenTree) {
        let line = literal.span().start().line;
        let Some(names) = text(literal) else { return };
        self.classes.extend(names.split_whitespace().map(|name| (name.to_owned(), line)));
    }
}

fn is(token: &TokenTree, wanted: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == wanted)
}

fn is_joint(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint)
}

/// An equals sign that is not the first half of `==` or `=>`.
fn is_assignment(tokens: &[TokenTree]) -> bool {
    let is_double = |next: &TokenTree| is(next, '=') || is(next, '>');
    match tokens {
        [sign, next, ..] => is(sign, '=') && !(is_joint(sign) && is_double(next)),
        _ => false,
    }
}

/// Nothing stands between the two, as in `class:name` but not in `class: String`.
fn touch(left: &TokenTree, right: &TokenTree) -> bool {
    let ends = |span: Span| (span.end().line, span.end().column);
    let begins = |span: Span| (span.start().line, span.start().column);
    ends(left.span()) == begins(right.span())
}

/// A doc comment arrives as `#[doc = "…"]`.
fn is_doc(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && matches!(group.stream().into_iter().next(), Some(TokenTree::Ident(name)) if name == "doc")
}

/// The text of a string literal, plain or raw.
fn text(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let written = literal.to_string();
    if let Some(raw) = written.strip_prefix('r') {
        return Some(raw.trim_matches('#').strip_prefix('"')?.strip_suffix('"')?.to_owned());
    }
    let inner = written.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 't' | 'r' | '\n') => text.push(' '),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes(source: &str) -> Vec<String> {
        find(source).unwrap().classes.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn attributes_of_every_form_are_found() {
        assert_eq!(classes(r#"view! { <p class="a md:b">"text"</p> }"#), ["a", "md:b"]);
        assert_eq!(classes(r#"view! { <p class:is-on=move || on.get() id="x"/> }"#), ["is-on"]);
        assert_eq!(classes(r#"view! { <p class=("a b", move || on.get())/> }"#), ["a", "b"]);
        assert_eq!(classes(r#"view! { <p class=move || if on { "a" } else { "b" } id="c"/> }"#), ["a", "b"]);
        assert_eq!(
            classes(r#"view! { <p class=match k { K::A => "a", K::B => { "b" } }>"t"</p> }"#),
            ["a", "b"]
        );
        assert_eq!(classes(r##"view! { <p class=r#"w-[calc(1px)]"#/> }"##), ["w-[calc(1px)]"]);
    }

    #[test]
    fn what_is_not_a_class_is_left_alone() {
        assert!(
            classes(
                r#"/// class="doc"
            struct Card { class: String, kind: &'static str }
            fn f(class: &str) -> bool { class == "x" }"#
            )
            .is_empty()
        );
        assert!(classes(r#"view! { <p class=name>{"child"}</p> }"#).is_empty());
        assert!(classes(r#"view! { <p class=format!("{a} b")/> }"#).is_empty());
        assert_eq!(classes(r#"view! { <p class=if kind == "warm" { "a" } else { other }/> }"#), ["a"]);
        assert_eq!(classes(r#"view! { <p class={ let s = "zzz"; "a" }/> }"#), Vec::<String>::new());
    }

    #[test]
    fn a_name_comes_with_its_line_and_literals_without_doc_comments() {
        let found =
            find("//! \"doc\"\nconst A: &str = \"flex gap-2\";\nview! { <p\n class=\"b\"/> }").unwrap();
        assert_eq!(found.classes, [("b".to_owned(), 4)]);
        assert_eq!(found.literals, ["flex gap-2", "b"]);
    }
}
