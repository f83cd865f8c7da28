//! Every refusal leaves in one shape: `application/problem+json` for clients, a page for people.

use super::{BODY_BYTES_MAX, Http, SITE};
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

/// A problem as an answer. It carries the problem along, for [`shape`].
pub(super) fn answer(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let json = problem_json(problem).unwrap_or_default().to_string();
    let mut response = (
        status,
        [(header::CONTENT_TYPE, "application/problem+json"), (header::CACHE_CONTROL, "no-store")],
        json,
    )
        .into_response();
    if let Some(seconds) = problem.retry_after_s() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response.extensions_mut().insert(problem.clone());
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

/// Refusals of the framework (unknown path, wrong method, CSRF, …) become problems too; and a person who waits for a page is
/// given one, also where a request was refused before its page could be made.
pub(super) async fn shape(request: Request, next: Next) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_person = accepts.contains("text/html");
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let media =
        response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_shaped = ["application/problem+json", "text/html", "application/json"]
        .into_iter()
        .any(|kind| media.starts_with(kind));
    if !is_shaped {
        let allow = response.headers_mut().remove(header::ALLOW);
        response = answer(&of_status(status));
        *response.status_mut() = status;
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) if is_person => as_page(response, &problem),
        _ => response,
    }
}

fn of_status(status: StatusCode) -> Problem {
    match status.as_u16() {
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
    }
}

/// For people: a page with nothing but the sentence; it needs no script.
fn as_page(response: Response, problem: &Problem) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                          form-action 'none'";
    let (mut parts, _) = response.into_parts();
    // Both are of the body that goes.
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_ENCODING);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    parts.headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Response::from_parts(parts, Body::from(app::refused_document(problem, &SITE)))
}
