//! `GET /api/features`: what is switched on for the caller; for strangers, in the studio as a whole.

use super::Http;
use api_types::Flag;
use app::api::context::Caller;
use axum::{Extension, Json, extract::State};
use serde_json::{Map, Value, json};
use studio::{SignedIn, Studio};

pub(super) async fn features(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Json<Value> {
    Json(json!({ "status": "ok", "features": switched(&http.studio, caller.ok().as_ref()).await }))
}

/// `{"chat": true, …}`
pub(crate) async fn switched(studio: &Studio, by: Option<&SignedIn>) -> Map<String, Value> {
    let features = studio.features(by).await;
    features
        .into_iter()
        .map(|(flag, decision)| (Flag::as_str(flag).to_owned(), decision.is_on.into()))
        .collect()
}
