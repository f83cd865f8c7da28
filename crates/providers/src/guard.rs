//! Where a model server that somebody typed may not be: the addresses at which clouds keep the secrets of their machines.
//!
//! # Design
//! Servers on this machine and in a private network are what people have, so those are allowed. What is looked at is the address
//! that is connected to: a name is resolved here, each time, and what it leads to is judged then, whatever it led to before.
//! Redirects are not followed and no proxy is used ([`crate::http_client`]), so there is no second way.

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The IPv4 address inside an IPv6 one, where it is only another way to write it or the way through a translator.
fn inside(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match address.segments() {
        // ::ffff:a.b.c.d, ::ffff:0:a.b.c.d and ::a.b.c.d
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        // 64:ff9b::/96 and 64:ff9b:1::/48
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low] => Some(of(high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(of(high, low)),
        // 2002::/16
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Whether nothing is ever asked there.
pub(crate) fn is_forbidden(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // Metadata of machines at Alibaba, Oracle and Azure stands outside of the link-local range.
            const METADATA: [Ipv4Addr; 3] = [
                Ipv4Addr::new(100, 100, 100, 200),
                Ipv4Addr::new(192, 0, 0, 192),
                Ipv4Addr::new(168, 63, 129, 16),
            ];
            v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets()[0] == 0
                || METADATA.contains(&v4)
        }
        IpAddr::V6(v6) => {
            // At AWS and at Google.
            const METADATA: [Ipv6Addr; 2] = [
                Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
                Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
            ];
            v6.is_unicast_link_local()
                || v6.is_multicast()
                || v6.is_unspecified()
                || METADATA.contains(&v6)
                || inside(v6).is_some_and(|v4| is_forbidden(IpAddr::V4(v4)))
        }
    }
}

/// Whether an address with numbers leads there. What a name leads to is known when it is asked.
pub(crate) fn leads_there(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse().is_ok_and(is_forbidden)
}

/// Resolves names as the system does, and leaves out where nothing is ever asked.
pub(crate) struct Guarded;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                found.iter().copied().filter(|address| !is_forbidden(address.ip())).collect();
            if allowed.len() < found.len() {
                tracing::warn!(
                    "the name of a model server leads to an address at which nothing is ever asked"
                );
            }
            match allowed.is_empty() {
                true => Err("it leads to an address at which nothing is ever asked".into()),
                false => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_the_address_of_metadata_is_written_it_is_known() {
        for address in [
            "http://169.254.169.254/v1",
            "http://169.254.169.254./v1",
            "http://2852039166/",
            "http://0xa9fea9fe/",
            "http://0251.0376.0251.0376/",
            "http://169.254.43518/",
            "http://[::ffff:169.254.169.254]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://[::169.254.169.254]/",
            "http://[64:ff9b::a9fe:a9fe]/",
            "http://[2002:a9fe:a9fe::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://[::]/",
            "http://0.0.0.0/",
            "http://0/",
            "http://100.100.100.200/",
            "http://168.63.129.16/",
            "http://224.0.0.1/",
            "http://\u{ff11}69.254.169.254/",
            "http:\\\\169.254.169.254\\",
            "http://169.254.169.254\t/",
        ] {
            assert!(leads_there(&Url::parse(address).unwrap()), "{address}");
        }
    }

    #[test]
    fn servers_at_home_and_elsewhere_are_allowed() {
        for address in [
            "http://127.0.0.1:8080",
            "http://localhost:8080",
            "http://[::1]:8080",
            "http://10.0.0.7",
            "http://192.168.1.20:11434",
            "http://172.16.0.1",
            "http://[fd00::7]",
            "http://100.64.1.1",
            "https://api.example.com/v1",
            "https://203.0.113.7",
            "https://[2001:db8::7]",
        ] {
            assert!(!leads_there(&Url::parse(address).unwrap()), "{address}");
        }
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_leads_to() {
        let led = Guarded.resolve("localhost".parse().unwrap()).await.unwrap();
        assert!(led.into_iter().all(|address| address.ip().is_loopback()));
        // A name of numbers needs no server of names.
        assert!(Guarded.resolve("169.254.169.254".parse().unwrap()).await.is_err());
    }
}
