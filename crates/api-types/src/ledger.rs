//! What operations cost, as it is booked.

use serde::{Deserialize, Serialize};

/// What a row of the ledger does with its amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// The worst case of an operation is put aside before it begins.
    Hold,
    /// What it cost is taken from its hold.
    Settle,
    /// What is left of a hold is given back.
    Release,
    /// It cost more than its hold; what is above it is booked all the same.
    Overrun,
}

impl EntryKind {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Settle => "settle",
            Self::Release => "release",
            Self::Overrun => "overrun",
        }
    }

    /// Reads [`EntryKind::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Hold, Self::Settle, Self::Release, Self::Overrun]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }

    /// The accounts that the amount leaves and enters.
    pub const fn accounts(self) -> (&'static str, &'static str) {
        match self {
            Self::Hold => ("limit", "held"),
            Self::Settle => ("held", "spent"),
            Self::Release => ("held", "limit"),
            Self::Overrun => ("limit", "spent"),
        }
    }
}

/// How long a limit counts before it begins anew. Both of UTC: summer time moves neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// A clock hour.
    Hour,
    /// A day.
    Day,
}

impl Span {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    /// Reads [`Span::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Hour, Self::Day].into_iter().find(|span| span.as_str() == text)
    }

    /// Its length in microseconds.
    pub const fn micros(self) -> i64 {
        match self {
            Self::Hour => 3_600_000_000,
            Self::Day => 24 * 3_600_000_000,
        }
    }

    /// The beginning of the one that a moment lies in; both in microseconds since 1970. Of the first one of all time, where there
    /// is no earlier number, that is the earliest number.
    pub const fn start(self, at: i64) -> i64 {
        at.saturating_sub(at.rem_euclid(self.micros()))
    }

    /// The end of the one that a moment lies in.
    pub const fn end(self, at: i64) -> i64 {
        self.start(at).saturating_add(self.micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_read_back() {
        for kind in [EntryKind::Hold, EntryKind::Settle, EntryKind::Release, EntryKind::Overrun] {
            assert_eq!(EntryKind::parse(kind.as_str()), Some(kind));
            assert_ne!(kind.accounts().0, kind.accounts().1);
        }
        for span in [Span::Hour, Span::Day] {
            assert_eq!(Span::parse(span.as_str()), Some(span));
        }
        assert_eq!((EntryKind::parse("refund"), Span::parse("week")), (None, None));
    }

    #[test]
    fn a_window_begins_at_its_first_microsecond_and_ends_where_the_next_begins() {
        // `date -u -d '2026-11-29 17:30:00' +%s` and the full hour before, with GNU coreutils.
        let (half_past_five, five) = (1_795_973_400_000_000, 1_795_971_600_000_000);
        assert_eq!(Span::Hour.start(half_past_five), five);
        assert_eq!(Span::Hour.start(five), five);
        assert_eq!(Span::Hour.start(five - 1), five - 3_600_000_000);
        assert_eq!(Span::Hour.end(half_past_five), five + 3_600_000_000);
        assert_eq!(Span::Day.start(half_past_five), 1_795_910_400_000_000);
        assert_eq!(Span::Day.end(half_past_five), 1_795_910_400_000_000 + Span::Day.micros());
    }

    #[test]
    fn a_clock_that_is_mad_has_windows_too() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            for span in [Span::Hour, Span::Day] {
                assert!(span.start(at) <= at && at <= span.end(at), "{span:?} {at}");
            }
        }
    }
}
