//! Money as integers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Micro-dollars: 1,000,000 are one US dollar. Never a float.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl fmt::Display for Micros {
    /// Shows at least cents, and as many of the six places as are not zero: `$0.12`, `$0.0004`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let abs = self.0.unsigned_abs();
        let (dollars, rest) = (abs / 1_000_000, abs % 1_000_000);
        let places = format!("{rest:06}");
        let kept = places.trim_end_matches('0').len().max(2);
        write!(f, "{sign}${dollars}.{}", &places[..kept])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_shows_cents_and_no_more_places_than_it_has() {
        let shown: Vec<_> = [0, 400, 120_000, 2_000_000, -5_000].map(|m| Micros(m).to_string()).into();
        assert_eq!(shown, ["$0.00", "$0.0004", "$0.12", "$2.00", "-$0.005"]);
    }
}
