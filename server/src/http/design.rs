//! `GET /design`: every component in every state, for whoever works on the look. A release has neither the page nor its address.

use super::Http;
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;
use leptos_axum::render_app_async_with_context;

/// Renders the gallery: a document of its own, outside of the table of pages.
pub(super) async fn design(State(http): State<Http>, request: Request) -> Response {
    let context = http.context();
    let provide = move || provide_context(context.clone());
    let gallery = move || app::design::gallery(http.leptos.clone());
    render_app_async_with_context(provide, gallery)(request).await.into_response()
}
