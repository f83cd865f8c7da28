//! Where somebody was: a form that leads to another page of the same kind leads to the same place on it.
//!
//! # Design
//! *Answer again*, *The answer before* and *Delete* in the list are forms, and their pages are new ones. The tab remembers
//! which button was pressed and how far the page was scrolled, for the very next page alone.

use super::dom::{document, find, on, target_of, window};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, Storage, SubmitEvent};

const KEY: &str = "place";

#[derive(Serialize, Deserialize)]
enum Place {
    /// A button of a turn, by its name; the turn is in the address.
    Turn(String),
    /// A row of a list, and how far the page was scrolled.
    Row(u32, f64),
}

/// Remembers what is pressed, and goes to where one was on the page before.
pub(super) fn keep() {
    if let Some(place) = take() {
        go_to(place);
    }
    let Some(document) = document() else { return };
    on::<SubmitEvent>(&document, "submit", |event| {
        let Some(button) = event.submitter() else { return };
        let turn = target_of(&event, ".turn .do form")
            .and_then(|_| button.get_attribute("aria-label"))
            .map(Place::Turn);
        let row = target_of(&event, ".rows > .row").map(|row| Place::Row(rows_before(&row), scrolled()));
        let written = turn.or(row).and_then(|place| serde_json::to_string(&place).ok());
        if let (Some(written), Some(storage)) = (written, storage()) {
            let _ = storage.set_item(KEY, &written);
        }
    });
}

fn storage() -> Option<Storage> {
    window()?.session_storage().ok()?
}

fn take() -> Option<Place> {
    let storage = storage()?;
    let written = storage.get_item(KEY).ok()??;
    let _ = storage.remove_item(KEY);
    serde_json::from_str(&written).ok()
}

fn scrolled() -> f64 {
    window().and_then(|window| window.scroll_y().ok()).unwrap_or_default()
}

fn rows_before(row: &Element) -> u32 {
    std::iter::successors(row.previous_element_sibling(), Element::previous_element_sibling)
        .fold(0, |n, _| n + 1)
}

fn go_to(place: Place) {
    match place {
        Place::Turn(name) => {
            let turn = window().and_then(|window| window.location().hash().ok()).and_then(|hash| find(&hash));
            if let Some(turn) = turn
                && !focus(&turn, &name)
            {
                // An answer that has only begun has its buttons at its end.
                let _ = turn.set_attribute("data-place", &name);
            }
        }
        Place::Row(at, scrolled) => {
            if let Some(window) = window() {
                window.scroll_to_with_x_and_y(0.0, scrolled);
            }
            let rows =
                document().and_then(|document| document.query_selector_all(".rows > .row button").ok());
            let button = rows.and_then(|rows| rows.get(at.min(rows.length().checked_sub(1)?)));
            if let Some(button) = button.and_then(|node| node.dyn_into::<HtmlElement>().ok()) {
                let _ = button.focus();
            }
        }
    }
}

/// The foot of an answer has come.
pub(super) fn foot_came(turn: &Element) {
    let at_nothing =
        document().is_some_and(|document| document.active_element().is_none_or(|at| at.tag_name() == "BODY"));
    if let Some(name) = turn.get_attribute("data-place") {
        let _ = turn.remove_attribute("data-place");
        if at_nothing {
            focus(turn, &name);
        }
    }
}

/// Gives the focus to a turn's button with this name, or at an end of its siblings to the other one.
fn focus(turn: &Element, name: &str) -> bool {
    let with = |selector: &str| turn.query_selector(selector).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    let button = with(&format!("[aria-label='{name}']:enabled")).or_else(|| with(".siblings button:enabled"));
    button.is_some_and(|button| button.focus().is_ok())
}
