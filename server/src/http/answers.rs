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
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
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
    signed_in: Arc<Budget>,
    strangers: Arc<Budget>,
}

/// One budget, in kB.
struct Budget {
    room: Arc<Semaphore>,
    is_full: AtomicBool,
}

impl Default for Answers {
    fn default() -> Self {
        let of = |kb| Arc::new(Budget::new(kb));
        Self { signed_in: of(ANSWERS_KB_MAX), strangers: of(STRANGERS_ANSWERS_KB_MAX) }
    }
}

impl Budget {
    fn new(kb: usize) -> Self {
        Self { room: Arc::new(Semaphore::new(kb)), is_full: AtomicBool::new(false) }
    }

    /// Room for so many bytes, if there is any.
    fn take(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let kb = u32::try_from(bytes.div_ceil(1_000)).unwrap_or(u32::MAX);
        let share = Arc::clone(&self.room).try_acquire_many_owned(kb).ok();
        // Said once each time it comes to this: whoever brings it about could fill the log.
        if !self.is_full.swap(share.is_none(), Ordering::Relaxed) && share.is_none() {
            tracing::warn!("too much waits to be read: answers are broken off");
        }
        share
    }
}

/// The layer.
pub(super) async fn count(State(http): State<Http>, request: Request, next: Next) -> Response {
    let is_known = request.extensions().get::<Caller>().is_some_and(|caller| caller.0.is_ok());
    let budget = Arc::clone(if is_known { &http.answers.signed_in } else { &http.answers.strangers });
    next.run(request).await.map(|body| Body::new(Waiting { body, budget, share: None }))
}

/// A body, and its share of the budget, which is given back when this is dropped.
struct Waiting {
    body: Body,
    budget: Arc<Budget>,
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
            self.share = self.budget.take(bytes);
            if self.share.is_none() {
                return Poll::Ready(Some(Err(axum::Error::new("too much waits to be read"))));
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

    fn waiting(bytes: usize, budget: &Arc<Budget>) -> Waiting {
        Waiting { body: Body::from("x".repeat(bytes)), budget: Arc::clone(budget), share: None }
    }

    #[tokio::test]
    async fn what_does_not_fit_is_broken_off_and_room_comes_back() {
        let budget = Arc::new(Budget::new(100));
        let mut first = waiting(60_000, &budget);
        assert!(first.frame().await.unwrap().is_ok());
        assert_eq!(budget.room.available_permits(), 40, "until it is dropped");
        assert!(waiting(60_000, &budget).collect().await.is_err());
        assert!(waiting(COUNTED_FROM_BYTES - 1, &budget).collect().await.is_ok(), "small ones always pass");
        assert!(first.frame().await.is_none());
        drop(first);
        assert_eq!(waiting(60_000, &budget).collect().await.unwrap().to_bytes().len(), 60_000);
        assert_eq!(budget.room.available_permits(), 100);
    }
}
