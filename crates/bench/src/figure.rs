//! What a figure is, and the shape of a file that measures some.

use crate::{Place, statistics};
use anyhow::Result;
use std::{collections::BTreeMap, fmt};

/// A figure comes from so many runs, unless nothing about it can vary.
pub(crate) const RUNS: usize = 5;

/// One named number.
#[derive(Debug)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) goal: Goal,
    is_worst: bool,
}

/// What it should be, on two cores with the generator on the same cores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Told, not judged.
    Report,
}

impl Figure {
    pub(crate) const fn at_most(name: &'static str, unit: &'static str, limit: f64) -> Self {
        Self { name, unit, goal: Goal::AtMost(limit), is_worst: false }
    }

    pub(crate) const fn at_least(name: &'static str, unit: &'static str, limit: f64) -> Self {
        Self { name, unit, goal: Goal::AtLeast(limit), is_worst: false }
    }

    pub(crate) const fn report(name: &'static str, unit: &'static str) -> Self {
        Self { name, unit, goal: Goal::Report, is_worst: false }
    }

    /// Of its runs the highest counts, not the median: for what should never happen.
    pub(crate) const fn worst(self) -> Self {
        Self { is_worst: true, ..self }
    }

    /// The one number of these runs.
    pub(crate) fn value(&self, runs: &[f64]) -> f64 {
        if self.is_worst { statistics::highest(runs) } else { statistics::median(runs) }
    }
}

impl Goal {
    pub(crate) fn is_met(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
            Self::Report => true,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "≤ {limit}"),
            Self::AtLeast(limit) => write!(f, "≥ {limit}"),
            Self::Report => f.write_str("report"),
        }
    }
}

/// Figures that are measured together.
#[async_trait::async_trait(?Send)]
pub(crate) trait Group: Sync {
    /// Which.
    fn figures(&self) -> &'static [Figure];

    /// What was on meanwhile and how it was measured: one sentence for the file.
    fn on(&self) -> &'static str;

    /// Measures all of them.
    async fn measure(&self, place: &Place) -> Result<Runs>;
}

/// What was measured: the runs of each figure.
#[derive(Debug, Default)]
pub(crate) struct Runs(BTreeMap<&'static str, Vec<f64>>);

impl Runs {
    /// One more run of a figure.
    pub(crate) fn add(&mut self, name: &'static str, value: f64) {
        self.0.entry(name).or_default().push(value);
    }

    pub(crate) fn of(&self, name: &str) -> Option<&[f64]> {
        self.0.get(name).map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_the_median_of_its_runs_and_what_should_never_happen_the_worst() {
        let runs = [3.0, 0.0, 9.0, 1.0, 2.0];
        assert_eq!(Figure::at_most("a", "ms", 1.0).value(&runs), 2.0);
        assert_eq!(Figure::at_most("a", "count", 0.0).worst().value(&runs), 9.0);
    }

    #[test]
    fn a_goal_is_met_at_its_limit_and_reads_as_people_write_it() {
        let (most, least) = (Goal::AtMost(120.0), Goal::AtLeast(40_000.0));
        assert!(most.is_met(120.0) && !most.is_met(120.1));
        assert!(least.is_met(40_000.0) && !least.is_met(39_999.0));
        assert!(Goal::Report.is_met(f64::MAX));
        assert_eq!((most.to_string(), least.to_string()), ("≤ 120".into(), "≥ 40000".into()));
    }
}
