//! Medians and percentiles.

use std::time::Duration;

/// The middle of some numbers, or the mean of the middle two; NaN of none.
pub(crate) fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// The smallest of the numbers that at least `percent` of a hundred of them do not exceed (nearest rank); NaN of none.
pub(crate) fn percentile(values: &[f64], percent: u8) -> f64 {
    let sorted = sorted(values);
    let rank = (sorted.len() * usize::from(percent)).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// The largest; NaN of none.
pub(crate) fn highest(values: &[f64]) -> f64 {
    sorted(values).last().copied().unwrap_or(f64::NAN)
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// Milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_whatever_the_order() {
        assert_eq!(median(&[5.0, 1.0, 3.0]), 3.0);
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_percentile_is_a_measured_value_by_nearest_rank() {
        let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(&hundred, 50), 50.0);
        assert_eq!(percentile(&hundred, 99), 99.0);
        assert_eq!(percentile(&hundred, 100), 100.0);
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 99), 3.0, "few values: the largest");
        assert_eq!(percentile(&[1.0, 2.0, 3.0], 1), 1.0);
        assert!(percentile(&[], 99).is_nan());
    }

    #[test]
    fn the_highest_is_the_largest() {
        assert_eq!(highest(&[1.0, 9.0, -3.0]), 9.0);
        assert!(highest(&[]).is_nan());
    }
}
