//! The one place with a clock and with new ids.

use studio::ports::{Clock, Ids, Timestamp};
use uuid::Uuid;

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
    fn now(&self) -> Timestamp {
        Timestamp(jiff::Timestamp::now().as_microsecond())
    }
}

/// UUIDv7.
pub(crate) struct SystemIds;

impl Ids for SystemIds {
    fn next(&self) -> Uuid {
        new_id()
    }
}

/// A new id.
#[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
