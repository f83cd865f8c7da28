//! What a process knows of a run it holds: where it stands, and what is not committed yet.

use crate::{
    Event, Interrupt, InterruptId, Known, Loaded, Revision, StateError, StoreError, Timestamp, What,
    thread::{Body, Thread, Wait},
};
use serde_json::Value;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

pub(crate) struct Book<W> {
    pub(crate) body: Body,
    pub(crate) revision: Revision,
    /// Events so far, those not committed among them.
    pub(crate) last_seq: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) writes: Vec<W>,
    pub(crate) opened: Vec<Interrupt>,
    pub(crate) closed: Vec<InterruptId>,
    /// Answers that no thread has taken yet.
    pub(crate) answers: BTreeMap<InterruptId, Value>,
    /// Changes so far.
    pub(crate) changes: u64,
    /// Of those, how many are committed.
    pub(crate) kept: u64,
    /// Threads at work. None: the run rests.
    pub(crate) active: isize,
    pub(crate) cancel: bool,
    pub(crate) closing: bool,
    /// Tells nodes and effects to stop.
    pub(crate) halt: CancellationToken,
    /// The run is being opened: instead of a commit, it stops and says what it would commit.
    pub(crate) is_preparing: bool,
    /// It came to the point where a commit is due.
    pub(crate) is_prepared: bool,
    /// It cannot go on.
    pub(crate) fault: Option<Fault>,
}

/// Why a process lets go of a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl<W> Book<W> {
    /// Of a run that nobody knows yet.
    pub(crate) fn opening(body: Body) -> Self {
        Self::new(body, Revision::NONE, 0)
    }

    /// Of a run that was taken up.
    pub(crate) fn loaded(body: Body, loaded: Loaded) -> Self {
        let mut book = Self::new(body, loaded.head.revision, loaded.head.last_seq);
        book.answers.extend(loaded.answers);
        book.cancel = loaded.head.cancel_requested;
        if book.is_halted() {
            book.halt.cancel();
        }
        book
    }

    fn new(body: Body, revision: Revision, last_seq: u64) -> Self {
        Self {
            body,
            revision,
            last_seq,
            events: Vec::new(),
            writes: Vec::new(),
            opened: Vec::new(),
            closed: Vec::new(),
            answers: BTreeMap::new(),
            changes: 0,
            kept: 0,
            active: 0,
            cancel: false,
            closing: false,
            halt: CancellationToken::new(),
            is_preparing: false,
            is_prepared: false,
            fault: None,
        }
    }

    /// Whether threads are to stop where they are.
    pub(crate) fn is_halted(&self) -> bool {
        self.closing || (self.cancel && !self.body.cancelling) || self.failed().is_some()
    }

    /// The sentence of a thread that failed.
    pub(crate) fn failed(&self) -> Option<&str> {
        self.body.threads.values().find_map(|thread| match &thread.wait {
            Wait::Failed(why) => Some(why.as_str()),
            _ => None,
        })
    }

    /// Changes a thread.
    pub(crate) fn change(&mut self, path: &str, change: impl FnOnce(&mut Thread)) {
        if let Some(thread) = self.body.threads.get_mut(path) {
            change(thread);
        }
        self.changes += 1;
    }

    /// What a visit meant to call and did not is not under way: only who held the intent knows that.
    pub(crate) fn forget_intents(&mut self, path: &str, at: Timestamp) {
        let Some(thread) = self.body.threads.get_mut(path) else { return };
        let mut told = Vec::new();
        for entry in thread.journal.iter_mut().filter(|entry| entry.fresh.is_some()) {
            (entry.known, entry.fresh) = (Known::Due, None);
            entry.tries -= 1;
            told.push(entry.word("due"));
        }
        for what in told {
            self.tell(at, what);
        }
    }

    /// A thread's node failed for good: its siblings stop too.
    pub(crate) fn fail(&mut self, path: &str, why: String) {
        self.change(path, |thread| thread.wait = Wait::Failed(why));
        self.halt.cancel();
    }

    /// Something happened.
    pub(crate) fn tell(&mut self, at: Timestamp, what: What) {
        self.last_seq += 1;
        self.changes += 1;
        self.events.push(Event { seq: self.last_seq, at, what });
    }

    /// A question is not waited on any more.
    pub(crate) fn settle(&mut self, at: Timestamp, interrupt: InterruptId, word: &str) {
        self.closed.push(interrupt);
        self.answers.remove(&interrupt);
        self.tell(at, What::Settled { interrupt, word: word.to_owned() });
    }

    /// Nobody waits for answers any more.
    pub(crate) fn drop_questions(&mut self, at: Timestamp) {
        let asked: Vec<InterruptId> = self
            .body
            .threads
            .values()
            .filter_map(|thread| match thread.wait {
                Wait::Answer { interrupt, .. } => Some(interrupt),
                _ => None,
            })
            .collect();
        for interrupt in asked {
            self.settle(at, interrupt, "dropped");
        }
    }

    /// Goes on at a node after everything else was dropped: the way of a cancelled run.
    pub(crate) fn redirect(&mut self, at: Timestamp, node: &str) {
        self.drop_questions(at);
        self.body.threads.retain(|path, _| path.is_empty());
        self.change("", |root| {
            let state = root.state.take();
            root.go(node, state);
        });
        self.body.cancelling = true;
        self.halt = CancellationToken::new();
        if self.closing {
            self.halt.cancel();
        }
    }
}
