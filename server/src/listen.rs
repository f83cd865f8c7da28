//! The listener: as many connections as there are places, and a polite end.

use crate::{
    connection::{Connections, GRACE},
    http::Peer,
    places::{Free, Places},
};
use anyhow::Context;
use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

/// After a failed accept (out of files, mostly) it is tried again after this.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// That connections above the share of a network are closed is said this often, not for each of hundreds.
const SAY_AGAIN: Duration = Duration::from_secs(60);

/// Takes the port.
pub(crate) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!("{listen} cannot be listened on; another program may use the port. Set PORT to another one")
    })
}

/// The next connection, as soon as there is a place for it.
async fn accept(listener: &TcpListener, places: &Places) -> io::Result<(TcpStream, Peer, Free)> {
    let free = places.free().await;
    let (stream, peer) = listener.accept().await?;
    // A socket for both families says ::ffff:192.0.2.1 of a client that came by the older one.
    Ok((stream, Peer(peer.ip().to_canonical()), free))
}

/// Serves until `shutdown` completes, then waits for requests under way.
pub(crate) async fn serve(
    listener: TcpListener,
    places: Places,
    how: Connections,
    shutdown: impl Future<Output = ()>,
) {
    let mut is_refusing = false;
    let mut said: Option<Instant> = None;
    let connections = TaskTracker::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let (stream, peer, free) = match accepted {
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
        let Some(place) = places.take(free, peer.0) else {
            // The address is personal and stays out of the log.
            if said.is_none_or(|said| said.elapsed() >= SAY_AGAIN) {
                said = Some(Instant::now());
                tracing::warn!("one network holds its share of the connections: more of its are closed");
            }
            continue;
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
