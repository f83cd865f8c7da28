//! What a stream is asked for, and from where on.

use super::{
    cursor::{self, Cursor},
    runs::Runs,
};
use api_types::{Problem, RunId};
use std::{sync::Arc, time::Duration};
use studio::{Followed, SignedIn, Studio, ports::Timestamp};

/// What happened shortly before `after` is sent again: the page may have been rendered just before it. Answers that ended shortly
/// before the last look are looked at again: an end has the time at which it was written, and may be seen a moment later.
pub(super) const OVERLAP: Duration = Duration::from_secs(2);

/// The query of the address.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct Asked {
    /// From where on: microseconds, and where one run is followed the number of its last event that is known.
    after: Option<i64>,
    /// One run alone.
    run: Option<RunId>,
    /// Whose runs: one's own where nothing is said.
    of: Option<Of>,
    /// Runs alone, or answers alone.
    only: Option<Only>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Of {
    Everyone,
}

#[derive(Debug, PartialEq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Only {
    Runs,
    Answers,
}

/// That there is no such stream.
pub(super) fn wrong() -> Problem {
    let detail = "Ask for after (microseconds; with run the number of an event), run (an id), of=everyone, only=runs or \
                  only=answers; run and of go without only=answers.";
    Problem::Malformed { detail: detail.to_owned() }
}

impl Asked {
    /// Since when answers are told of, and the runs that are followed. `last` is the id of the last event that a browser saw: it
    /// says so when it comes back by itself.
    pub(super) async fn open(
        self,
        studio: &Arc<Studio>,
        by: &SignedIn,
        last: Option<&str>,
    ) -> Result<(Option<Timestamp>, Option<Runs>), Problem> {
        let followed = if self.of.is_some() { Followed::Everyone } else { Followed::Own };
        if followed == Followed::Everyone {
            by.admin()?;
        }
        if self.only == Some(Only::Answers) && (self.run.is_some() || self.of.is_some()) {
            return Err(wrong());
        }
        if let Some(run) = self.run {
            studio.follows_run(by, followed, run).await?;
            let after = last.and_then(|id| id.parse().ok()).or(self.after).unwrap_or(0);
            let after = u64::try_from(after).unwrap_or(0);
            return Ok((None, Some(Runs::one(studio.clone(), followed, run, after))));
        }
        let seen = last.and_then(cursor::parse);
        let answers = seen.as_ref().map_or(Timestamp(self.after.unwrap_or(0)), |(at, _)| *at) - OVERLAP;
        // Who names no time has asked for no past: of answers there is little, of runs all there ever were.
        let runs = || {
            let after = self.after.map_or_else(|| studio.now(), Timestamp) - OVERLAP;
            let from = seen.map_or_else(
                || Cursor::at(after),
                |(at, cursor)| cursor.unwrap_or_else(|| Cursor::at(at - OVERLAP)),
            );
            Runs::all(studio.clone(), followed, from)
        };
        Ok(match self.only {
            Some(Only::Answers) => (Some(answers), None),
            Some(Only::Runs) => (None, Some(runs())),
            None => (Some(answers), Some(runs())),
        })
    }
}
