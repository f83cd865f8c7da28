//! `GET /api/features`: what is switched on for the caller; for strangers, in the studio as a whole.

use super::Http;
use api_types::SUCCESS;
use app::api::context::Caller;
use axum::{Extension, Json, extract::State};
use serde_json::{Map, Value, json};
use studio::{SignedIn, Studio};

pub(super) async fn features(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Json<Value> {
    Json(json!({ "status": SUCCESS, "features": switched(&http.studio, caller.ok().as_ref()).await }))
}

/// `{"enable_chat": true, …}`
pub(crate) async fn switched(studio: &Studio, by: Option<&SignedIn>) -> Map<String, Value> {
    let features = studio.features(by).await;
    features
        .into_iter()
        .map(|(flag, decision)| (format!("enable_{}", flag.as_str()), decision.is_on.into()))
        .collect()
}
