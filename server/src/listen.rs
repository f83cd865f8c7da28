//! The listener: as many connections as there are places, and a polite end.

use crate::{
    connection::{Connections, GRACE},
    http::Peer,
};
use anyhow::Context;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::task::TaskTracker;

/// Connections at once: below the 1,024 open files that a process is commonly allowed, so that the database can still be
/// opened.
const CONNECTIONS_MAX: usize = 800;
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
) -> io::Result<(TcpStream, Peer, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, peer) = listener.accept().await?;
    // A socket for both families says ::ffff:192.0.2.1 of a client that came by the older one.
    Ok((stream, Peer(peer.ip().to_canonical()), place))
}

/// Serves until `shutdown` completes, then waits for requests under way.
pub(crate) async fn serve(listener: TcpListener, how: Connections, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut is_refusing = false;
    let connections = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, place) = match accepted {
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
        let how = how.clone();
        connections.spawn(async move {
            let _place = place;
            how.serve(stream, peer).await;
        });
    }
    drop(listener);
    connections.close();
    how.end();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}
