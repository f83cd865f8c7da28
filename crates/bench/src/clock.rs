//! The one place of this process with a clock and with new ids.

use studio::ports::Timestamp;
use uuid::Uuid;

/// What time it is.
#[expect(clippy::disallowed_methods, reason = "this is where time comes from")]
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

/// The same for people, to the second.
pub(crate) fn now_text() -> String {
    let now = jiff::Timestamp::from_microsecond(now().0).unwrap_or_default();
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// An id nobody else has.
#[expect(clippy::disallowed_methods, reason = "this is where ids come from")]
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}
