//! Places for connections, and how many of them one network may hold.
//!
//! # Design
//! A process may open so many files and no more. Whoever takes all places keeps everybody else out without asking for
//! anything, so one network has half of them at most. Proxies are not one client, and whoever comes from this machine may
//! be a proxy that nobody named: both are left to the whole.

use crate::http::{Proxies, network};
use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at once: below the 1,024 open files that a process is commonly allowed, so that the database can still be
/// opened.
const CONNECTIONS_MAX: usize = 800;
/// Connections at once of one network: an IPv4 address, or a /64 of IPv6.
const CONNECTIONS_OF_ONE_MAX: usize = CONNECTIONS_MAX / 2;

/// How many connections each network has.
type Held = Mutex<HashMap<IpAddr, usize>>;

/// The places of a listener.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    held: Arc<Held>,
    proxies: Arc<Proxies>,
    is_full: AtomicBool,
}

/// A place that is free for the next connection, whoever it is.
pub(crate) struct Free {
    _permit: Option<OwnedSemaphorePermit>,
}

/// The place of one connection; given back when dropped.
pub(crate) struct Place {
    _free: Free,
    /// Of whose share it is.
    share: Option<(IpAddr, Arc<Held>)>,
}

impl Places {
    /// All free.
    pub(crate) fn new(proxies: Arc<Proxies>) -> Self {
        Self {
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            held: Arc::default(),
            proxies,
            is_full: AtomicBool::new(false),
        }
    }

    /// Waits until there is one.
    pub(crate) async fn free(&self) -> Free {
        if let Ok(free) = Arc::clone(&self.free).try_acquire_owned() {
            self.is_full.store(false, Ordering::Relaxed);
            return Free { _permit: Some(free) };
        }
        // Said once each time it comes to this.
        if !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                connections = CONNECTIONS_MAX,
                "all places for connections are taken: new ones wait"
            );
        }
        // The semaphore is never closed.
        Free { _permit: Arc::clone(&self.free).acquire_owned().await.ok() }
    }

    /// Gives a free place to `peer`; none when its network holds its share already.
    pub(crate) fn take(&self, free: Free, peer: IpAddr) -> Option<Place> {
        if peer.is_loopback() || self.proxies.trusts(peer) {
            return Some(Place { _free: free, share: None });
        }
        let network = network(peer);
        let mut held = lock(&self.held);
        let count = held.entry(network).or_default();
        if *count >= CONNECTIONS_OF_ONE_MAX {
            return None;
        }
        *count += 1;
        Some(Place { _free: free, share: Some((network, Arc::clone(&self.held))) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((network, held)) = &self.share else { return };
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

    async fn take(places: &Places, peer: &str) -> Option<Place> {
        places.take(places.free().await, address(peer))
    }

    #[tokio::test]
    async fn one_network_holds_half_of_the_places_and_gets_them_back() {
        let places = Places::new(Arc::default());
        let mut mine = Vec::new();
        for at in 0..CONNECTIONS_OF_ONE_MAX {
            mine.push(take(&places, &format!("2001:db8::{at:x}")).await.unwrap());
        }
        assert!(take(&places, "2001:db8::ffff").await.is_none(), "its share is used up");
        assert!(take(&places, "192.0.2.1").await.is_some(), "others have theirs");
        mine.pop();
        assert!(take(&places, "2001:db8::ffff").await.is_some(), "what is given back can be had again");
        drop(mine);
        assert!(lock(&places.held).is_empty(), "nothing is kept of who is gone");
        assert_eq!(places.free.available_permits(), CONNECTIONS_MAX);
    }

    #[tokio::test]
    async fn proxies_and_this_machine_have_no_share() {
        let places = Places::new(Arc::new(Proxies(vec!["10.0.0.0/24".parse().unwrap()])));
        for peer in ["10.0.0.7", "127.0.0.1"] {
            let held = many(&places, peer, CONNECTIONS_OF_ONE_MAX + 1).await;
            assert!(held.iter().all(Option::is_some), "{peer}");
        }
    }

    async fn many(places: &Places, peer: &str, count: usize) -> Vec<Option<Place>> {
        let mut held = Vec::with_capacity(count);
        for _ in 0..count {
            held.push(take(places, peer).await);
        }
        held
    }
}
