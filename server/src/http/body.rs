//! Bodies: read here, once, up to [`BODY_BYTES_MAX`].

use super::{BODY_BYTES_MAX, problems};
use api_types::Problem;
use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{Method, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// Reads the body of a request that may have one; what is too large never reaches a handler.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let too_large = || problems::answer(&Problem::TooLarge { bytes_max: BODY_BYTES_MAX as u64 });
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse::<u64>().ok()).is_some_and(|bytes| bytes > BODY_BYTES_MAX as u64) {
        return too_large();
    }
    if !is_readable(&request) {
        return problems::answer(&Problem::WrongType);
    }
    let (parts, body) = request.into_parts();
    match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(whole) => next.run(Request::from_parts(parts, Body::from(whole.to_bytes()))).await,
        Err(e) if e.downcast_ref::<LengthLimitError>().is_some() => too_large(),
        Err(_) => problems::answer(&Problem::Malformed {
            detail: "The request broke off before its end.".to_owned(),
        }),
    }
}

/// JSON and plain forms. A body without a type is taken for what it looks like.
fn is_readable(request: &Request) -> bool {
    let Some(media) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let media = media.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    matches!(media.as_str(), "application/json" | "application/x-www-form-urlencoded")
}
