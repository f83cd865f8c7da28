//! Time that goes when it is told to, and ids that count.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use studio::ports::{Clock, Ids, Timestamp};
use uuid::Uuid;

/// A clock that stands still. Copies show the same time.
#[derive(Clone)]
pub(crate) struct FakeClock(Arc<AtomicI64>);

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_800_000_000_000_000)))
    }

    /// Somebody sets it.
    pub(crate) fn set(&self, at: Timestamp) {
        self.0.store(at.0, Ordering::SeqCst);
    }

    /// Some time goes by.
    pub(crate) fn pass(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// Each id is later than all before it, as the real ones are.
#[derive(Clone, Default)]
pub(crate) struct FakeIds(Arc<AtomicU64>);

impl Ids for FakeIds {
    fn next(&self) -> Uuid {
        const BASE: u128 = 0x0193_a5b2_7c1e_7000_8000_0000_0000_0000;
        Uuid::from_u128(BASE + u128::from(self.0.fetch_add(1, Ordering::SeqCst)))
    }
}
