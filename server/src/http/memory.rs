//! `GET /api/memory/context`: what the studio remembers of the caller, as text.

use super::{Http, problems};
use app::api::context::Caller;
use axum::{Extension, Json, extract::State, response::IntoResponse as _, response::Response};
use http::{HeaderValue, header};
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
        Ok(context) => {
            let mut response = Json(json!({ "context": context })).into_response();
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(problem) => problems::answer(&problem),
    }
}
