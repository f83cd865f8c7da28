//! Where a run stands: its threads of control, each at one node.

use crate::{Entry, InterruptId, Known, State, StateError, Timestamp, state};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The body of a checkpoint.
///
/// # Design
/// The root thread has the empty path. A fork at step 4 of the root makes the threads `4.0/`, `4.1/` …, one of those at its
/// step 6 makes `4.0/6.0/`. Steps of a thread only go up, so no path and no effect's key comes twice in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) threads: BTreeMap<String, Thread>,
    /// It was cancelled, and goes to its end by the way its graph has for that.
    pub(crate) cancelling: bool,
    /// Nodes visited so far.
    pub(crate) visits: u32,
}

/// One thread of control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thread {
    /// The node it is at.
    pub node: String,
    /// Nodes it has left.
    pub step: u32,
    /// The state as it came to the node, or as an interrupt left it.
    pub state: Value,
    /// What it waits for.
    pub wait: Wait,
    /// Visits of this node that failed.
    pub failed: u32,
    /// Effects of this node, in the order they were asked for.
    pub journal: Vec<Entry>,
    /// What came of the node's last question.
    pub reply: Option<Reply>,
    /// Told to stop, its node was visited with the results it had, and asked for more.
    #[serde(skip)]
    pub(crate) is_spent: bool,
}

/// What a thread waits for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Wait {
    /// Nothing: its node may be visited.
    Nothing,
    /// A moment.
    Until(Timestamp),
    /// An answer.
    Answer {
        /// To which question.
        interrupt: InterruptId,
        /// What was asked.
        asked: Value,
        /// From then on it goes on without one.
        until: Option<Timestamp>,
    },
    /// Its branches.
    Branches,
    /// Its siblings, at the join.
    Join,
    /// A person's word on an effect that nobody knows about.
    Verdict,
    /// Nothing any more: its node failed, with this sentence.
    Failed(String),
    /// Nothing any more: it went to the end.
    Ended,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reply {
    /// Nobody answered in time.
    Expired,
    /// The answer.
    Answer(Value),
}

impl Thread {
    pub(crate) fn at(node: &str, step: u32, state: Value) -> Self {
        Self {
            node: node.to_owned(),
            step,
            state,
            wait: Wait::Nothing,
            failed: 0,
            journal: Vec::new(),
            reply: None,
            is_spent: false,
        }
    }

    /// Leaves its node for another.
    pub(crate) fn go(&mut self, node: &str, state: Value) {
        *self = Self::at(node, self.step + 1, state);
    }

    /// Effects that failed are asked for anew at the next visit, with the same keys.
    pub(crate) fn forget_failures(&mut self) {
        for entry in &mut self.journal {
            if matches!(entry.known, Known::Failed(_)) {
                (entry.known, entry.tries) = (Known::Due, 0);
            }
        }
    }

    /// Whether an effect of this visit is decided: then the visit is worth finishing.
    pub(crate) fn has_results(&self) -> bool {
        self.journal.iter().any(|entry| matches!(entry.known, Known::Finished(_) | Known::Failed(_)))
    }
}

impl Body {
    pub(crate) fn opening(entry: &str, state: Value) -> Self {
        let root = Thread::at(entry, 0, state);
        Self { threads: BTreeMap::from([(String::new(), root)]), cancelling: false, visits: 0 }
    }

    /// Reads a body, with every state in its present version.
    pub(crate) fn read<S: State>(schema: &str, version: u32, text: &str) -> Result<Self, StateError> {
        if schema != S::NAME {
            return Err(StateError::UnknownSchema { found: schema.to_owned(), wanted: S::NAME });
        }
        let json = serde_json::from_str(text).map_err(|error| StateError::Shape(error.to_string()))?;
        let mut body: Self = state::closed(json)?;
        for thread in body.threads.values_mut() {
            let read: S = state::read(version, thread.state.take())?;
            thread.state = state::write(&read)?;
        }
        if body.threads.contains_key("") { Ok(body) } else { Err(StateError::Shape("it has no root".into())) }
    }

    /// The paths of a thread's branches, in their order.
    pub(crate) fn branches(&self, path: &str) -> Vec<String> {
        let Some(thread) = self.threads.get(path) else { return Vec::new() };
        (0..)
            .map(|n| branch(path, thread.step, n))
            .take_while(|path| self.threads.contains_key(path))
            .collect()
    }

    /// A thread that could not go on may go on again, from where it was.
    pub(crate) fn revive(&mut self, path: &str) {
        let is_divided = !self.branches(path).is_empty();
        if let Some(thread) = self.threads.get_mut(path) {
            thread.wait = if is_divided { Wait::Branches } else { Wait::Nothing };
            thread.failed = 0;
            thread.forget_failures();
        }
    }

    /// The paths of threads that failed.
    pub(crate) fn failed(&self) -> Vec<String> {
        let failed = self.threads.iter().filter(|(_, thread)| matches!(thread.wait, Wait::Failed(_)));
        failed.map(|(path, _)| path.clone()).collect()
    }

    /// When its waits are over, the first of them.
    pub(crate) fn wake_at(&self) -> Option<Timestamp> {
        let waits = self.threads.values().filter_map(|thread| match thread.wait {
            Wait::Until(at) => Some(at),
            Wait::Answer { until, .. } => until,
            _ => None,
        });
        waits.min()
    }

    /// When the first of the effects that gave no result may be judged.
    pub(crate) fn next_judged_at(&self) -> Option<Timestamp> {
        self.entries().filter(|entry| entry.is_open()).map(Entry::judged_at).min()
    }

    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.threads.values().flat_map(|thread| &thread.journal)
    }

    /// When all that is under way may be judged, should its process be gone.
    pub(crate) fn judged_at(&self) -> Option<Timestamp> {
        self.entries().filter(|entry| matches!(entry.known, Known::Begun)).map(Entry::judged_at).max()
    }
}

/// The path of a branch.
pub(crate) fn branch(path: &str, step: u32, n: usize) -> String {
    format!("{path}{step}.{n}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_come_in_their_order_also_when_there_are_more_than_ten() {
        let mut body = Body::opening("a", Value::Null);
        for n in 0..12 {
            body.threads.insert(branch("", 0, n), Thread::at("b", 0, Value::Null));
        }
        let paths = body.branches("");
        assert_eq!((paths.len(), paths[2].as_str(), paths[11].as_str()), (12, "0.2/", "0.11/"));
    }
}
