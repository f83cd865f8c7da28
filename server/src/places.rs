//! Places for connections.
//!
//! # Design
//! A process may open so many files and no more. Whoever takes all places keeps everybody else out without asking for
//! anything, so one network has half of them at most.

use crate::{
    http::Proxies,
    shares::{Share, Shares},
};
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections at once: below the 1,024 open files that a process is commonly allowed, so that the database can still be
/// opened.
const CONNECTIONS_MAX: usize = 800;
/// Connections at once of one network.
const CONNECTIONS_OF_ONE_MAX: usize = CONNECTIONS_MAX / 2;

/// The places of a listener.
pub(crate) struct Places {
    free: Arc<Semaphore>,
    shares: Shares,
    is_full: AtomicBool,
}

/// A place that is free for the next connection, whoever it is.
pub(crate) struct Free {
    _permit: Option<OwnedSemaphorePermit>,
}

/// The place of one connection; given back when dropped.
pub(crate) struct Place {
    _free: Free,
    _share: Share,
}

impl Places {
    /// All free.
    pub(crate) fn new(proxies: Arc<Proxies>, has_tls: bool) -> Self {
        Self {
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            shares: Shares::new(CONNECTIONS_OF_ONE_MAX, proxies, has_tls),
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
        Some(Place { _free: free, _share: self.shares.take(peer)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_network_leaves_half_of_the_places_to_others() {
        let places = Places::new(Arc::default(), true);
        let mut held = Vec::new();
        for _ in 0..=CONNECTIONS_OF_ONE_MAX {
            held.extend(places.take(places.free().await, "192.0.2.1".parse().unwrap()));
        }
        assert_eq!((held.len(), places.free.available_permits()), (400, 400));
        assert!(places.take(places.free().await, "192.0.2.2".parse().unwrap()).is_some());
        drop(held);
        assert_eq!(places.free.available_permits(), CONNECTIONS_MAX);
    }
}
