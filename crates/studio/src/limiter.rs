//! So many in a time, and no more: of a person, from an address.
//!
//! # Design
//! One number a key: the time at which all it has taken would be spread evenly (a leaky bucket, as GCRA keeps it). That is
//! smaller than a window of times, needs no timer, and lets go little by little. A crate that does the same (governor)
//! keeps its own clock and its keys without a bound; here the clock is the caller's and the keys are bounded.

use crate::{LIMITED_MAX, ports::Timestamp};
use api_types::Problem;
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Lets `most` through at once, and after that as many in each `period`.
#[derive(Debug)]
pub struct Limiter<K> {
    /// Microseconds that one costs, and that may be owed.
    cost: i64,
    most_owed: i64,
    /// When each key owes nothing any more.
    free_at: Mutex<HashMap<K, i64>>,
}

impl<K: Eq + Hash> Limiter<K> {
    /// A limiter that has seen nobody yet.
    pub fn new(most: u32, period: Duration) -> Self {
        let period = i64::try_from(period.as_micros()).unwrap_or(i64::MAX);
        Self { cost: period / i64::from(most.max(1)), most_owed: period, free_at: Mutex::default() }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub fn take(&self, key: K, now: Timestamp) -> Result<(), Duration> {
        let mut all = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LIMITED_MAX && !all.contains_key(&key) {
            make_room(&mut all, now.0);
        }
        let free_at = all.entry(key).or_insert(now.0);
        let next = (*free_at).max(now.0).saturating_add(self.cost);
        let over = next.saturating_sub(now.0.saturating_add(self.most_owed));
        if over > 0 {
            return Err(Duration::from_micros(u64::try_from(over).unwrap_or(0)));
        }
        *free_at = next;
        Ok(())
    }
}

/// Forgets who owes nothing; where all do, the tenth that owes least: not one alone, for each time costs a look at all.
fn make_room<K: Eq + Hash>(all: &mut HashMap<K, i64>, now: i64) {
    all.retain(|_, free_at| *free_at > now);
    if all.len() < LIMITED_MAX {
        return;
    }
    let mut times: Vec<i64> = all.values().copied().collect();
    let tenth = LIMITED_MAX / 10;
    let (_, limit, _) = times.select_nth_unstable(tenth);
    let (limit, mut left) = (*limit, tenth);
    all.retain(|_, free_at| {
        let goes = left > 0 && *free_at <= limit;
        left -= usize::from(goes);
        !goes
    });
}

/// Why wrong guesses are slowed, whoever counted them: for an address or for a key.
pub const WRONG_TOO_OFTEN: &str = "Too many wrong keys, codes or tokens were sent.";

/// The refusal of a limit; it says when it lets go.
pub fn too_many(what: &str, wait: Duration) -> Problem {
    let seconds = u32::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX).max(1);
    let when = if seconds == 1 {
        "a second".to_owned()
    } else if seconds < 120 {
        format!("{seconds} seconds")
    } else {
        format!("{} minutes", seconds.div_ceil(60))
    };
    let detail = format!("{what} Try again in {when}.");
    Problem::RateLimited { detail, retry_after_s: seconds, refusal: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_700_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn so_many_at_once_then_one_by_one() {
        let limiter = Limiter::new(3, Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(limiter.take("a", at(0)), Ok(()));
        }
        assert_eq!(limiter.take("a", at(0)), Err(Duration::from_secs(20)));
        assert_eq!(limiter.take("b", at(0)), Ok(()), "another's is another's");
        assert_eq!(limiter.take("a", at(19)), Err(Duration::from_secs(1)), "asking costs nothing");
        assert_eq!(limiter.take("a", at(20)), Ok(()));
        assert_eq!(limiter.take("a", at(21)), Err(Duration::from_secs(19)));
        for _ in 0..3 {
            assert_eq!(limiter.take("a", at(500)), Ok(()), "all of it is back");
        }
        assert!(limiter.take("a", at(500)).is_err());
    }

    #[test]
    fn a_clock_that_goes_back_opens_nothing() {
        let limiter = Limiter::new(1, Duration::from_secs(60));
        assert_eq!(limiter.take("a", at(1_000)), Ok(()));
        assert_eq!(limiter.take("a", at(0)), Err(Duration::from_secs(1_060)));
    }

    #[test]
    fn memory_is_bounded_and_who_owes_most_is_remembered() {
        let limiter = Limiter::new(2, Duration::from_secs(60));
        limiter.take(0, at(0)).unwrap();
        limiter.take(0, at(0)).unwrap();
        for key in 1..2 * LIMITED_MAX {
            limiter.take(key, at(0)).unwrap();
        }
        assert!(limiter.free_at.lock().unwrap().len() <= LIMITED_MAX);
        assert!(limiter.take(0, at(0)).is_err(), "still remembered");
        for key in 0..2 * LIMITED_MAX {
            limiter.take(3 * LIMITED_MAX + key, at(100 + i64::try_from(key).unwrap() * 31)).unwrap();
        }
        assert!(
            limiter.free_at.lock().unwrap().len() <= LIMITED_MAX,
            "who owes nothing is forgotten when room is needed"
        );
    }

    #[test]
    fn a_refusal_says_when() {
        let said = |seconds| match too_many("Slow.", Duration::from_millis(seconds)) {
            Problem::RateLimited { detail, retry_after_s, .. } => (detail, retry_after_s),
            other => panic!("{other:?}"),
        };
        assert_eq!(said(1), ("Slow. Try again in a second.".to_owned(), 1));
        assert_eq!(said(200_000), ("Slow. Try again in 4 minutes.".to_owned(), 200));
    }
}
