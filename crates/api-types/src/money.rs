//! Money as integers.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Nothing costs more than a billion dollars, in micro-dollars: what would is a mistake, and is refused before it can overflow anything.
pub const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Micro-dollars: 1,000,000 are one US dollar. Never a float.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub i64);

impl Micros {
    /// Reads a decimal number of dollars that is not below nothing and has at most six places: `2`, `2.50`. `None` for anything
    /// else, signs, exponents and spaces among it. No float is on the way.
    pub fn from_dollars(text: &str) -> Option<Self> {
        let (whole, places) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(places) || places.len() > 6 {
            return None;
        }
        let dollars: i64 = whole.parse().ok()?;
        let rest: i64 = format!("{places:0<6}").parse().ok()?;
        dollars.checked_mul(1_000_000)?.checked_add(rest).map(Self)
    }

    /// In cents, rounded up: `$0.12`, `<$0.01`; enough where there is little room.
    pub fn in_cents(self) -> String {
        if (1..10_000).contains(&self.0) {
            return "<$0.01".to_owned();
        }
        let cents = self.0.max(0).unsigned_abs().div_ceil(10_000);
        format!("${}.{:02}", cents / 100, cents % 100)
    }

    /// Dollars as a number of JSON, exact to the micro-dollar up to nine billion of them. To be shown, never to be added up.
    #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53")]
    pub const fn as_dollars(self) -> f64 {
        self.0 as f64 / 1_000_000.0
    }
}

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
    fn dollars_are_read_without_a_float() {
        for (text, micros) in [
            ("2", Some(2_000_000)),
            ("2.50", Some(2_500_000)),
            ("0.000001", Some(1)),
            ("0.1", Some(100_000)),
            ("0.0000001", None),
            ("99999999999999999999", None),
            ("9999999999999", None),
            ("-1", None),
            ("+1", None),
            (" 1", None),
            ("1e3", None),
            ("nan", None),
            (".5", None),
            ("5.", None),
            ("", None),
        ] {
            assert_eq!(Micros::from_dollars(text), micros.map(Micros), "{text}");
        }
    }

    #[test]
    fn a_number_of_dollars_has_its_digits_and_no_others() {
        for (micros, text) in
            [(0, "0.0"), (5_000, "0.005"), (2_000_000, "2.0"), (-1, "-1e-6"), (123_456_789, "123.456789")]
        {
            assert_eq!(serde_json::json!(Micros(micros).as_dollars()).to_string(), text);
        }
    }

    #[test]
    fn cents_are_rounded_up() {
        let shown = [0, 1, 10_000, 120_001, 2_000_000, -5].map(|micros| Micros(micros).in_cents());
        assert_eq!(shown, ["$0.00", "<$0.01", "$0.01", "$0.13", "$2.00", "$0.00"]);
    }

    #[test]
    fn money_shows_cents_and_no_more_places_than_it_has() {
        let shown: Vec<_> = [0, 400, 120_000, 2_000_000, -5_000].map(|m| Micros(m).to_string()).into();
        assert_eq!(shown, ["$0.00", "$0.0004", "$0.12", "$2.00", "-$0.005"]);
    }
}
