//! The listener: time-outs for slow clients, and a polite end.

use anyhow::Context;
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// A client has so long to send its request's head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Requests have so long to end when the process goes down.
const GRACE: Duration = Duration::from_secs(8);
/// After a failed accept (out of files, mostly) it is tried again after this.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Takes the port.
pub(crate) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be listened on; another program may use the port. Set PORT to another one")
    })
}

/// Serves until `shutdown` completes, then waits for requests under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX);
    server.http2().timer(TokioTimer::new());
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(fault) => {
                tracing::warn!(fault = %fault, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        // Small events leave at once.
        let _ = stream.set_nodelay(true);
        let connection = server
            .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()))
            .into_owned();
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            if let Err(fault) = watched.await {
                tracing::debug!(fault = %fault, "a connection ended badly");
            }
        });
    }
    drop(listener);
    connections.close();
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(GRACE) => tracing::warn!("some requests did not end in time"),
    }
}
