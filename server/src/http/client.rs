//! Where a request comes from.

use axum::{extract::Request, middleware::Next, response::Response};
use std::net::IpAddr;

/// The other end of the connection: what the listener puts into every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address a request comes from, in every request. Personal: it is never logged above DEBUG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// The layer: puts [`ClientAddress`] into the request.
pub(super) async fn address(mut request: Request, next: Next) -> Response {
    if let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() {
        request.extensions_mut().insert(ClientAddress(peer));
    }
    next.run(request).await
}
