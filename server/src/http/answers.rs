//! Answers that wait to be taken.
//!
//! # Design
//! A page is whole in memory until the other end has read it, and one connection over HTTP/2 can ask for a hundred and read
//! none ([`crate::taken`] ends it, after a while). So all that wait share a budget, strangers one of their own, and what does
//! not fit is broken off. It is counted inside the compression, which holds the page while its packed form leaves.

use super::Http;
use app::api::context::Caller;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// All answers that wait together, in kB; those to people who are signed in …
const ANSWERS_KB_MAX: usize = 128_000;
/// … and those to everybody else.
const STRANGERS_ANSWERS_KB_MAX: usize = 16_000;
/// What is smaller is not counted: events, small refusals.
const COUNTED_FROM_BYTES: usize = 4_096;

/// What answers that wait may hold in memory.
#[derive(Clone)]
pub(crate) struct Answers {
    signed_in: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            signed_in: Arc::new(Semaphore::new(ANSWERS_KB_MAX)),
            strangers: Arc::new(Semaphore::new(STRANGERS_ANSWERS_KB_MAX)),
        }
    }
}

/// The layer.
pub(super) async fn count(State(http): State<Http>, request: Request, next: Next) -> Response {
    let is_known = request.extensions().get::<Caller>().is_some_and(|caller| caller.0.is_ok());
    let budget = if is_known { http.answers.signed_in } else { http.answers.strangers };
    next.run(request).await.map(|body| Body::new(Waiting { body, budget, share: None }))
}

/// A body, and its share of the budget, which is given back when this is dropped.
struct Waiting {
    body: Body,
    budget: Arc<Semaphore>,
    share: Option<OwnedSemaphorePermit>,
}

impl HttpBody for Waiting {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let bytes = match &frame {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            _ => 0,
        };
        // The piece before has left when the next one is asked for.
        self.share = None;
        if bytes >= COUNTED_FROM_BYTES {
            let kb = u32::try_from(bytes.div_ceil(1_000)).unwrap_or(u32::MAX);
            match Arc::clone(&self.budget).try_acquire_many_owned(kb) {
                Ok(share) => self.share = Some(share),
                Err(_) => {
                    tracing::warn!("too much waits to be read: an answer was broken off");
                    return Poll::Ready(Some(Err(axum::Error::new("too much waits to be read"))));
                }
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;

    fn waiting(bytes: usize, budget: &Arc<Semaphore>) -> Waiting {
        Waiting { body: Body::from("x".repeat(bytes)), budget: Arc::clone(budget), share: None }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_broken_off_and_room_comes_back() {
        let budget = Arc::new(Semaphore::new(100));
        let mut first = waiting(60_000, &budget);
        assert!(first.frame().await.unwrap().is_ok());
        assert_eq!(budget.available_permits(), 40, "until it is dropped");
        assert!(waiting(60_000, &budget).collect().await.is_err());
        assert!(waiting(COUNTED_FROM_BYTES - 1, &budget).collect().await.is_ok(), "small ones always pass");
        assert!(first.frame().await.is_none());
        drop(first);
        assert_eq!(waiting(60_000, &budget).collect().await.unwrap().to_bytes().len(), 60_000);
        assert_eq!(budget.available_permits(), 100);
    }
}
