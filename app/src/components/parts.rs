//! The ways from one part of a long list to another.

use super::icon::small_icon;
use leptos::prelude::*;

/// A way: its address and its words.
pub type Way = (String, &'static str);

/// Back to the beginning of the list, and on to what comes after this part; nothing where the list has one part.
pub fn parts(label: &'static str, back: Option<Way>, on: Option<Way>) -> Option<impl IntoView> {
    (back.is_some() || on.is_some()).then(|| {
        view! {
            <nav class="parts" aria-label=label>
                {back.map(|(path, words)| view! { <a class="btn quiet" href=path>{small_icon("left")}{words}</a> })}
                {on.map(|(path, words)| view! { <a class="btn quiet" href=path>{words}{small_icon("right")}</a> })}
            </nav>
        }
    })
}
