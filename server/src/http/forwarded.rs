//! What proxies say of the client behind them.
//!
//! # Design
//! Anybody can send these headers, so they are read only where the other end of the connection is a proxy that the operator
//! named, and then from the right: each proxy appends whom it saw, so the rightmost address that is no proxy of ours is the
//! last one that somebody trusted has seen. What stands left of it, the client may have written. `Forwarded`
//! (RFC 7239) is read only where there is no `X-Forwarded-For`: a proxy that sets one of the two passes the other on as the
//! client wrote it, and nearly all set the latter.

use http::HeaderMap;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

const FOR: &str = "x-forwarded-for";
const FORWARDED: &str = "forwarded";
const PROTO: &str = "x-forwarded-proto";
const VIA: &str = "via";

/// The proxies whose word counts (`TRUSTED_PROXIES`).
#[derive(Debug, Clone, Default)]
pub(crate) struct Proxies(pub(crate) Vec<IpNet>);

impl Proxies {
    /// Whether this is one of them.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Whether the other end of the connection says for whom it asks, and is none of them.
    pub(super) fn is_unnamed(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        (headers.contains_key(FOR) || headers.contains_key(FORWARDED)) && !self.trusts(peer)
    }

    /// Whom a request comes from: the other end of the connection, or the client behind it where that is a proxy that is
    /// trusted and says whom it saw.
    pub(super) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if !self.trusts(peer) {
            return peer;
        }
        let mut nearest = peer;
        for hop in hops(headers).into_iter().rev() {
            // Whoever wrote something else there is as far as we can see.
            let Some(hop) = hop else { break };
            nearest = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        nearest
    }
}

/// Whether a trusted proxy says that the client came to it without TLS.
pub(super) fn is_clear(headers: &HeaderMap) -> bool {
    let said = match last(headers, PROTO) {
        Some(proto) => Some(proto),
        None => last(headers, FORWARDED).and_then(|hop| parameter(hop, "proto")),
    };
    said.is_some_and(|proto| proto.eq_ignore_ascii_case("http"))
}

/// Whether the first proxy says that the client speaks HTTP/2 or later with it (`Via: 2.0 name`).
pub(super) fn is_multiplexed(headers: &HeaderMap) -> bool {
    let first = list(headers, VIA).next().and_then(|hop| hop.split_whitespace().next());
    // The protocol's name may stand before its version.
    let version = first.and_then(|protocol| protocol.rsplit('/').next()).unwrap_or_default();
    matches!(version.split('.').next(), Some("2" | "3"))
}

/// The addresses as they were appended; `None` where it is none.
fn hops(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    if headers.contains_key(FOR) {
        return list(headers, FOR).map(address).collect();
    }
    list(headers, FORWARDED).map(|hop| address(parameter(hop, "for")?)).collect()
}

fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    list(headers, name).last()
}

/// The members of a list that may go over several lines. One that is no text is there all the same.
fn list<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?"));
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// A parameter of a hop: `for=192.0.2.1;proto=https`.
fn parameter<'a>(hop: &'a str, name: &str) -> Option<&'a str> {
    let pairs = hop.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs
        .into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim_matches('"'))
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse().ok().map(|socket: SocketAddr| socket.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn client(lines: &[(&'static str, &str)]) -> String {
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
        proxies.client("10.0.0.1".parse().unwrap(), &headers(lines)).to_string()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn the_rightmost_address_that_is_no_proxy_of_ours_is_the_client() {
        let said = |text| client(&[("x-forwarded-for", text)]);
        assert_eq!(said("203.0.113.7"), "203.0.113.7");
        assert_eq!(said("6.6.6.6, 203.0.113.7"), "203.0.113.7", "the client wrote the first");
        assert_eq!(said("6.6.6.6, 203.0.113.7, 10.0.0.9"), "203.0.113.7", "the last is a proxy of ours");
        assert_eq!(said("10.0.0.8, 10.0.0.9"), "10.0.0.8", "somebody in the house");
        assert_eq!(said("203.0.113.7:4711"), "203.0.113.7");
        assert_eq!(said("[2001:db8::7]:80"), "2001:db8::7");
        assert_eq!(said("2001:db8::7"), "2001:db8::7");
        assert_eq!(said("::ffff:203.0.113.7"), "203.0.113.7");
    }

    #[test]
    fn nobody_else_is_believed() {
        let forged = headers(&[("x-forwarded-for", "203.0.113.7"), ("forwarded", "for=203.0.113.7")]);
        let proxies = Proxies(vec!["10.0.0.0/8".parse().unwrap()]);
        for peer in ["127.0.0.1", "192.0.2.1", "::ffff:10.0.0.1"] {
            let peer: IpAddr = peer.parse().unwrap();
            assert_eq!(proxies.client(peer, &forged), peer);
        }
    }

    #[test]
    fn what_cannot_be_read_hides_what_stands_left_of_it() {
        let said = |text| client(&[("x-forwarded-for", text)]);
        assert_eq!(said("203.0.113.7, unknown"), "10.0.0.1");
        assert_eq!(said("203.0.113.7, nonsense, 10.0.0.9"), "10.0.0.9");
        assert_eq!(said("203.0.113.7, \u{e9}"), "10.0.0.1");
        assert_eq!(said(""), "10.0.0.1");
        assert_eq!(client(&[]), "10.0.0.1");
    }

    #[test]
    fn lines_are_one_list_and_forwarded_counts_where_the_older_name_is_not_there() {
        let twice = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.7")];
        assert_eq!(client(&twice), "203.0.113.7");
        let standard = ("forwarded", "for=6.6.6.6, For=\"[2001:db8::7]:4711\";proto=https");
        assert_eq!(client(&[standard]), "2001:db8::7");
        assert_eq!(client(&[standard, ("x-forwarded-for", "203.0.113.7")]), "203.0.113.7");
        assert_eq!(client(&[("forwarded", "for=203.0.113.7, for=_hidden")]), "10.0.0.1");
    }

    #[test]
    fn the_last_proxy_says_how_the_client_came() {
        let clear = |lines: &[(&'static str, &str)]| is_clear(&headers(lines));
        assert!(clear(&[("x-forwarded-proto", "http")]) && clear(&[("x-forwarded-proto", "https, HTTP")]));
        assert!(clear(&[("forwarded", "for=203.0.113.7;proto=http")]));
        assert!(!clear(&[]) && !clear(&[("x-forwarded-proto", "http, https")]));
        assert!(!clear(&[("x-forwarded-proto", "https"), ("forwarded", "proto=http")]));
    }

    #[test]
    fn the_first_proxy_says_which_protocol_the_client_speaks() {
        let multiplexed = |via: &str| is_multiplexed(&headers(&[("via", via)]));
        assert!(multiplexed("2.0 Caddy") && multiplexed("HTTP/2.0 nginx, 1.1 inner") && multiplexed("3 x"));
        assert!(!multiplexed("1.1 x, 2.0 y") && !multiplexed("HTTP/1.1 x") && !multiplexed(""));
        assert!(!is_multiplexed(&headers(&[])));
    }
}
