//! Time, ids and chance: the only things the engine takes from outside.

use serde::{Deserialize, Serialize};
use std::{ops::Add, time::Duration};
use uuid::Uuid;

/// A moment by the host's clock, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// How long after `earlier` it is; nothing where the clock went back.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// So long before it.
    #[must_use]
    pub fn before(self, by: Duration) -> Self {
        Self(self.0.saturating_sub(micros(by)))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(micros(by)))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// Where the engine takes time, ids and chance from. Tests give it their own.
///
/// # Design
/// The host's clock may step in either direction. It decides when a timer is due and when an effect is lost; how long
/// something has lasted inside this process is measured by tokio, whose clock never goes back.
pub trait Host: Send + Sync {
    /// The time by the wall clock.
    fn now(&self) -> Timestamp;
    /// A new id, never given before.
    fn id(&self) -> Uuid;
    /// Chance, at least 0 and less than 1: so that many who failed together do not come back together.
    fn jitter(&self) -> f64;
}
