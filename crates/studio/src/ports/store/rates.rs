//! How often: operations of a person, and requests of an address that asks a lot.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use async_trait::async_trait;
use std::time::Duration;

/// The rule of the schema by which a call is refused that does not fit.
pub const CALLS_WITHIN_RATE: &str = "calls_within_rate";

/// So many within a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// At most.
    pub most: u32,
    /// Within any so long a time.
    pub within: Duration,
}

impl Rate {
    /// Its time in microseconds.
    pub fn micros(self) -> i64 {
        i64::try_from(self.within.as_micros()).unwrap_or(i64::MAX)
    }
}

/// Reads of rates.
#[async_trait]
pub trait RateReads: Send + Sync {
    /// When the last operation but `most - 1` of this person was begun: one more waits until that is [`Rate::within`] ago. `None`
    /// where there were fewer.
    async fn call_before(&self, owned: Owned, most: u32) -> Result<Option<Timestamp>, StoreError>;
}

/// Writes of rates.
#[async_trait]
pub trait RateWrites: Send {
    /// Counts an operation of this person, where fewer than `rate.most` were begun within the time before it; else the unit of work
    /// ends with `Conflict` of [`CALLS_WITHIN_RATE`]. Two of one person wait here for each other, in every process. One that is said
    /// to be begun more than that time after now is not counted: a clock was set back. Sent later.
    async fn take_call(&mut self, owned: Owned, at: Timestamp, rate: Rate) -> Result<(), StoreError>;

    /// Forgets what no [`RateWrites::take_call`] of this rate looks at any more. After one, in its unit of work; sent later.
    async fn forget_calls(&mut self, owned: Owned, rate: Rate) -> Result<(), StoreError>;

    /// Takes `count` requests of an address out of a bucket that has room for `rate.most` and empties evenly in [`Rate::within`].
    /// Where they do not fit: how long until they do.
    async fn take_requests(
        &mut self,
        address: &str,
        count: u32,
        at: Timestamp,
        rate: Rate,
    ) -> Result<Result<(), Duration>, StoreError>;

    /// Removes addresses that owe nothing since then, a part at a time; how many.
    async fn purge_addresses(&mut self, before: Timestamp) -> Result<u64, StoreError>;
}
