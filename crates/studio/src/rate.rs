//! How many operations a person begins in a minute.
//!
//! # Design
//! Exact, within any minute and in all processes together: each person has a row that says how many they ever began, and one for
//! each of the last. Whoever begins one more holds the first until its commit, and then looks at the one that is as many back as
//! may be begun in a minute: it has to be a minute old. It is the unit of work that opens the run which counts, so what is not
//! opened is not counted. A bucket that fills evenly would be one number, and let nearly twice as many through in some minutes; a
//! clock minute as many at its edge; a row for each free place, taken by whoever finds it unlocked, refuses somebody for what is
//! rolled back a moment later.

use crate::{
    RATE_WITHIN, Studio,
    ports::{
        Timestamp,
        store::{Owned, Rate},
    },
};
use api_types::Problem;
use std::time::Duration;

impl Studio {
    /// How many operations a person may begin.
    pub(crate) const fn rate(&self) -> Rate {
        Rate { most: self.settings.calls_per_minute, within: RATE_WITHIN }
    }

    /// How long this person has to wait for their next operation; nothing where they need not.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub(crate) async fn wait_for_call(&self, owned: Owned) -> Result<Option<Duration>, Problem> {
        let rate = self.rate();
        let before = self.store.call_before(owned, rate.most).await?;
        Ok(before.and_then(|before| wait(before, self.now(), rate)))
    }
}

/// How long until the operation that is in the way is old enough. One that is further away than a minute from now was said by a
/// clock that was set back since, and is in nobody's way: [`crate::ports::store::RateWrites::take_call`] has the same rule.
fn wait(before: Timestamp, now: Timestamp, rate: Rate) -> Option<Duration> {
    let left = before.0.saturating_add(rate.micros()).saturating_sub(now.0);
    let is_near = before.0 <= now.0.saturating_add(rate.micros());
    u64::try_from(left).ok().filter(|left| *left > 0 && is_near).map(Duration::from_micros)
}
