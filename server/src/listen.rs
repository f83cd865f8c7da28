//! The listener: time-outs for slow clients, and a polite end.

use crate::patient::Patient;
use anyhow::Context;
use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;

/// A client has so long to send its request's head.
const HEAD_TIME_MAX: Duration = Duration::from_secs(15);
/// Longest head of a request, in bytes; also what waits to be sent to one connection.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Connections at once: below the 1,024 open files that a process is commonly allowed, so that the database can still be
/// opened.
const CONNECTIONS_MAX: usize = 800;
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

/// The next connection, as soon as there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, _) = listener.accept().await?;
    Ok((stream, place))
}

/// Serves until `shutdown` completes, then waits for requests under way.
pub(crate) async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    // HTTP/1 alone: without TLS no browser speaks HTTP/2, and the builder waits for ever to learn which of the two it is.
    let mut server = Builder::new(TokioExecutor::new()).http1_only();
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME_MAX).max_buf_size(HEAD_BYTES_MAX);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut is_refusing = false;
    let graceful = GracefulShutdown::new();
    let connections = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, place) = match accepted {
            Ok(accepted) => {
                is_refusing = false;
                accepted
            }
            Err(fault) => {
                // Said once, not ten times a second.
                if !std::mem::replace(&mut is_refusing, true) {
                    tracing::warn!(fault = %fault, "connections cannot be accepted");
                }
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            }
        };
        // Small events leave at once.
        let _ = stream.set_nodelay(true);
        let connection = server
            .serve_connection(TokioIo::new(Patient::new(stream)), TowerToHyperService::new(router.clone()))
            .into_owned();
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            let _place = place;
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
