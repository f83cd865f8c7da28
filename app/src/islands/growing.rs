//! A text that grows in its place.

use super::dom::document;
use api_types::UNBROKEN_CHARS_MAX;
use wasm_bindgen::JsCast;
use web_sys::{Element, Text};

/// Keeps the first `keep` characters of what stands in `place` and puts `text` after them.
pub(super) fn keep_and_add(place: &Element, keep: usize, text: &str) {
    let old = place.text_content().unwrap_or_default();
    if old.chars().count() == keep {
        return add(place, old.chars().rev().take_while(|c| !c.is_whitespace()).count(), text);
    }
    let kept: String = old.chars().take(keep).collect();
    place.set_text_content(None);
    add(place, 0, &(kept + text));
}

/// Adds text to a place whose text ends with so many characters without white space. Lines may break in a word without
/// end, as the server lets them (`markup::words`).
fn add(place: &Element, mut unbroken: usize, text: &str) {
    let mut rest = text;
    unbroken %= UNBROKEN_CHARS_MAX;
    while let Some((at, _)) = rest.char_indices().find(|(_, c)| {
        unbroken = if c.is_whitespace() { 0 } else { unbroken + 1 };
        unbroken > UNBROKEN_CHARS_MAX
    }) {
        let (now, later) = rest.split_at(at);
        append(place, now);
        if let Some(gap) = document().and_then(|document| document.create_element("wbr").ok()) {
            let _ = place.append_child(&gap);
        }
        unbroken = 0;
        rest = later;
    }
    append(place, rest);
}

fn append(place: &Element, text: &str) {
    if text.is_empty() {
        return;
    }
    match place.last_child().and_then(|last| last.dyn_into::<Text>().ok()) {
        Some(last) => drop(last.append_data(text)),
        None => drop(document().map(|document| place.append_child(&document.create_text_node(text)))),
    }
}
