//! Where a request comes from, and whether it came by TLS.

use super::{
    Http, Proxies,
    forwarded::{is_clear, is_multiplexed},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Version};
use std::{
    net::{IpAddr, Ipv6Addr},
    sync::atomic::{AtomicBool, Ordering},
};

/// The other end of the connection: what the listener puts into every request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The address a request comes from, in every request. Personal: it is never logged above DEBUG.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(pub(crate) IpAddr);

/// One network is one of whoever has it: a whole /64 of IPv6, which every subscriber is given at least.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    beginning(address, 64)
}

/// What one end site (RFC 6177) has at most, commonly: a /48 of IPv6.
pub(super) fn end_site(address: IpAddr) -> IpAddr {
    beginning(address, 48)
}

/// An address of IPv6 with nothing after its first `bits`; one of IPv4 is whole.
fn beginning(address: IpAddr, bits: u32) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !(u128::MAX >> bits)).into(),
        v4 => v4,
    }
}

/// The version of HTTP that the browser speaks, be it with us or with a proxy that is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken(pub(super) Version);

/// How a request of a studio with an https address came; [`super::host`] judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By our own TLS, through a proxy that is trusted, or from this machine.
    Safe,
    /// Through a proxy that is trusted and says that the client came to it without TLS.
    Clear,
    /// Without TLS, and not through a proxy that is trusted.
    Unnamed(IpAddr),
}

/// The layer: puts [`ClientAddress`], [`Way`] and [`Spoken`] into the request.
pub(super) async fn address(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let mut spoken = request.version();
    if let Some(peer) = request.extensions().get::<Peer>().copied() {
        let way = if http.cookies.is_https {
            Way::of(peer, http.has_tls, &http.proxies, request.headers())
        } else {
            Way::Safe
        };
        let client = http.proxies.client(peer.0, request.headers());
        if !http.has_tls && is_near(peer.0) && http.proxies.is_unnamed(peer.0, request.headers()) {
            say_unnamed(peer.0);
        }
        request.extensions_mut().insert(ClientAddress(client));
        request.extensions_mut().insert(way);
        if http.proxies.trusts(peer.0) && is_multiplexed(request.headers()) {
            spoken = Version::HTTP_2;
        }
    }
    request.extensions_mut().insert(Spoken(spoken));
    next.run(request).await
}

/// Whether a proxy of the operator's could be there: on this machine, or in the network of the house.
fn is_near(peer: IpAddr) -> bool {
    match peer.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local(),
    }
}

/// Says once that everybody behind a proxy is one to the studio.
fn say_unnamed(peer: IpAddr) {
    static SAID: AtomicBool = AtomicBool::new(false);
    if !SAID.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            "a proxy at {peer} is not named in TRUSTED_PROXIES: all who come through it count as one address, and share its limits"
        );
    }
}

impl Way {
    fn of(Peer(peer): Peer, has_tls: bool, proxies: &Proxies, headers: &HeaderMap) -> Self {
        match proxies.trusts(peer) {
            true if is_clear(headers) => Self::Clear,
            // A proxy on this machine may stay unnamed: people had one before there was the setting.
            false if !has_tls && !peer.is_loopback() => Self::Unnamed(peer),
            _ => Self::Safe,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn who_comes_without_tls_and_not_through_a_named_proxy_is_told_so() {
        let proxies = Proxies(vec!["10.0.0.0/24".parse().unwrap()]);
        let clear = HeaderMap::from_iter([(PROTO, HeaderValue::from_static("http"))]);
        let way = |peer: &str, has_tls, headers: &HeaderMap| {
            Way::of(Peer(peer.parse().unwrap()), has_tls, &proxies, headers)
        };
        let none = HeaderMap::new();
        assert_eq!(way("10.0.0.7", false, &none), Way::Safe);
        assert_eq!(way("10.0.0.7", true, &clear), Way::Clear);
        assert_eq!(way("10.0.1.7", false, &none), Way::Unnamed("10.0.1.7".parse().unwrap()));
        assert_eq!(way("10.0.1.7", true, &clear), Way::Safe, "what others forward is not read");
        assert_eq!(way("127.0.0.1", false, &clear), Way::Safe);
    }

    #[test]
    fn a_subscriber_is_one_whatever_address_of_theirs_is_used() {
        let of = |text: &str| network(text.parse::<IpAddr>().unwrap()).to_string();
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_ne!(of("2001:db8:1:3::1"), of("2001:db8:1:2::1"));
        assert_eq!(end_site("2001:db8:1:3::1".parse().unwrap()).to_string(), "2001:db8:1::");
        assert_eq!(end_site("192.0.2.7".parse().unwrap()).to_string(), "192.0.2.7");
    }

    const PROTO: http::HeaderName = http::HeaderName::from_static("x-forwarded-proto");
}
