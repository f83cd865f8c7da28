//! `GET /api/memory/context`: what the studio remembers of the caller, as text.

use super::{Http, problems};
use api_types::SUCCESS;
use app::api::context::Caller;
use axum::{Extension, Json, extract::State, response::IntoResponse as _, response::Response};
use serde_json::json;

pub(super) async fn context(
    State(http): State<Http>,
    Extension(Caller(caller)): Extension<Caller>,
) -> Response {
    let text = match caller {
        Ok(by) => http.studio.memory_context(&by).await,
        Err(problem) => Err(problem),
    };
    match text {
        Ok(context) => Json(json!({ "status": SUCCESS, "context": context })).into_response(),
        Err(problem) => problems::answer(&problem),
    }
}
