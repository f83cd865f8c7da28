//! One span a request, with request id and trace id; one line when it is answered.

use super::{ClientAddress, Http};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue};
use std::time::Instant;
use studio::TRACE;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace id a caller sent (W3C trace context), else a new one: 32 hex digits.
fn trace_id(request: &Request, request_id: &str) -> String {
    let sent = request.headers().get(TRACE_PARENT).and_then(|value| value.to_str().ok());
    let id = sent.and_then(|value| value.split('-').nth(1));
    match id {
        Some(id)
            if id.len() == 32
                && id.bytes().all(|b| b.is_ascii_hexdigit())
                && id.bytes().any(|b| b != b'0') =>
        {
            id.to_ascii_lowercase()
        }
        _ => request_id.replace('-', ""),
    }
}

/// The outermost layer but the one that says who asks.
pub(super) async fn trace(State(http): State<Http>, request: Request, next: Next) -> Response {
    let request_id = crate::clock::new_id().to_string();
    let trace_id = trace_id(&request, &request_id);
    let method = request.method().clone();
    // The path only: a query may hold what nobody should log.
    let path = request.uri().path().to_owned();
    let client = request.extensions().get::<ClientAddress>().map(|ClientAddress(address)| *address);
    let span = tracing::info_span!("request", request_id, trace_id);
    let begun = Instant::now();
    // Of the whole process: exact where one request is alone, as in the tests that count.
    let before = http.studio.store.statements();
    let answer = TRACE.scope(trace_id, next.run(request));
    let mut response = answer.instrument(span.clone()).await;
    let status = response.status().as_u16();
    let took_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
    let statements = http.studio.store.statements() - before;
    span.in_scope(|| tracing::debug!(%method, path, client = client.map(tracing::field::display), status, took_us, statements, "answered"));
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
