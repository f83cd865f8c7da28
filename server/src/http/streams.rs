//! How many streams one browser has open.
//!
//! # Design
//! Over HTTP/1.1 a browser opens six connections to a host. A tab closes its stream when it is hidden, but many windows
//! can be seen at once, and the sixth stream would leave no connection for pages. So one more than
//! [`STREAMS_OF_ONE_BROWSER_MAX`] ends the oldest; its tab comes back by itself after some seconds, is told where each
//! answer stands, and in turn ends the then oldest. HTTP/2 has one connection for all: there the limit is only one on what
//! somebody can ask of us.

use api_types::SessionId;
use http::Version;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio_util::sync::CancellationToken;

/// Streams that a browser keeps open at once over HTTP/1.1; two of its connections stay free.
pub(super) const STREAMS_OF_ONE_BROWSER_MAX: usize = 4;

/// Streams that a browser keeps open at once over HTTP/2.
const STREAMS_OF_ONE_BROWSER_MAX_HTTP2: usize = 32;

/// The open streams of every session.
#[derive(Clone, Default)]
pub(crate) struct Streams(Arc<Mutex<HashMap<SessionId, OfBrowser>>>);

/// Number and end of each stream, the oldest first.
type OfBrowser = VecDeque<(u64, CancellationToken)>;

/// A stream's place among those of its browser; given back when it is dropped.
pub(super) struct Place {
    streams: Streams,
    session: SessionId,
    number: u64,
    token: CancellationToken,
}

impl Streams {
    /// Takes a place; the oldest stream ends where there is none left.
    pub(super) fn enter(&self, session: SessionId, version: Version) -> Place {
        let most = match version < Version::HTTP_2 {
            true => STREAMS_OF_ONE_BROWSER_MAX,
            false => STREAMS_OF_ONE_BROWSER_MAX_HTTP2,
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_browser = all.entry(session).or_default();
        while of_browser.len() >= most {
            if let Some((_, oldest)) = of_browser.pop_front() {
                oldest.cancel();
            }
        }
        let number = of_browser.back().map_or(0, |(last, _)| last + 1);
        let token = CancellationToken::new();
        of_browser.push_back((number, token.clone()));
        Place { streams: self.clone(), session, number, token }
    }
}

impl Place {
    /// Completes when another stream needs the place.
    pub(super) async fn taken(&self) {
        self.token.cancelled().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(of_browser) = all.get_mut(&self.session) else { return };
        // A place that was taken is not among them, and its number may have been given again.
        of_browser.retain(|(number, _)| *number != self.number || self.token.is_cancelled());
        if of_browser.is_empty() {
            all.remove(&self.session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(number: u32) -> SessionId {
        format!("00000000-0000-7000-8000-{number:012}").parse().unwrap()
    }

    #[test]
    fn one_stream_too_many_ends_the_oldest_of_the_same_browser() {
        let streams = Streams::default();
        let other = streams.enter(session(2), Version::HTTP_11);
        let mut places: Vec<Place> =
            (0..STREAMS_OF_ONE_BROWSER_MAX).map(|_| streams.enter(session(1), Version::HTTP_11)).collect();
        assert!(places.iter().all(|place| !place.token.is_cancelled()));
        let one_more = streams.enter(session(1), Version::HTTP_11);
        assert!(places[0].token.is_cancelled() && !places[1].token.is_cancelled());
        assert!(!one_more.token.is_cancelled() && !other.token.is_cancelled());

        // Whoever leaves makes room.
        places.clear();
        let again: Vec<Place> =
            (1..STREAMS_OF_ONE_BROWSER_MAX).map(|_| streams.enter(session(1), Version::HTTP_11)).collect();
        assert!(!one_more.token.is_cancelled());
        drop((again, one_more, other));
        assert!(streams.0.lock().unwrap().is_empty());
    }

    #[test]
    fn over_http_2_there_is_room_for_every_window() {
        let streams = Streams::default();
        let many = STREAMS_OF_ONE_BROWSER_MAX_HTTP2;
        let places: Vec<Place> = (0..=many).map(|_| streams.enter(session(1), Version::HTTP_2)).collect();
        assert_eq!(places.iter().filter(|place| place.token.is_cancelled()).count(), 1);
    }
}
