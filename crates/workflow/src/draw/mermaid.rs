//! Mermaid text.

use super::{END, Light, Lit, Picture, Shape};
use std::fmt::Write as _;

pub(super) fn draw(picture: &Picture<'_>, lit: &Lit) -> String {
    let mut text = String::from("flowchart TD\n");
    let number = |name: &str| picture.nodes.iter().position(|(other, _)| *other == name).unwrap_or_default();
    for (n, (name, shape)) in picture.nodes.iter().enumerate() {
        let label = escaped(name);
        let shape = match shape {
            Shape::Node => format!("[\"{label}\"]"),
            Shape::Fork | Shape::Join => format!("{{{{\"{label}\"}}}}"),
            Shape::End => "((\"end\"))".to_owned(),
        };
        let class = match lit.class(name) {
            _ if *name == END => "",
            Light::Ahead => "",
            Light::Visited => ":::visited",
            Light::Current => ":::current",
        };
        let _infallible = writeln!(text, "  n{n}{shape}{class}");
    }
    for way in &picture.ways {
        let line = if lit.is_way(way.from, way.to) { "==>" } else { "-->" };
        let word = way.word.map(|word| format!("|\"{}\"|", escaped(word))).unwrap_or_default();
        let _infallible = writeln!(text, "  n{} {line}{word} n{}", number(way.from), number(way.to));
    }
    text
}

/// Inside quotes Mermaid reads entities.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' | '\n' | '\r' => {
                let _infallible = write!(safe, "#{};", u32::from(character));
            }
            other => safe.push(other),
        }
    }
    safe
}
