//! `GET /api/features`: what is switched on for the caller; for strangers, in the studio as a whole.

use super::{Http, problems};
use api_types::{Problem, SUCCESS};
use app::api::context::Caller;
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};
use studio::{SignedIn, Studio};

pub(super) async fn features(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    let by = match caller {
        Ok(by) => Some(by),
        Err(Problem::SignIn) => None,
        Err(problem) => return problems::answer(&problem),
    };
    let features = switched(&http.studio, by.as_ref()).await;
    Json(json!({ "status": SUCCESS, "features": features })).into_response()
}

/// `{"enable_chat": true, …}`
pub(crate) async fn switched(studio: &Studio, by: Option<&SignedIn>) -> Map<String, Value> {
    let features = studio.features(by).await;
    features
        .into_iter()
        .map(|(flag, decision)| (format!("enable_{}", flag.as_str()), decision.is_on.into()))
        .collect()
}
