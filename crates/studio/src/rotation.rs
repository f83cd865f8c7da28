//! Tokens of a session that follow one another.
//!
//! # Design
//! The token in a browser's cookie names its session and an epoch. Once an hour an answer brings the token of the next
//! epoch. A copy of a token, wherever it was taken, is therefore good for about an hour where its owner goes on too: after
//! that the browser and whoever has the copy cannot both go on, and the first older token that comes back ends the session
//! for both. Where the owner stays away, the copy is renewed like any other, up to the session's end.
//!
//! Three things must not look like a copy. Requests of other tabs that are under way when the newer token arrives: the
//! older one is taken for [`OLDER_TOKEN_GRACE`](crate::OLDER_TOKEN_GRACE) longer. An answer that was lost with the newer
//! token in it: until the newer one has come back once, the older one stays good and its answers bring the newer again,
//! for a token is made from the row and can be made again. Two requests that would both begin the next epoch: the row
//! is changed on the condition that the epoch is still the same, so one of them does.

use crate::{
    OLDER_TOKEN_GRACE, ROTATE_EVERY,
    ports::{Timestamp, store::SessionRow},
};
use std::cmp::Ordering;

/// What an epoch that came back means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Returned {
    /// The newest, and there is nothing to do.
    Newest,
    /// The newest, for the first time.
    NewestFirst,
    /// The newest, and it is time for the next.
    NewestDue,
    /// The one before, whose browser has not shown the newest yet: it is given that once more.
    BeforeUnconfirmed,
    /// The one before, of a request that was under way.
    BeforeInGrace,
    /// An older one than can be honest: somebody has a copy.
    Copied,
    /// A newer one than there is: the database is an older state of itself.
    Unknown,
}

/// Judges the epoch of a token that came with a request.
pub(crate) fn judge(epoch: u32, session: &SessionRow, now: Timestamp) -> Returned {
    let is_before = epoch.checked_add(1) == Some(session.epoch);
    match (epoch.cmp(&session.epoch), session.epoch_seen_at) {
        (Ordering::Greater, _) => Returned::Unknown,
        (Ordering::Equal, None) => Returned::NewestFirst,
        (Ordering::Equal, Some(_)) if now.since(session.epoch_at) >= ROTATE_EVERY => Returned::NewestDue,
        (Ordering::Equal, Some(_)) => Returned::Newest,
        (Ordering::Less, None) if is_before => Returned::BeforeUnconfirmed,
        (Ordering::Less, Some(seen)) if is_before && now.since(seen) <= OLDER_TOKEN_GRACE => {
            Returned::BeforeInGrace
        }
        (Ordering::Less, _) => Returned::Copied,
    }
}
