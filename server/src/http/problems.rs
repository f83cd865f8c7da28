//! Every refusal leaves in one shape: `application/problem+json` for clients, a page for people.

use super::{BODY_BYTES_MAX, Http};
use api_types::Problem;
use app::api::codec::problem_json;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use std::any::Any;

/// A problem as an answer.
pub(super) fn answer(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = problem_json(problem).unwrap_or_default().to_string();
    let mut response = (
        status,
        [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")],
        json,
    )
        .into_response();
    if let Problem::RateLimited { retry_after_s, .. } = problem {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    response
}

/// Cuts a request that takes too long. A stream has answered by then and is not touched.
pub(super) async fn time_out(State(http): State<Http>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(http.request_timeout, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!("a request took longer than REQUEST_TIMEOUT_SECONDS");
            answer(&Problem::TryLater {
                detail: "This took too long and was given up. Try again in a moment.".to_owned(),
            })
        }
    }
}

/// A panic in a handler: logged here, answered as our fault; the process lives.
pub(super) fn panicked(panic: Box<dyn Any + Send + 'static>) -> Response {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "unknown".to_owned());
    answer(&studio::broken("a handler panicked", &what))
}

/// Refusals of the framework (unknown path, wrong method, CSRF, …) become problems too.
pub(super) async fn shape(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let media =
        response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if media.starts_with("application/problem+json")
        || media.starts_with("text/html")
        || media.starts_with("application/json")
    {
        return response;
    }
    let problem = match status.as_u16() {
        401 => Problem::SignIn,
        403 => Problem::Malformed {
            detail: "This request comes from another site and was not carried out.".to_owned(),
        },
        404 => Problem::NotFound,
        405 => Problem::Malformed { detail: "This address does not take this method.".to_owned() },
        413 => Problem::TooLarge { bytes_max: BODY_BYTES_MAX as u64 },
        415 => Problem::WrongType,
        400..=499 => Problem::Malformed { detail: "This request cannot be understood.".to_owned() },
        _ => studio::broken("an answer failed outside its handler", &status),
    };
    let (parts, _) = response.into_parts();
    let mut shaped = answer(&problem);
    *shaped.status_mut() = status;
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        shaped.headers_mut().insert(header::ALLOW, allow.clone());
    }
    shaped.map(Body::new)
}
