//! Bodies: read here, once, up to [`BODY_BYTES_MAX`].

use super::{BODY_BYTES_MAX, problems};
use api_types::Problem;
use axum::{body::Body, extract::Request, middleware::Next, response::Response};
use http::{Method, header};
use http_body_util::BodyExt;

/// So much of a body that is too large is read and thrown away before it is refused.
const DRAIN_BYTES_MAX: usize = 8_000_000;

/// Reads the body of a request that may have one; what is too large never reaches a handler.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let too_large = || problems::answer(&Problem::TooLarge { bytes_max: BODY_BYTES_MAX as u64 });
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse::<u64>().ok()).is_some_and(|bytes| bytes > DRAIN_BYTES_MAX as u64) {
        return too_large();
    }
    if !is_readable(&request) {
        return problems::answer(&Problem::WrongType);
    }
    let (parts, mut body) = request.into_parts();
    let (mut bytes, mut seen) = (Vec::new(), 0);
    // What is too large is still read for a while: a client that is answered while it sends may never hear the answer.
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            return problems::answer(&Problem::Malformed {
                detail: "The request broke off before its end.".to_owned(),
            });
        };
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if seen > DRAIN_BYTES_MAX {
            break;
        }
        if seen <= BODY_BYTES_MAX {
            bytes.extend_from_slice(&data);
        }
    }
    if seen > BODY_BYTES_MAX {
        return too_large();
    }
    next.run(Request::from_parts(parts, Body::from(bytes))).await
}

/// JSON and plain forms. A body without a type is taken for what it looks like.
fn is_readable(request: &Request) -> bool {
    let Some(media) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let media = media.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    matches!(media.as_str(), "application/json" | "application/x-www-form-urlencoded")
}
