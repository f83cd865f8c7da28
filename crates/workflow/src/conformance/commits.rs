//! Commits, checkpoints and events.

use super::{Case, Subject, Write, after, at, sealed};
use crate::{Author, Revision, RunId, Status, StoreError, What};
use std::sync::Arc;

/// Row, checkpoint, events and the product's writes are there after a commit, as they were in it.
pub async fn a_commit_is_kept_whole<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|commit| commit.writes = write(&[7])).await;
    let second = after(&opening, |commit| {
        commit.status = Status::NeedsAttention;
        commit.reason = Some("nobody knows — „ob“ it took place".to_owned());
        commit.wake_at = Some(at(99));
        commit.held = false;
        commit.writes = write(&[8, 9]);
    });
    case.keep(&second).await;
    let loaded = case.store().load(opening.run).await.expect("it can be read").expect("it is there");
    let head = loaded.head;
    let somebody = (case.subject.owner)("somebody");
    assert_eq!((head.run, head.kind.as_str(), head.owner), (opening.run, "kind", somebody));
    assert_eq!((head.status, head.reason), (Status::NeedsAttention, second.reason));
    assert_eq!((head.revision, head.last_seq), (Revision(2), 2));
    assert_eq!((head.holder, head.wake_at), (None, Some(at(99))));
    assert_eq!((head.opened_at, head.changed_at), (opening.at, second.at));
    assert_eq!((head.cancel_requested, head.cancel_heard, head.forked_from), (false, false, None));
    assert_eq!(loaded.checkpoint.ok(), second.checkpoint);
    assert_eq!((case.subject.writes)().await, [7, 8, 9]);
    assert_eq!(case.store().load(RunId(super::id())).await, Ok(None), "a run that never was is none");
}

/// Nothing of a commit that was refused is there.
pub async fn a_refused_commit_leaves_nothing<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let before = case.store().load(opening.run).await;
    let wrong = after(&opening, |commit| {
        commit.expected = Revision(7);
        commit.writes = write(&[1]);
    });
    assert_eq!(case.store().commit(Arc::new(wrong)).await, Err(StoreError::Conflict));
    assert_eq!(case.store().load(opening.run).await, before);
    assert_eq!(case.store().events(opening.run, 0).await.expect("they can be read").len(), 1);
    assert_eq!((case.subject.writes)().await, [0_u64; 0]);
}

/// A commit is made on the newest revision or not at all; a run is opened once; what was never opened takes none.
pub async fn a_commit_on_an_old_revision_is_refused<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let second = after(&opening, |_| {});
    case.keep(&second).await;
    let late = after(&opening, |_| {});
    assert_eq!(case.store().commit(Arc::new(late)).await, Err(StoreError::Conflict));
    let mut again = case.opening("somebody");
    again.run = opening.run;
    assert_eq!(case.store().commit(Arc::new(again)).await, Err(StoreError::Conflict));
    let unknown = after(&opening, |commit| commit.run = RunId(super::id()));
    assert_eq!(case.store().commit(Arc::new(unknown)).await, Err(StoreError::NotFound));
}

/// Who did not hear the answer asks again, and hears yes: also when the run was let go with it.
pub async fn a_commit_that_is_handed_in_twice_is_applied_once<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|commit| commit.writes = write(&[1])).await;
    case.keep(&opening).await;
    let second = after(&opening, |commit| {
        commit.held = false;
        commit.writes = write(&[2]);
    });
    case.keep(&second).await;
    case.keep(&second).await;
    case.keep(&opening).await;
    assert_eq!((case.subject.writes)().await, [1, 2]);
    assert_eq!(case.store().events(opening.run, 0).await.expect("they can be read").len(), 2);
}

/// Of commits at once one is kept, and the others hear that the run has gone on.
pub async fn of_two_commits_on_one_revision_one_wins<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let commits =
        (0..20).map(|n| case.store().commit(Arc::new(after(&opening, |commit| commit.writes = write(&[n])))));
    let results = futures::future::join_all(commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(StoreError::Conflict))), "{results:?}");
    assert_eq!((case.subject.writes)().await.len(), 1);
}

/// All checkpoints stay, oldest first, each found by the commit that brought it.
pub async fn checkpoints_are_listed_and_found_by_revision<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let mut last = case.open(|_| {}).await;
    for _ in 0..3 {
        last = after(&last, |_| {});
        case.keep(&last).await;
    }
    let history = case.store().history(last.run).await.expect("it can be read");
    let revisions: Vec<u64> = history.iter().map(|listed| listed.revision.0).collect();
    assert_eq!(revisions, [1, 2, 3, 4]);
    assert_eq!((history[0].at, history[0].status), (at(1), Status::Running));
    let found = case.store().checkpoint(last.run, Revision(2)).await.expect("it can be read");
    assert_eq!(found, Some(sealed(last.run, Revision(2))));
    assert_eq!(case.store().checkpoint(last.run, Revision(9)).await, Ok(None));
    assert_eq!(case.store().history(RunId(super::id())).await, Err(StoreError::NotFound));
}

/// Only the row changes then, and its revision.
pub async fn a_commit_without_a_checkpoint_leaves_the_newest<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    case.keep(&after(&opening, |commit| commit.checkpoint = None)).await;
    let loaded = case.store().load(opening.run).await.expect("it can be read").expect("it is there");
    assert_eq!((loaded.head.revision, loaded.checkpoint.ok()), (Revision(2), opening.checkpoint));
    assert_eq!(case.store().history(opening.run).await.expect("it can be read").len(), 1);
}

/// What happened comes in order, from any number on, as it was told.
pub async fn events_come_in_order_and_after_a_number<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let second = after(&opening, |commit| {
        let mut more = commit.events[0].clone();
        more.seq = 3;
        more.what =
            What::Told { name: "a word".to_owned(), body: serde_json::json!({"ä": [1, null, "\u{1F600}"]}) };
        commit.events.push(more);
    });
    case.keep(&second).await;
    let all = case.store().events(opening.run, 0).await.expect("they can be read");
    assert_eq!(all, [&opening.events[..], &second.events[..]].concat());
    assert_eq!(case.store().events(opening.run, 2).await.expect("they can be read"), all[2..]);
    assert_eq!(case.store().events(opening.run, 3).await.expect("they can be read"), []);
}

/// It says where it came from, and shares nothing with it.
pub async fn a_fork_is_a_run_of_its_own<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let from = Some((opening.run, Revision(1)));
    let fork = case
        .open(|commit| {
            commit.opens.iter_mut().for_each(|opens| opens.forked_from = from);
        })
        .await;
    case.keep(&after(&fork, |_| {})).await;
    let of = |run| case.store().load(run);
    let old = of(opening.run).await.expect("it can be read").expect("it is there");
    let new = of(fork.run).await.expect("it can be read").expect("it is there");
    assert_eq!((old.head.revision, old.head.forked_from), (Revision(1), None));
    assert_eq!((new.head.revision, new.head.forked_from), (Revision(2), from));
    assert_eq!(case.store().events(opening.run, 0).await.expect("they can be read").len(), 1);
}

/// A run that failed keeps its checkpoint, with all that its other branches brought, and goes on from it when somebody asks.
pub async fn what_was_kept_before_a_failure_is_there_after_it<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let failed = after(&opening, |commit| {
        commit.status = Status::Failed;
        commit.held = false;
        commit.wake_at = None;
    });
    case.keep(&failed).await;
    let loaded = case.store().load(opening.run).await.expect("it can be read").expect("it is there");
    assert_eq!(loaded.checkpoint.ok(), failed.checkpoint);
    case.keep(&after(&failed, |commit| {
        commit.by = Author::Operator;
        commit.status = Status::Running;
        commit.wake_at = Some(at(5));
    }))
    .await;
    assert_eq!(super::claims::claimed(&case, 10).await, [opening.run]);
}

/// Who stands outside waits until the run rests, and does not hold it afterwards.
pub async fn an_operator_commits_only_while_nobody_holds_the_run<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let by_operator = |last, n| {
        after(last, |commit| {
            commit.by = Author::Operator;
            commit.held = false;
            commit.writes = write(&[n]);
        })
    };
    let early = by_operator(&opening, 1);
    assert_eq!(case.store().commit(Arc::new(early)).await, Err(StoreError::Held));
    let rest = after(&opening, |commit| commit.held = false);
    case.keep(&rest).await;
    case.keep(&by_operator(&rest, 2)).await;
    assert_eq!((case.subject.writes)().await, [2]);
    let head = case.store().load(opening.run).await.expect("it can be read").expect("it is there").head;
    assert_eq!((head.holder, head.owner), (None, (case.subject.owner)("somebody")));
}
