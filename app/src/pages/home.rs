//! `/`: to a new chat, or to the door.

use crate::api::context;
use api_types::Flag;
use leptos::prelude::*;

/// Goes on to where one can do something.
pub(crate) fn home() -> impl IntoView {
    super::page(async {
        let to = match context::signed_in_or_stranger()? {
            Some(by) if context::studio()?.is_on(Flag::Chat, &by).await => "/chat",
            Some(_) => "/runs",
            None => "/login",
        };
        leptos_axum::redirect(to);
        Ok(().into_any())
    })
}
