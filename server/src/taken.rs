//! Bodies that the other end has to take.
//!
//! # Design
//! Over HTTP/2 each answer has a window of its own, and a client that opens none leaves every answer where it is while its
//! connection looks alive: it answers pings and reads what concerns the connection ([`crate::patient`] sees nothing). So
//! pieces of a body are small, and one that was handed on and is followed by no question for the next in time means that
//! nobody takes it. A quiet stream is another thing: there the next piece was asked for and is not there.

use crate::patient::WRITE_TIME_MAX;
use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};
use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};
use tokio::time::{Instant, sleep_until};

/// So much of a body is handed on at once, in bytes: what even a slow line takes in [`WRITE_TIME_MAX`].
const PIECE_BYTES_MAX: usize = 16 * 1024;

/// When the latest piece of each body of a connection was handed on, of those of which the next was not asked for yet.
#[derive(Clone, Default)]
pub(crate) struct Pieces(Arc<Mutex<Handed>>);

#[derive(Default)]
struct Handed {
    next: u64,
    since: HashMap<u64, Instant>,
}

impl Pieces {
    fn lock(&self) -> MutexGuard<'_, Handed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A body whose pieces are looked after.
    pub(crate) fn of(&self, body: Body) -> Taken {
        let mut handed = self.lock();
        handed.next += 1;
        Taken { body, rest: Bytes::new(), id: handed.next, pieces: self.clone() }
    }

    /// Completes when a piece was not taken in time.
    pub(crate) async fn left(&self) {
        loop {
            let now = Instant::now();
            // One that is handed on meanwhile is due later.
            let due = self.lock().since.values().min().map_or(now, |since| *since) + WRITE_TIME_MAX;
            if due <= now {
                return;
            }
            sleep_until(due).await;
        }
    }
}

/// A body in small pieces.
pub(crate) struct Taken {
    body: Body,
    /// Of a piece that is too large.
    rest: Bytes,
    id: u64,
    pieces: Pieces,
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let id = self.id;
        self.pieces.lock().since.remove(&id);
        if self.rest.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => frame,
                last => return Poll::Ready(last),
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let length = self.rest.len().min(PIECE_BYTES_MAX);
        let piece = self.rest.split_to(length);
        self.pieces.lock().since.insert(id, Instant::now());
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = u64::try_from(self.rest.len()).unwrap_or(u64::MAX);
        let mut hint = self.body.size_hint();
        let upper = hint.upper();
        hint.set_lower(hint.lower().saturating_add(rest));
        if let Some(upper) = upper {
            hint.set_upper(upper.saturating_add(rest));
        }
        hint
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        self.pieces.lock().since.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;
    use http_body_util::BodyExt;
    use std::time::Duration;
    use tokio::time::{sleep, timeout};

    #[tokio::test(start_paused = true)]
    async fn a_piece_that_nobody_takes_is_noticed_and_a_quiet_stream_is_not() {
        let pieces = Pieces::default();
        let quiet =
            futures::stream::once(async { Ok::<_, axum::Error>("first") }).chain(futures::stream::pending());
        let mut quiet = pieces.of(Body::from_stream(quiet));
        quiet.frame().await;
        // The second is asked for and is not there.
        assert!(timeout(Duration::from_secs(1), quiet.frame()).await.is_err());
        assert!(timeout(WRITE_TIME_MAX * 10, pieces.left()).await.is_err());

        let mut taken = pieces.of(Body::from("x".repeat(2 * PIECE_BYTES_MAX)));
        taken.frame().await;
        sleep(WRITE_TIME_MAX - Duration::from_secs(1)).await;
        assert!(timeout(Duration::ZERO, pieces.left()).await.is_err(), "slowly, but it is taken");
        taken.frame().await;
        assert!(timeout(WRITE_TIME_MAX - Duration::from_secs(1), pieces.left()).await.is_err());
        assert!(timeout(Duration::from_secs(2), pieces.left()).await.is_ok(), "and now it is left");
        drop(taken);
        assert!(timeout(WRITE_TIME_MAX * 2, pieces.left()).await.is_err(), "nothing is left of what is gone");
    }

    #[tokio::test]
    async fn a_body_is_what_it_was() {
        let pieces = Pieces::default();
        let text: String = ('a'..='z').cycle().take(PIECE_BYTES_MAX * 3 + 5).collect();
        let body = pieces.of(Body::from(text.clone()));
        assert_eq!(body.size_hint().exact(), Some(u64::try_from(text.len()).unwrap()));
        assert_eq!(body.collect().await.unwrap().to_bytes(), text);
        assert!(pieces.of(Body::empty()).is_end_stream());
    }
}
