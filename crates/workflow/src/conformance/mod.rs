//! What every [`Checkpointer`] keeps, as functions for the tests of each of them.
//!
//! Each takes a fresh store and panics with a sentence where it is not kept. To check a store, call [`all`] with a function that makes
//! one; or call them one by one, for a name to every failure. The store is told times of the suite's own, never the real one.

mod claims;
mod commits;
mod questions;

pub use claims::*;
pub use commits::*;
pub use questions::*;

use crate::{
    Author, Checkpointer, Commit, CommitId, Epoch, Event, Opens, OwnerId, Revision, RunId, Sealed, Status,
    Timestamp, What,
};
use futures::future::BoxFuture;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use uuid::Uuid;

/// What the product of a store under test writes.
pub trait Write: Clone + Send + Sync + 'static {}

impl<W: Clone + Send + Sync + 'static> Write for W {}

/// A store under test.
pub struct Subject<W> {
    /// The store.
    pub store: Arc<dyn Checkpointer<W>>,
    /// A write of the product's that stands for a number.
    pub write: Arc<dyn Fn(u64) -> W + Send + Sync>,
    /// The owner who is called so, and is there already: `somebody`, `eager`, `middle` or `modest`.
    pub owner: Box<dyn Fn(&str) -> OwnerId + Send + Sync>,
    /// The numbers of the product's writes that were kept, in order.
    pub writes: Box<dyn Fn() -> BoxFuture<'static, Vec<u64>> + Send + Sync>,
}

impl<W> Subject<W> {
    fn writer(&self) -> impl Fn(&[u64]) -> Vec<W> + Clone + use<W> {
        let write = Arc::clone(&self.write);
        move |numbers| numbers.iter().map(|number| write(*number)).collect()
    }
}

/// Calls every function of the suite, each with a store of its own.
pub async fn all<W: Write, F: Future<Output = Subject<W>>>(fresh: impl Fn() -> F) {
    a_commit_is_kept_whole(fresh().await).await;
    a_refused_commit_leaves_nothing(fresh().await).await;
    a_commit_on_an_old_revision_is_refused(fresh().await).await;
    a_commit_that_is_handed_in_twice_is_applied_once(fresh().await).await;
    of_two_commits_on_one_revision_one_wins(fresh().await).await;
    checkpoints_are_listed_and_found_by_revision(fresh().await).await;
    a_commit_without_a_checkpoint_leaves_the_newest(fresh().await).await;
    events_come_in_order_and_after_a_number(fresh().await).await;
    a_fork_is_a_run_of_its_own(fresh().await).await;
    what_was_kept_before_a_failure_is_there_after_it(fresh().await).await;
    an_operator_commits_only_while_nobody_holds_the_run(fresh().await).await;
    epochs_rise_and_a_late_process_writes_nothing(fresh().await).await;
    a_process_that_leaves_frees_its_runs(fresh().await).await;
    runs_are_claimed_when_they_are_due_and_not_before(fresh().await).await;
    a_process_is_told_what_it_holds(fresh().await).await;
    a_run_is_claimed_by_one(fresh().await).await;
    claims_go_round_between_owners_and_keep_to_the_room(fresh().await).await;
    what_is_over_or_unreadable_is_not_claimed(fresh().await).await;
    a_run_without_a_checkpoint_is_taken_up_beside_others_and_says_so(fresh().await).await;
    strangers_are_told_when_they_are_due_and_nobody_holds_them(fresh().await).await;
    what_is_put_aside_is_unreadable_and_not_taken_up(fresh().await).await;
    a_question_is_answered_once(fresh().await).await;
    of_many_answers_at_once_one_wins(fresh().await).await;
    an_answer_is_to_what_was_asked(fresh().await).await;
    an_answer_makes_its_run_due_until_a_commit_closes_it(fresh().await).await;
    parallel_questions_are_answered_one_by_one(fresh().await).await;
    a_request_to_cancel_makes_its_run_due_until_it_is_heard(fresh().await).await;
}

/// A checkpoint with the digest that fits it: as somebody makes one who knows how, to be refused for what else is wrong.
pub fn resealed(sealed: Sealed) -> Sealed {
    let schema = (sealed.schema.as_str(), sealed.version);
    Sealed::new(sealed.run, sealed.revision, schema, sealed.body.clone()).expect("it is short")
}

/// A moment of the suite's.
pub(crate) fn at(second: u64) -> Timestamp {
    Timestamp(1_800_000_000_000_000) + Duration::from_secs(second)
}

/// A new id.
pub(crate) fn id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    Uuid::from_u64_pair(0x0197_0000_0000_7000, 0x8000_0000_0000_0000 | NEXT.fetch_add(1, Ordering::SeqCst))
}

/// A run and its last commit.
pub(crate) struct Case<W> {
    pub(crate) subject: Subject<W>,
    pub(crate) epoch: Epoch,
}

impl<W: Write> Case<W> {
    pub(crate) async fn new(subject: Subject<W>) -> Self {
        let epoch = subject.store.enter(at(0)).await.expect("a process may begin");
        Self { subject, epoch }
    }

    pub(crate) fn store(&self) -> &dyn Checkpointer<W> {
        &*self.subject.store
    }

    /// The opening of a run, held by this process.
    pub(crate) fn opening(&self, owner: &str) -> Commit<W> {
        let run = RunId(id());
        let opens = Opens { kind: "kind".to_owned(), owner: (self.subject.owner)(owner), forked_from: None };
        Commit {
            id: CommitId(id()),
            run,
            opens: Some(opens),
            expected: Revision::NONE,
            by: Author::Worker(self.epoch),
            at: at(1),
            checkpoint: Some(sealed(run, Revision(1))),
            opened: Vec::new(),
            closed: Vec::new(),
            events: vec![Event { seq: 1, at: at(1), what: What::Opened }],
            status: Status::Running,
            reason: None,
            wake_at: Some(at(1)),
            held: true,
            cancel_heard: false,
            writes: Vec::new(),
        }
    }

    /// Opens a run.
    pub(crate) async fn open(&self, change: impl FnOnce(&mut Commit<W>)) -> Commit<W> {
        let mut opening = self.opening("somebody");
        change(&mut opening);
        self.keep(&opening).await;
        opening
    }

    pub(crate) async fn keep(&self, commit: &Commit<W>) {
        self.store().commit(Arc::new(commit.clone())).await.expect("this commit is to be kept");
    }
}

/// The commit after another, with one event more.
pub(crate) fn after<W: Write>(last: &Commit<W>, change: impl FnOnce(&mut Commit<W>)) -> Commit<W> {
    let (expected, seq) = (last.expected.next(), last.events.last().map_or(0, |event| event.seq) + 1);
    let left = What::Left { thread: String::new(), node: format!("node {seq}") };
    let mut commit = Commit {
        id: CommitId(id()),
        opens: None,
        expected,
        at: last.at + Duration::from_secs(1),
        checkpoint: Some(sealed(last.run, expected.next())),
        opened: Vec::new(),
        closed: Vec::new(),
        events: vec![Event { seq, at: last.at, what: left }],
        writes: Vec::new(),
        ..last.clone()
    };
    change(&mut commit);
    commit
}

pub(crate) fn sealed(run: RunId, revision: Revision) -> Sealed {
    let body = format!("{{\"at\":{}}}", revision.0);
    Sealed::new(run, revision, ("schema", 3), body).expect("it is short")
}
