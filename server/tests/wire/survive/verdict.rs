//! What is true of every run after its process died and another took it up.

use super::{
    provider::{Provider, whole},
    rows::Kept,
    stage::Asked,
};
use std::{collections::HashMap, ops::AddAssign};

/// What became of runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) asked: u32,
    /// Answered before the process died.
    pub(crate) answered: u32,
    pub(crate) runs: u32,
    pub(crate) done: u32,
    pub(crate) stopped: u32,
    pub(crate) failed: u32,
    /// In `needs_attention`, their message interrupted.
    pub(crate) unknown: u32,
    pub(crate) calls: u32,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.asked += other.asked;
        self.answered += other.answered;
        self.runs += other.runs;
        self.done += other.done;
        self.stopped += other.stopped;
        self.failed += other.failed;
        self.unknown += other.unknown;
        self.calls += other.calls;
    }
}

/// Compares what rows said when the process was dead with what they say now that nothing is under way. `what` names the
/// moment in a failure.
///
/// - A run whose opening was answered is there, and one that is there stays.
/// - What was over stays as it was. Whose result was kept comes to its end. Any other stops in `needs_attention`; its message
///   is interrupted and has exactly the text that was kept.
/// - Nothing is asked twice of the model, and nothing at all for a run that was not kept.
pub(crate) fn check(what: &str, asked: &[Asked], before: &[Kept], after: &[Kept], model: &Provider) -> Tally {
    let mut tally = Tally { asked: u32::try_from(asked.len()).unwrap(), ..Tally::default() };
    let now: HashMap<&str, &Kept> = after.iter().map(|kept| (kept.run.as_str(), kept)).collect();
    for asked in asked {
        let calls = model.calls(&asked.prompt);
        assert!(calls.fresh <= 1 && calls.continued <= 1, "{what}: {} was asked {calls:?}", asked.prompt);
        tally.calls += calls.fresh + calls.continued;
        if let Some(receipt) = &asked.receipt {
            tally.answered += 1;
            let is_there = before.iter().any(|kept| kept.run == receipt.run);
            assert!(is_there, "{what}: {} was answered and is lost", asked.prompt);
        }
        let is_kept = before.iter().any(|kept| kept.prompt == asked.prompt);
        assert!(is_kept || calls.fresh == 0, "{what}: {} was asked of the model and not kept", asked.prompt);
    }
    assert_eq!(before.len(), after.len(), "{what}: a run appeared, or went");
    for (place, was) in before.iter().enumerate() {
        let is = now.get(was.run.as_str()).unwrap_or_else(|| panic!("{what}: {was:?} is lost"));
        let is_last = before[place + 1..].iter().all(|later| later.prompt != was.prompt);
        tally += led_on(&format!("{what}: {was:?} became {is:?}"), was, is, is_last, model);
    }
    tally
}

/// `is_last`: no other run went on with its message.
fn led_on(what: &str, was: &Kept, is: &Kept, is_last: bool, model: &Provider) -> Tally {
    let mut tally = Tally { runs: 1, ..Tally::default() };
    let is_over = |kept: &Kept| matches!(kept.status.as_str(), "done" | "failed" | "cancelled");
    if is_over(was) || was.status == "needs_attention" {
        assert_eq!((&was.status, &was.state), (&is.status, &is.state), "{what}");
        assert!(was.body == is.body || !is_last, "{what}");
    } else if was.has_result {
        assert!(is_over(is), "{what}: its result was kept");
    } else {
        let kept = format!("{}{}", was.body, was.parts);
        assert_eq!((is.status.as_str(), &is.body), ("needs_attention", &kept), "{what}");
        assert_eq!(is.state, "interrupted", "{what}");
    }
    let calls = model.calls(&is.prompt);
    let all = whole(&is.prompt);
    match (is.status.as_str(), is.state.as_str()) {
        ("done", "finished") => {
            assert!(is.body == all && calls.fresh == 1, "{what}: {calls:?}");
            tally.done = 1;
        }
        // Stopped when the model had said everything and the end was not kept yet: the answer is whole.
        ("cancelled", "finished") => {
            assert!(is.body == all && calls.fresh == 1, "{what}: {calls:?}");
            tally.stopped = 1;
        }
        ("cancelled", "stopped") => {
            assert!(all.starts_with(&is.body), "{what}");
            tally.stopped = 1;
        }
        ("needs_attention", "interrupted") => {
            assert!(all.starts_with(&is.body), "{what}");
            tally.unknown = 1;
        }
        // Broken at the model, or given up because it goes on in another run.
        ("failed", "failed") => {
            assert!(is.prompt.starts_with("fail "), "{what}");
            tally.failed = 1;
        }
        ("failed", "interrupted") => {
            assert!(was.has_result || is_over(was), "{what}: nobody gave it up");
            tally.failed = 1;
        }
        _ => panic!("{what}: this is no end"),
    }
    tally
}
