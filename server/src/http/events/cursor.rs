//! Where a stream stands, as the id of an event says it: a browser hands it back as `Last-Event-ID`.
//!
//! `MICROS` is when answers were last told of. Of a stream of runs it goes on: `MICROS~SINCE~RUN.SEQ~RUN.SEQ`, from which time
//! commits of runs are to be looked for, and what of them was told already.

use api_types::RunId;
use std::fmt::Write as _;
use studio::{RUNS_IN_AN_EVENT_ID_MAX, ports::Timestamp};

/// Where a stream of runs stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    /// What was committed before this was told, or known before.
    pub(super) since: Timestamp,
    /// The last event told of each run that may bring more behind `since`; the latest first.
    pub(super) told: Vec<(RunId, u64)>,
}

impl Cursor {
    /// Everything that is committed from now on.
    pub(super) fn at(since: Timestamp) -> Self {
        Self { since, told: Vec::new() }
    }
}

/// The id of an event.
pub(super) fn id(now: Timestamp, runs: Option<&Cursor>) -> String {
    let mut id = now.0.to_string();
    if let Some(cursor) = runs {
        let _infallible = write!(id, "~{}", cursor.since.0);
        for (run, seq) in cursor.told.iter().take(RUNS_IN_AN_EVENT_ID_MAX) {
            let _infallible = write!(id, "~{run}.{seq}");
        }
    }
    id
}

/// Reads [`id`] back.
pub(super) fn parse(id: &str) -> Option<(Timestamp, Option<Cursor>)> {
    let mut parts = id.split('~');
    let now = Timestamp(parts.next()?.parse().ok()?);
    let Some(since) = parts.next() else { return Some((now, None)) };
    let since = Timestamp(since.parse().ok()?);
    let told = parts.take(RUNS_IN_AN_EVENT_ID_MAX).map(|part| {
        let (run, seq) = part.split_once('.')?;
        Some((run.parse().ok()?, seq.parse().ok()?))
    });
    Some((now, Some(Cursor { since, told: told.collect::<Option<_>>()? })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_what_is_none_is_refused() {
        let run: RunId = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        let cursor = Cursor { since: Timestamp(5), told: vec![(run, 7)] };
        let text = id(Timestamp(9), Some(&cursor));
        assert_eq!(text, format!("9~5~{run}.7"));
        assert_eq!(parse(&text), Some((Timestamp(9), Some(cursor))));
        assert_eq!(parse("9"), Some((Timestamp(9), None)));
        assert_eq!(parse("9~5"), Some((Timestamp(9), Some(Cursor::at(Timestamp(5))))));
        for wrong in ["", "x", "9~", "9~5~", "9~5~x.1", &format!("9~5~{run}"), &format!("9~5~{run}.x")] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_id_names_the_latest_runs_alone() {
        let runs = (1..=100_u128).map(|n| (RunId(uuid::Uuid::from_u128(n)), 1)).collect();
        let text = id(Timestamp(9), Some(&Cursor { since: Timestamp(5), told: runs }));
        let (_, cursor) = parse(&text).unwrap();
        assert_eq!(cursor.unwrap().told.len(), RUNS_IN_AN_EVENT_ID_MAX);
    }
}
