//! Whether and when to ask again.

use super::fault::{Again, Fault};
use crate::Timeouts;
use std::time::Duration;

/// The tries of one answer.
pub(super) struct Patience {
    tries_left: u32,
    wait_next: Duration,
    wait_left: Duration,
}

impl Patience {
    pub(super) fn new(timeouts: &Timeouts) -> Self {
        Self {
            tries_left: timeouts.tries_max.saturating_sub(1),
            wait_next: timeouts.wait_first,
            wait_left: timeouts.wait_total_max,
        }
    }

    /// How long to wait before asking again; `None` when this fault is the last word. `chance` is anything from 0 to
    /// 255 and spreads our own waits over half to the whole of their length. A server's own wish is kept to the letter.
    pub(super) fn wait(&mut self, fault: &Fault, chance: u8) -> Option<Duration> {
        self.tries_left = self.tries_left.checked_sub(1)?;
        let wait = match fault.again {
            Again::Never => return None,
            Again::After(wish) => wish,
            Again::Soon => self.wait_next.mul_f64(0.5 + f64::from(chance) / 510.0),
        };
        self.wait_left = self.wait_left.checked_sub(wait)?;
        self.wait_next = self.wait_next.saturating_mul(2);
        Some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use studio::ports::ModelError;

    fn fault(again: Again) -> Fault {
        Fault { error: ModelError::TooLong, again }
    }

    #[test]
    fn three_tries_with_growing_waits_and_no_more() {
        let mut patience = Patience::new(&Timeouts::default());
        let first = patience.wait(&fault(Again::Soon), 0).unwrap();
        let second = patience.wait(&fault(Again::Soon), 255).unwrap();
        assert_eq!((first, second), (Duration::from_millis(250), Duration::from_secs(1)));
        assert_eq!(patience.wait(&fault(Again::Soon), 0), None);
    }

    #[test]
    fn a_servers_wish_is_kept_unless_it_is_too_long() {
        let mut patience = Patience::new(&Timeouts::default());
        let wish = Duration::from_secs(9);
        assert_eq!(patience.wait(&fault(Again::After(wish)), 7), Some(wish));
        assert_eq!(patience.wait(&fault(Again::After(wish)), 7), None);
    }

    #[test]
    fn some_faults_are_final() {
        assert_eq!(Patience::new(&Timeouts::default()).wait(&fault(Again::Never), 0), None);
    }
}
