//! One connection: TLS where the studio does it itself, then the protocol that both ends speak.

use crate::{
    http::{Peer, Proxies},
    patient::Patient,
    shares::{Share, Shares},
    taken::Pieces,
};
use axum::{Router, body::Body};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
};
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// A client has so long to send its request's head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Longest head of a request over HTTP/1, in bytes; also what waits to be sent to one connection.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// And so long for the handshake of TLS.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);
/// A connection on which nothing is asked for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// Requests at once on one connection over HTTP/2; event streams are among them.
const REQUESTS_OF_ONE_CONNECTION_MAX: u32 = 128;
/// Requests at once of one network, on all its connections; event streams are among them. Each answer that is not taken holds
/// its page.
const REQUESTS_OF_ONE_NETWORK_MAX: usize = 1_000;
/// All headers of a request over HTTP/2, in bytes.
const HEADER_BYTES_MAX: u32 = 32 * 1024;
/// Requests that a client took back before they were looked at; one more ends the connection (CVE-2023-44487).
const TAKEN_BACK_MAX: usize = 20;
/// Over HTTP/2 the other end is asked this often whether it is still there, and has as long to answer.
const PING_EVERY: Duration = Duration::from_secs(20);
/// Requests have so long to end when the connection does.
pub(crate) const GRACE: Duration = Duration::from_secs(8);

/// How connections are served.
#[derive(Clone)]
pub(crate) struct Connections {
    http1: Builder<TokioExecutor>,
    http2: Builder<TokioExecutor>,
    tls: Option<TlsAcceptor>,
    router: Router,
    /// Requests under way, of each network.
    requests: Shares,
    /// They end when this is cancelled.
    end: CancellationToken,
}

impl Connections {
    pub(crate) fn new(router: Router, tls: Option<TlsAcceptor>, proxies: Arc<Proxies>) -> Self {
        let requests = Shares::new(REQUESTS_OF_ONE_NETWORK_MAX, proxies, tls.is_some());
        // Which of the two it is, TLS says; without it no browser speaks HTTP/2, and guessing would wait for ever.
        let mut http1 = Builder::new(TokioExecutor::new()).http1_only();
        http1
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME_MAX)
            .max_buf_size(HEAD_BYTES_MAX);
        let mut http2 = Builder::new(TokioExecutor::new()).http2_only();
        http2
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_EVERY)
            .max_concurrent_streams(REQUESTS_OF_ONE_CONNECTION_MAX)
            .max_header_list_size(HEADER_BYTES_MAX)
            .max_pending_accept_reset_streams(TAKEN_BACK_MAX);
        Self { http1, http2, tls, router, requests, end: CancellationToken::new() }
    }

    /// Lets all of them end after what is under way.
    pub(crate) fn end(&self) {
        self.end.cancel();
    }

    /// Serves one to its end.
    pub(crate) async fn serve(self, stream: TcpStream, peer: Peer) {
        // Small events leave at once.
        let _ = stream.set_nodelay(true);
        let stream = Patient::new(stream);
        let Some(tls) = &self.tls else { return self.speak(&self.http1, None, stream, peer).await };
        let shaken = tokio::select! {
            shaken = timeout(HANDSHAKE_TIME_MAX, tls.accept(stream)) => shaken,
            () = self.end.cancelled() => return,
        };
        match shaken {
            Ok(Ok(stream)) => {
                let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                let protocol = if is_http2 { &self.http2 } else { &self.http1 };
                self.speak(protocol, is_http2.then(Pieces::default), stream, peer).await;
            }
            Ok(Err(fault)) => tracing::debug!(fault = %fault, "a handshake failed"),
            Err(_) => tracing::debug!("a handshake took too long"),
        }
    }

    async fn speak<S>(&self, protocol: &Builder<TokioExecutor>, pieces: Option<Pieces>, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let asked = Arc::new(Asked::new());
        let answer = service_fn(|request| {
            let held = (Active::one(&asked), self.requests.take(peer.0));
            answer(self.router.clone(), held, pieces.clone(), peer, request)
        });
        let connection = protocol.serve_connection(TokioIo::new(stream), answer);
        tokio::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = asked.until_idle() => {
                connection.as_mut().graceful_shutdown();
                timeout(GRACE, connection).await.unwrap_or(Ok(()))
            }
            () = self.end.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
            () = left(pieces.as_ref()) => return tracing::debug!("the other end does not take its answers"),
        };
        if let Err(fault) = ended {
            tracing::debug!(fault = %fault, "a connection ended badly");
        }
    }
}

/// Answers one request, which says who is at the other end.
async fn answer(
    router: Router,
    held: (Active, Option<Share>),
    pieces: Option<Pieces>,
    peer: Peer,
    mut request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    if held.1.is_none() {
        return Ok(too_many());
    }
    request.extensions_mut().insert(peer);
    let response = router.oneshot(request).await?;
    // Held by the body: the request is over when its answer has left.
    Ok(response.map(|body| {
        let body = match pieces {
            Some(pieces) => Body::new(pieces.of(body)),
            None => body,
        };
        Body::new(body.map_err(move |fault| {
            let _still = &held;
            fault
        }))
    }))
}

/// Without a body: this one would not be taken either.
fn too_many() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    response
}

/// Completes when a piece of an answer was not taken in time; over HTTP/1 the stream itself says so.
async fn left(pieces: Option<&Pieces>) {
    match pieces {
        Some(pieces) => pieces.left().await,
        None => std::future::pending().await,
    }
}

/// What is asked for on a connection. Its requests write two numbers and wake nobody: there are tens of thousands in a second.
struct Asked {
    begun: Instant,
    active: AtomicUsize,
    /// When the latest ended, in milliseconds since the beginning.
    ended: AtomicU64,
}

impl Asked {
    fn new() -> Self {
        Self { begun: Instant::now(), active: AtomicUsize::new(0), ended: AtomicU64::new(0) }
    }

    /// Completes when nothing has been asked for [`IDLE_MAX`].
    async fn until_idle(&self) {
        loop {
            let now = Instant::now();
            let is_active = self.active.load(Ordering::Acquire) > 0;
            let ended = self.begun + Duration::from_millis(self.ended.load(Ordering::Relaxed));
            let due = if is_active { now } else { ended } + IDLE_MAX;
            if due <= now {
                return;
            }
            sleep_until(due).await;
        }
    }
}

/// A request under way; counted until it is dropped.
struct Active(Arc<Asked>);

impl Active {
    fn one(asked: &Arc<Asked>) -> Self {
        asked.active.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(asked))
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        let ended = u64::try_from(self.0.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.ended.store(ended, Ordering::Relaxed);
        self.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_when_nothing_was_asked_for_long_enough() {
        let asked = Arc::new(Asked::new());
        let begun = Instant::now();
        let idle = timeout(IDLE_MAX * 10, asked.until_idle());
        let asking = async {
            tokio::time::sleep(IDLE_MAX / 2).await;
            let long = Active::one(&asked);
            drop(Active::one(&asked));
            tokio::time::sleep(IDLE_MAX * 2).await;
            drop(long);
        };
        assert!(tokio::join!(idle, asking).0.is_ok());
        assert_eq!(begun.elapsed().as_secs(), (IDLE_MAX / 2 + IDLE_MAX * 3).as_secs());
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_opens_no_window_for_its_answers_loses_its_connection() {
        let page = || async { "x".repeat(1_000_000) };
        let how = Connections::new(Router::new().route("/", axum::routing::get(page)), None, Arc::default());
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let peer = Peer(std::net::Ipv4Addr::LOCALHOST.into());
        let speaking = how.speak(&how.http2, Some(Pieces::default()), ours, peer);
        let asking = async {
            let (mut client, connection) = hyper::client::conn::http2::Builder::new(TokioExecutor::new())
                .timer(TokioTimer::new())
                .initial_stream_window_size(0)
                .handshake::<_, Body>(TokioIo::new(theirs))
                .await
                .unwrap();
            let request = Request::get("http://localhost/").body(Body::empty()).unwrap();
            let asked = async {
                // The head needs no window; the page stays where it is.
                let response = client.send_request(request).await.unwrap();
                response.into_body().collect().await.is_err()
            };
            tokio::join!(asked, connection).0
        };
        let limit = crate::patient::WRITE_TIME_MAX * 2 + Duration::from_secs(1);
        let ended = timeout(limit, async { tokio::join!(speaking, asking) }).await;
        assert_eq!(ended.map(|((), is_cut)| is_cut), Ok(true), "within {limit:?}");
    }
}
