//! Toasts: what was done, and the way back.

use super::icon::small_icon;
use crate::api::local_path::LocalPath;
use api_types::ConversationId;
use leptos::prelude::*;

/// Their place on a page; a screen reader hears what comes into it.
pub fn toasts(toast: Option<impl IntoView + 'static>) -> impl IntoView {
    view! { <div class="toasts" role="status" aria-live="polite">{toast}</div> }
}

/// A conversation was deleted. `list` is the part of the list it was deleted from; without it, it was the open one.
pub fn deleted(id: ConversationId, list: Option<&LocalPath>) -> impl IntoView + use<> {
    let back = list.map(|list| list.as_str().to_owned());
    let close = back.clone().unwrap_or_else(|| "/chat".to_owned());
    view! {
        <div class="toast">
            <p>"The conversation was deleted."</p>
            <form method="post" action="/api/conversation/restore">
                <input type="hidden" name="conversation" value=id.to_string() />
                {back.map(|back| view! { <input type="hidden" name="back" value=back /> })}
                <button class="btn quiet small" type="submit">{small_icon("undo")}"Undo"</button>
            </form>
            <a class="btn quiet icon-only small" href=close aria-label="Close">{small_icon("close")}</a>
        </div>
    }
}

/// The settings were saved.
pub fn saved() -> impl IntoView {
    passing("Saved".to_owned())
}

/// Something was done; it goes by itself, for there is nothing to do about it.
pub fn passing(words: String) -> impl IntoView {
    view! { <div class="toast" data-passing><p>{words}</p></div> }
}
