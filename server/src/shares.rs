//! How much of something one network may have at once.
//!
//! # Design
//! A proxy is not one client, and without TLS of its own the studio may stand behind one on this machine that nobody named:
//! both have no share but the whole.

use crate::http::{Proxies, network};
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many each network has.
type Held = Mutex<HashMap<IpAddr, usize>>;

/// What is shared out.
#[derive(Clone)]
pub(crate) struct Shares {
    most: usize,
    held: Arc<Held>,
    proxies: Arc<Proxies>,
    /// Nobody from this machine is a proxy without a name.
    has_tls: bool,
}

/// One of what a network has; given back when dropped.
pub(crate) struct Share(Option<(IpAddr, Arc<Held>)>);

impl Shares {
    /// `most` for each network: an IPv4 address, or a /64 of IPv6.
    pub(crate) fn new(most: usize, proxies: Arc<Proxies>, has_tls: bool) -> Self {
        Self { most, held: Arc::default(), proxies, has_tls }
    }

    /// One for `peer`; none when its network has all that it may.
    pub(crate) fn take(&self, peer: IpAddr) -> Option<Share> {
        if self.proxies.trusts(peer) || (peer.is_loopback() && !self.has_tls) {
            return Some(Share(None));
        }
        let network = network(peer);
        let mut held = lock(&self.held);
        let count = held.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Share(Some((network, Arc::clone(&self.held)))))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let Some((network, held)) = &self.0 else { return };
        if let Entry::Occupied(mut count) = lock(held).entry(*network) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn lock(held: &Held) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_its_share_and_gets_it_back() {
        let shares = Shares::new(3, Arc::default(), false);
        let take = |at: &str| shares.take(address(at));
        let mut mine: Vec<_> = (0..3).map(|at| take(&format!("2001:db8::{at:x}")).unwrap()).collect();
        assert!(take("2001:db8::ffff").is_none(), "its share is used up");
        assert!(take("192.0.2.1").is_some(), "others have theirs");
        mine.pop();
        assert!(take("2001:db8::ffff").is_some(), "what is given back can be had again");
        drop(mine);
        assert!(lock(&shares.held).is_empty(), "nothing is kept of who is gone");
    }

    #[test]
    fn proxies_have_no_share_and_this_machine_has_one_where_the_studio_has_tls() {
        let proxies = Arc::new(Proxies(vec!["10.0.0.0/24".parse().unwrap()]));
        for (peer, has_tls, is_free) in [
            ("10.0.0.7", true, true),
            ("127.0.0.1", false, true),
            ("127.0.0.1", true, false),
            ("10.0.1.7", false, false),
        ] {
            let shares = Shares::new(1, proxies.clone(), has_tls);
            let _first = shares.take(address(peer)).unwrap();
            assert_eq!(shares.take(address(peer)).is_some(), is_free, "{peer} {has_tls}");
        }
    }
}
