//! `/`: to a new chat, or to the door.

use crate::api::context;
use leptos::prelude::*;

/// Goes on to where one can do something.
pub(crate) fn home() -> impl IntoView {
    leptos_axum::redirect(if context::signed_in_if_any().is_some() { "/chat" } else { "/login" });
}
