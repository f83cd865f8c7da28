//! Bodies: read here, once, up to [`BODY_BYTES_MAX`].
//!
//! # Design
//! Whoever sends slowly holds what was read so far, and eight hundred can send at once. So somebody who is not signed in may
//! send little, and all bodies under way share a budget, strangers one of their own: they cannot use up the others'.

use super::{BODY_BYTES_MAX, Http, problems, session};
use api_types::Problem;
use app::api::context::Caller;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{Method, header};
use http_body_util::BodyExt;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Largest body of somebody who is not signed in, in bytes: a passkey's answer has 32 kB at most.
pub(super) const STRANGERS_BODY_BYTES_MAX: usize = 64_000;
/// All bodies under way together, in kB; those of people who are signed in …
const BODIES_KB_MAX: usize = 64_000;
/// … and those of everybody else.
const STRANGERS_BODIES_KB_MAX: usize = 16_000;

/// Who came with a head is looked up once more when the body took longer: they may have been shut out meanwhile.
const CALLER_AGE_MAX: Duration = Duration::from_secs(1);

/// So much of a body that is too large is read and thrown away before it is refused.
const DRAIN_BYTES_MAX: usize = 8_000_000;

/// What bodies under way may hold in memory.
#[derive(Clone)]
pub(crate) struct Bodies {
    signed_in: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Default for Bodies {
    fn default() -> Self {
        Self {
            signed_in: Arc::new(Semaphore::new(BODIES_KB_MAX)),
            strangers: Arc::new(Semaphore::new(STRANGERS_BODIES_KB_MAX)),
        }
    }
}

/// A body as it grows: its bytes, and its share of the budget, which is given back when this is dropped.
struct Growing {
    bytes: Vec<u8>,
    budget: Arc<Semaphore>,
    share: Option<OwnedSemaphorePermit>,
}

impl Growing {
    /// Takes more in; false when the budget is used up.
    fn take(&mut self, data: &[u8]) -> bool {
        let have = self.share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = (self.bytes.len() + data.len()).div_ceil(1_000).saturating_sub(have);
        let Ok(missing) = u32::try_from(missing) else { return false };
        let Ok(more) = Arc::clone(&self.budget).try_acquire_many_owned(missing) else { return false };
        match &mut self.share {
            Some(share) => share.merge(more),
            None => self.share = Some(more),
        }
        self.bytes.extend_from_slice(data);
        true
    }
}

/// Reads the body of a request that may have one; what is too large never reaches a handler.
pub(super) async fn limit(State(http): State<Http>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let is_known = request.extensions().get::<Caller>().is_some_and(|caller| caller.0.is_ok());
    let (bytes_max, budget) = match is_known {
        true => (BODY_BYTES_MAX, http.bodies.signed_in.clone()),
        false => (STRANGERS_BODY_BYTES_MAX, http.bodies.strangers.clone()),
    };
    let too_large = || problems::answer(&Problem::TooLarge { bytes_max: bytes_max as u64 });
    let said = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if said.and_then(|text| text.parse::<u64>().ok()).is_some_and(|bytes| bytes > DRAIN_BYTES_MAX as u64) {
        return too_large();
    }
    if !is_readable(&request) {
        return problems::answer(&Problem::WrongType);
    }
    let begun = Instant::now();
    let (mut parts, mut body) = request.into_parts();
    let (mut growing, mut seen) = (Growing { bytes: Vec::new(), budget, share: None }, 0);
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
        if seen <= bytes_max && !growing.take(&data) {
            return problems::answer(&Problem::TryLater {
                detail: "Too much is being sent to the studio at once. Try again in a moment.".to_owned(),
            });
        }
    }
    if seen > bytes_max {
        return too_large();
    }
    let Growing { bytes, share, .. } = growing;
    if begun.elapsed() > CALLER_AGE_MAX {
        let caller = session::read_again(&http, &parts).await;
        parts.extensions.insert(Caller(caller));
    }
    let response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
    drop(share);
    response
}

/// JSON and plain forms. A body without a type is taken for what it looks like.
fn is_readable(request: &Request) -> bool {
    let Some(media) = request.headers().get(header::CONTENT_TYPE) else { return true };
    let media = media.to_str().unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    matches!(media.as_str(), "application/json" | "application/x-www-form-urlencoded")
}
