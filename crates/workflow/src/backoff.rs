//! How long to wait before something is tried again.

use std::time::Duration;

/// Tries with growing pauses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Tries in all, the first among them.
    pub tries: u32,
    /// The first pause; each further one is twice as long.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Backoff {
    /// One try and no more.
    pub const ONCE: Self = Self { tries: 1, first: Duration::ZERO, longest: Duration::ZERO };

    /// Five tries, after pauses of about 0.5, 1, 2 and 4 seconds.
    pub const USUAL: Self =
        Self { tries: 5, first: Duration::from_millis(500), longest: Duration::from_secs(60) };

    /// The pause after so many failed tries; none when they are used up. Chance makes it between half as long and whole.
    pub fn pause(&self, failed: u32, jitter: f64) -> Option<Duration> {
        if failed >= self.tries {
            return None;
        }
        let doubled = 2_u32.saturating_pow(failed.saturating_sub(1));
        let whole = self.first.saturating_mul(doubled).min(self.longest);
        Some(whole.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_chance_halves_them_at_most() {
        let backoff = Backoff { tries: 5, first: Duration::from_secs(1), longest: Duration::from_secs(3) };
        let whole = |failed| backoff.pause(failed, 1.0);
        assert_eq!(whole(1), Some(Duration::from_secs(1)));
        assert_eq!(whole(2), Some(Duration::from_secs(2)));
        assert_eq!(whole(3), Some(Duration::from_secs(3)));
        assert_eq!(backoff.pause(2, 0.0), Some(Duration::from_secs(1)));
        assert_eq!(whole(5), None);
    }

    #[test]
    fn many_failures_overflow_nothing() {
        let endless = Backoff { tries: u32::MAX, ..Backoff::USUAL };
        assert_eq!(endless.pause(u32::MAX - 1, 1.0), Some(Duration::from_secs(60)));
    }
}
