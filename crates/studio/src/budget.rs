//! Money: what an operation may cost at most, what it did cost, and how the two are booked. Pure; all amounts are micro-dollars.

use crate::ports::{
    Timestamp,
    store::{EntryRow, HoldRow, SpendingLimits, Spent},
};
pub use api_types::AMOUNT_MAX;
use api_types::{EntryKind, Price, Span};

/// Where a provider does not say what it used, so many bytes of text are taken for a token. English has about four, most other
/// languages fewer.
pub const ESTIMATE_BYTES_PER_TOKEN: u64 = 3;

/// Where a provider does not say what it used, it is taken to have written so many tokens in each second, whatever of them could be
/// seen: a model that thinks is paid for what nobody reads. Few are faster; who stops an answer early may be booked more than it was.
pub const ESTIMATE_TOKENS_PER_SECOND: u64 = 200;

/// What came of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// What the provider said, at the price that was held for; for an operation that never reached it: nothing.
    Reported(i64),
    /// What the provider said before it went on, and the most that it can have come to since. Never more than was held, unless it said so.
    Partly {
        /// What it said.
        reported: i64,
        /// With what may have come after.
        with_rest: i64,
    },
    /// Nobody can say anything: all that was held.
    Unknown,
    /// It did not say. So many bytes were read and written at most, as far as is known.
    Estimated {
        /// At which price.
        price: Price,
        /// The longest answer, in tokens, for which was held.
        max_tokens: u32,
        /// What it said it read, where it said that.
        prompt_tokens: Option<u32>,
        /// Length of what was written; `None` where only the rows know.
        written_bytes: Option<u64>,
    },
}

impl Used {
    /// Whether only the rows know how much was written.
    pub(crate) const fn asks_rows(self) -> bool {
        matches!(self, Self::Estimated { written_bytes: None, .. })
    }

    /// The amount, where so much was held for it, so much was written, and so many seconds went by; and whether it is an estimate.
    fn amount(self, hold: i64, written: u64, seconds: u64) -> (i64, bool) {
        match self {
            Self::Reported(amount) => (amount.clamp(0, AMOUNT_MAX), false),
            Self::Partly { reported, with_rest } => {
                (reported.clamp(0, AMOUNT_MAX).max(with_rest.min(hold)), true)
            }
            Self::Unknown => (hold, true),
            Self::Estimated { price, max_tokens, prompt_tokens, written_bytes } => {
                let longest = price.cost(0, u64::from(max_tokens)).unwrap_or(hold);
                // What was held for the prompt was a token for each byte.
                let bytes_per_token = ESTIMATE_BYTES_PER_TOKEN.cast_signed();
                let guessed = (hold - longest).max(0).saturating_add(bytes_per_token - 1) / bytes_per_token;
                let prompt =
                    prompt_tokens.and_then(|tokens| price.cost(u64::from(tokens), 0)).unwrap_or(guessed);
                let tokens = guessed_tokens(written_bytes.unwrap_or(written), seconds);
                let answer = price.cost(0, tokens).unwrap_or(longest).min(longest);
                (prompt.saturating_add(answer).min(hold), true)
            }
        }
    }
}

/// The most tokens that a model can have written, of whose text so many bytes were seen, in so many seconds.
pub(crate) const fn guessed_tokens(written_bytes: u64, seconds: u64) -> u64 {
    let (seen, unseen) = (
        written_bytes.div_ceil(ESTIMATE_BYTES_PER_TOKEN),
        seconds.saturating_mul(ESTIMATE_TOKENS_PER_SECOND),
    );
    if seen > unseen { seen } else { unseen }
}

/// The rows that end a hold. Together they take from `held` exactly what the hold put there.
pub(crate) fn settled(hold: &HoldRow, used: Used, written: u64, at: Timestamp) -> Vec<EntryRow> {
    let seconds = at.since(hold.at).as_secs();
    let (amount, is_estimate) = used.amount(hold.amount, written, seconds);
    let within = amount.min(hold.amount);
    let parts = [
        (EntryKind::Settle, within),
        (EntryKind::Release, hold.amount - within),
        (EntryKind::Overrun, amount - within),
    ];
    // What was spent is always said, also where it is nothing.
    let is_said = |(kind, amount): &(EntryKind, i64)| *kind == EntryKind::Settle || *amount > 0;
    parts
        .into_iter()
        .filter(is_said)
        .map(|(kind, amount)| EntryRow { is_estimate, ..EntryRow::of(hold, kind, amount, at) })
        .collect()
}

/// What is left of a limit.
pub(crate) fn left(spent: Spent, limit: i64) -> i64 {
    limit.saturating_sub(spent.held).saturating_sub(spent.spent).max(0)
}

/// Which window has no room for an amount, and how much is left in it. `None`: it fits, or it would fit by now.
pub(crate) fn full_window(
    amount: i64,
    (hour, day): (Spent, Spent),
    limits: SpendingLimits,
) -> Option<(Span, i64, i64)> {
    let of_day = (Span::Day, left(day, limits.day), limits.day);
    let of_hour = (Span::Hour, left(hour, limits.hour), limits.hour);
    // What never fits is to be known first; else the one that takes longer to begin anew.
    let never = [of_hour, of_day].into_iter().find(|(_, _, limit)| *limit < amount);
    never.or_else(|| [of_day, of_hour].into_iter().find(|(_, left, _)| *left < amount))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::store::Owned;
    use api_types::{HoldId, OrganizationId, PersonId, RunId};
    use proptest::prelude::*;
    use uuid::Uuid;

    const PRICE: Price =
        Price { prompt_micros_per_million: 2_500_000, completion_micros_per_million: 10_000_000 };

    fn hold(amount: i64) -> HoldRow {
        let nil = Uuid::nil();
        HoldRow {
            id: HoldId(nil),
            owned: Owned { organization: OrganizationId(nil), owner: PersonId(nil) },
            run: RunId(nil),
            operation: "chat".to_owned(),
            model: "openai/some".parse().unwrap(),
            amount,
            at: Timestamp(0),
        }
    }

    fn rows(hold_of: i64, used: Used) -> Vec<(EntryKind, i64)> {
        settled(&hold(hold_of), used, 0, Timestamp(1)).iter().map(|row| (row.kind, row.amount)).collect()
    }

    #[test]
    fn a_part_of_a_micro_dollar_is_a_whole_one() {
        assert_eq!(PRICE.cost(1, 0), Some(3), "2.5 micro-dollars");
        assert_eq!(PRICE.cost(1_000_000, 1_000_000), Some(12_500_000));
        assert_eq!(PRICE.cost(0, 0), Some(0));
    }

    #[test]
    fn a_price_below_nothing_and_a_sum_beyond_everything_are_no_amounts() {
        let negative = Price { prompt_micros_per_million: -1, ..PRICE };
        assert_eq!(negative.cost(1, 1), None);
        let huge = Price { prompt_micros_per_million: i64::MAX, completion_micros_per_million: i64::MAX };
        assert_eq!(huge.cost(u64::MAX, u64::MAX), None);
        assert_eq!(huge.cost(1_000_000, u64::from(u32::MAX)), None);
    }

    #[test]
    fn what_was_held_and_not_used_is_given_back() {
        let expected = vec![(EntryKind::Settle, 30), (EntryKind::Release, 70)];
        assert_eq!(rows(100, Used::Reported(30)), expected);
        assert_eq!(rows(100, Used::Reported(100)), vec![(EntryKind::Settle, 100)]);
    }

    #[test]
    fn a_call_that_cost_nothing_is_said_to_have_cost_nothing() {
        assert_eq!(rows(100, Used::Reported(0)), vec![(EntryKind::Settle, 0), (EntryKind::Release, 100)]);
    }

    #[test]
    fn what_is_above_the_hold_is_booked_as_overrun() {
        assert_eq!(rows(100, Used::Reported(130)), vec![(EntryKind::Settle, 100), (EntryKind::Overrun, 30)]);
    }

    #[test]
    fn an_estimate_takes_a_third_of_the_bytes_for_tokens_and_says_that_it_is_one() {
        let held = PRICE.cost(300, 1_000).unwrap();
        let used =
            Used::Estimated { price: PRICE, max_tokens: 1_000, prompt_tokens: None, written_bytes: Some(60) };
        let rows = settled(&hold(held), used, 0, Timestamp(1));
        // 100 tokens read at 2.5 and 20 written at 10 micro-dollars.
        assert_eq!(rows[0].amount, 250 + 200);
        assert!(rows.iter().all(|row| row.is_estimate));
    }

    #[test]
    fn an_estimate_takes_the_time_for_tokens_where_nothing_could_be_seen() {
        let held = PRICE.cost(300, 1_000).unwrap();
        let used = Used::Estimated {
            price: PRICE,
            max_tokens: 1_000,
            prompt_tokens: Some(40),
            written_bytes: Some(0),
        };
        let after = |seconds: i64| settled(&hold(held), used, 0, Timestamp(seconds * 1_000_000))[0].amount;
        // 40 tokens read at 2.5, and 200 a second written at 10 micro-dollars, up to the longest answer.
        assert_eq!((after(0), after(1), after(2)), (100, 100 + 2_000, 100 + 4_000));
        assert_eq!((after(5), after(1_000)), (100 + 10_000, 100 + 10_000));
    }

    #[test]
    fn the_day_is_named_before_the_hour_where_both_are_full() {
        let limits = SpendingLimits { hour: 100, day: 1_000 };
        let spent = |held, spent| Spent { held, spent };
        assert_eq!(full_window(40, (spent(30, 30), spent(30, 30)), limits), None);
        assert_eq!(full_window(41, (spent(30, 30), spent(30, 30)), limits), Some((Span::Hour, 40, 100)));
        let never = Some((Span::Hour, 100, 100));
        assert_eq!(full_window(101, (spent(0, 0), spent(0, 990)), limits), never);
        assert_eq!(full_window(41, (spent(30, 30), spent(0, 990)), limits), Some((Span::Day, 10, 1_000)));
        assert_eq!(
            full_window(1, (spent(0, 130), spent(0, 130)), limits),
            Some((Span::Hour, 0, 100)),
            "after an overrun"
        );
    }

    proptest! {
        #[test]
        fn whatever_was_used_a_hold_leaves_nothing_held_and_nothing_is_spent_twice(
            held in 0..=AMOUNT_MAX, used in 0..=AMOUNT_MAX, written in 0_u64..1_000_000, max_tokens in 0_u32..100_000,
        ) {
            for used in [Used::Reported(used), Used::Estimated { price: PRICE, max_tokens, prompt_tokens: None, written_bytes: None }] {
                let rows = settled(&hold(held), used, written, Timestamp(1));
                let sum = |account: &str| -> i64 {
                    rows.iter().map(|row| match row.kind.accounts() {
                        (_, credit) if credit == account => row.amount,
                        (debit, _) if debit == account => -row.amount,
                        _ => 0,
                    }).sum()
                };
                prop_assert_eq!(sum("held"), -held);
                prop_assert_eq!(sum("held") + sum("spent") + sum("limit"), 0);
                if let Used::Reported(used) = used {
                    prop_assert_eq!(sum("spent"), used);
                } else {
                    prop_assert!(sum("spent") <= held);
                }
                prop_assert!(rows.iter().all(|row| row.amount >= 0));
            }
        }

        #[test]
        fn no_answer_costs_more_than_its_worst_case(
            bytes in 0_u64..1_000_000, max_tokens in 0_u32..200_000, read in 0.0..=1.0_f64, written in 0.0..=1.0_f64,
            prompt in 0_i64..100_000_000, completion in 0_i64..100_000_000,
        ) {
            let price = Price { prompt_micros_per_million: prompt, completion_micros_per_million: completion };
            let part = |of: u64, share: f64| (of as f64 * share) as u64;
            let cost = price.cost(part(bytes, read), part(u64::from(max_tokens), written)).unwrap();
            prop_assert!(cost <= price.cost(bytes, u64::from(max_tokens)).unwrap());
        }
    }
}
