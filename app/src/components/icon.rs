//! Drawings: one sprite a page, used by name.

use leptos::prelude::*;

/// All icons as symbols `i-name`; once in every document.
pub const SPRITE: &str = include_str!("icons.svg");
/// The honeycomb with its V.
pub const MARK: &str = include_str!("mark.svg");
/// The workshop beside the sign-in form.
pub const DOOR: &str = include_str!("door.svg");
/// A lamp: a conversation that has not begun.
pub const LAMP: &str = include_str!("lamp.svg");
/// A doorway: nothing here.
pub const DOORWAY: &str = include_str!("doorway.svg");

/// An icon beside words.
pub fn icon(name: &str) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true" inner_html=format!("<use href=\"#i-{name}\"/>")></svg> }
}

/// A small one.
pub fn small_icon(name: &str) -> impl IntoView {
    view! { <svg class="icon small" aria-hidden="true" inner_html=format!("<use href=\"#i-{name}\"/>")></svg> }
}

/// One of the drawings.
pub fn drawing(svg: &'static str) -> impl IntoView {
    view! { <div class="contents" inner_html=svg></div> }
}
