//! Lives of processes, and who takes up what.

use super::{Case, Subject, Write, after, at};
use crate::{Author, Claim, Epoch, Revision, RunId, StateError, Status, StoreError};
use std::{collections::BTreeSet, sync::Arc};

fn claim(epoch: Epoch, second: u64, dead_before: u64, room: usize) -> Claim {
    Claim { epoch, now: at(second), dead_before: at(dead_before), room: vec![("kind".to_owned(), room)] }
}

/// What a process takes up.
async fn take<W: Write>(case: &Case<W>, claim: Claim) -> Vec<RunId> {
    let taken = case.store().claim(&claim).await.expect("a process that lives may claim");
    taken.into_iter().map(|loaded| loaded.head.run).collect()
}

/// What this process takes up at a second, with room for a hundred.
pub(crate) async fn claimed<W: Write>(case: &Case<W>, second: u64) -> Vec<RunId> {
    take(case, claim(case.epoch, second, 0, 100)).await
}

/// Each life has a higher number; one that was taken for dead is refused everything, and its runs are free.
pub async fn epochs_rise_and_a_late_process_writes_nothing<W: Write>(subject: Subject<W>) {
    let write = subject.writer();
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    let other = case.store().enter(at(50)).await.expect("another process may begin");
    assert!(other > case.epoch);
    assert_eq!(take(&case, claim(other, 50, 0, 9)).await, [], "it is alive");
    case.store().beat(case.epoch, at(60)).await.expect("it lives");
    assert_eq!(take(&case, claim(other, 65, 60, 9)).await, [], "it was heard of");
    let taken = take(&case, claim(other, 100, 90, 9)).await;
    assert_eq!(taken, [opening.run]);

    let late = after(&opening, |commit| commit.writes = write(&[1]));
    assert_eq!(case.store().commit(Arc::new(late)).await, Err(StoreError::Superseded));
    assert_eq!(case.store().beat(case.epoch, at(100)).await, Err(StoreError::Superseded));
    let again = case.store().claim(&claim(case.epoch, 100, 0, 9)).await;
    assert_eq!(again, Err(StoreError::Superseded));
    let new = case.opening("somebody");
    assert_eq!(case.store().commit(Arc::new(new)).await, Err(StoreError::Superseded));

    let bystander = case.store().enter(at(100)).await.expect("a third process may begin");
    let strange = after(&opening, |commit| commit.by = Author::Worker(bystander));
    let strange = case.store().commit(Arc::new(strange)).await;
    assert_eq!(strange, Err(StoreError::Superseded), "alive, and not the one that holds it");

    let on = after(&opening, |commit| {
        commit.by = Author::Worker(other);
        commit.writes = write(&[2]);
    });
    case.keep(&on).await;
    assert_eq!((case.subject.writes)().await, [2]);
    let third = case.store().enter(at(101)).await.expect("it may come back");
    assert!(third > bystander, "a number is never given twice");
}

/// Politely or not: what a process held can be taken up when it is gone.
pub async fn a_process_that_leaves_frees_its_runs<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|commit| commit.wake_at = Some(at(30))).await;
    let other = case.store().enter(at(2)).await.expect("another process may begin");
    case.store().leave(case.epoch).await.expect("it may leave");
    let early = take(&case, claim(other, 29, 0, 9)).await;
    assert_eq!(early, [], "an effect is under way until its deadline, whoever is gone");
    let taken = take(&case, claim(other, 30, 0, 9)).await;
    assert_eq!(taken, [opening.run]);
    let head = case.store().load(opening.run).await.expect("it can be read").expect("it is there").head;
    assert_eq!((head.holder, head.revision), (Some(other), Revision(1)), "a claim is no commit");
}

/// At their time, and not a moment before.
pub async fn runs_are_claimed_when_they_are_due_and_not_before<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let rests = |wake_at| {
        move |commit: &mut crate::Commit<W>| {
            commit.held = false;
            commit.status = Status::Sleeping;
            commit.wake_at = wake_at;
        }
    };
    let soon = case.open(rests(Some(at(10)))).await;
    let later = case.open(rests(Some(at(20)))).await;
    case.open(rests(None)).await;
    assert_eq!(claimed(&case, 9).await, []);
    let claim = claim(case.epoch, 10, 0, 100);
    let taken = case.store().claim(&claim).await.expect("a process that lives may claim");
    let loaded = case.store().load(soon.run).await.expect("it can be read");
    assert_eq!(taken.into_iter().collect::<Vec<_>>(), loaded.into_iter().collect::<Vec<_>>(), "all of it");
    assert_eq!(claimed(&case, 10).await, [], "it is held now");
    assert_eq!(claimed(&case, 1000).await, [later.run]);
}

/// A process can ask what it holds, for the answer to a claim can be lost.
pub async fn a_process_is_told_what_it_holds<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let opening = case.open(|_| {}).await;
    case.open(|commit| commit.held = false).await;
    assert_eq!(case.store().held(case.epoch).await, Ok(vec![opening.run]));
    let both = claimed(&case, 10).await.len() + 1;
    assert_eq!(case.store().held(case.epoch).await.map(|held| held.len()), Ok(both));
    let other = case.store().enter(at(2)).await.expect("another process may begin");
    assert_eq!(case.store().held(other).await, Ok(Vec::new()));
}

/// Of many processes at once.
pub async fn a_run_is_claimed_by_one<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let mut runs = BTreeSet::new();
    for _ in 0..10 {
        runs.insert(case.open(|commit| commit.held = false).await.run);
    }
    let mut epochs = Vec::new();
    for _ in 0..10 {
        epochs.push(case.store().enter(at(2)).await.expect("a process may begin"));
    }
    let claims: Vec<Claim> = epochs.into_iter().map(|epoch| claim(epoch, 5, 0, 3)).collect();
    let results = futures::future::join_all(claims.iter().map(|claim| case.store().claim(claim))).await;
    let taken = results.into_iter().flat_map(|taken| taken.expect("it may claim"));
    let taken: Vec<RunId> = taken.map(|loaded| loaded.head.run).collect();
    assert_eq!(taken.len(), runs.len(), "each once");
    assert_eq!(taken.into_iter().collect::<BTreeSet<_>>(), runs);
}

/// Who has many waiting does not keep out who has one; and no more than there is room for, of any kind.
pub async fn claims_go_round_between_owners_and_keep_to_the_room<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let mut last = Vec::new();
    for n in 0..12 {
        let mut opening = case.opening(["eager", "eager", "eager", "eager", "middle", "modest"][n / 2]);
        opening.held = false;
        case.keep(&opening).await;
        last.push(opening.run);
    }
    let mut other = case.opening("eager");
    other.held = false;
    other.opens.iter_mut().for_each(|opens| opens.kind = "another kind".to_owned());
    case.keep(&other).await;
    let take = |room| take(&case, claim(case.epoch, 5, 0, room));
    assert_eq!(take(0).await, []);
    let first: BTreeSet<RunId> = take(3).await.into_iter().collect();
    assert_eq!(first, [last[0], last[8], last[10]].into(), "the first of everybody");
    let second: BTreeSet<RunId> = take(3).await.into_iter().collect();
    assert_eq!(second, [last[1], last[9], last[11]].into(), "the second of everybody");
    assert_eq!(take(100).await.len(), 6, "the rest, and nothing of another kind");
}

/// Nor what waits for a person.
pub async fn what_is_over_or_unreadable_is_not_claimed<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    for status in [Status::Done, Status::Failed, Status::Cancelled, Status::Unreadable] {
        let opening = case
            .open(|commit| {
                commit.status = status;
                commit.held = false;
            })
            .await;
        case.store().request_cancel(opening.run, at(2)).await.expect("it may be asked for");
    }
    case.open(|commit| {
        commit.status = Status::NeedsAttention;
        commit.wake_at = None;
        commit.held = false;
    })
    .await;
    assert_eq!(claimed(&case, 1000).await, []);
}

/// It is no reason to give nobody anything: whoever takes it up can say so.
pub async fn a_run_without_a_checkpoint_is_taken_up_beside_others_and_says_so<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let rests = |commit: &mut crate::Commit<W>| commit.held = false;
    let (whole, other) = (case.open(rests).await, case.open(rests).await);
    let without = case
        .open(|commit| {
            rests(commit);
            commit.checkpoint = None;
        })
        .await;
    let taken =
        case.store().claim(&claim(case.epoch, 5, 0, 100)).await.expect("a process that lives may claim");
    let found =
        |run| taken.iter().find(|loaded| loaded.head.run == run).map(|loaded| loaded.checkpoint.clone());
    assert_eq!(found(without.run), Some(Err(StateError::Missing)));
    assert_eq!(found(whole.run), Some(whole.checkpoint.ok_or(StateError::Missing)));
    assert_eq!(found(other.run), Some(other.checkpoint.ok_or(StateError::Missing)));
    let loaded = case.store().load(without.run).await.expect("it can be looked at").expect("it is there");
    assert_eq!((loaded.checkpoint, loaded.head.holder), (Err(StateError::Missing), Some(case.epoch)));
}

/// When they are due and nobody alive holds them: what another process drives is its own, whoever asks.
pub async fn strangers_are_told_when_they_are_due_and_nobody_holds_them<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let strange = |held: bool| {
        move |commit: &mut crate::Commit<W>| {
            commit.held = held;
            commit.wake_at = Some(at(10));
            commit.opens.iter_mut().for_each(|opens| opens.kind = "newer".to_owned());
        }
    };
    case.open(|commit| commit.held = false).await;
    let free = case.open(strange(false)).await.run;
    let held = case.open(strange(true)).await.run;
    let ask = async |kinds: &[&str], second| -> BTreeSet<RunId> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let found = case.store().strangers(&kinds, at(second)).await;
        found.expect("it may be asked").into_iter().collect()
    };
    assert_eq!(ask(&["kind"], 9).await, [].into(), "not due");
    assert_eq!(ask(&["kind"], 10).await, [free].into(), "the other one is held");
    assert_eq!(ask(&["another", "kind", "newer"], 10).await, [].into(), "known");
    let other = case.store().enter(at(11)).await.expect("another process may begin");
    case.store().leave(case.epoch).await.expect("it may leave");
    take(&case, claim(other, 12, 0, 9)).await;
    assert_eq!(ask(&["kind"], 12).await, [free, held].into(), "its process is gone");
}

/// By whoever lives, unless somebody else does and holds it. It is not due any more, and nothing of it is gone.
pub async fn what_is_put_aside_is_unreadable_and_not_taken_up<W: Write>(subject: Subject<W>) {
    let case = Case::new(subject).await;
    let (run, other) =
        (case.open(|_| {}).await, case.store().enter(at(2)).await.expect("a process may begin"));
    let aside = async |epoch, run| case.store().put_aside(epoch, run, "a word", at(3)).await;
    assert_eq!(aside(other, run.run).await, Err(StoreError::Superseded), "somebody alive holds it");
    assert_eq!(
        aside(Epoch(other.0 + 7), run.run).await,
        Err(StoreError::Superseded),
        "this one does not live"
    );
    assert_eq!(aside(other, RunId(super::id())).await, Err(StoreError::NotFound));
    assert_eq!(aside(case.epoch, run.run).await, Ok(()));
    let loaded = case.store().load(run.run).await.expect("it can be looked at").expect("it is there");
    let head = &loaded.head;
    assert_eq!(
        (head.status, head.reason.as_deref(), head.holder),
        (Status::Unreadable, Some("a word"), None)
    );
    assert_eq!((loaded.checkpoint.ok(), head.revision), (run.checkpoint, Revision(1)));
    case.store().request_cancel(run.run, at(4)).await.expect("it may be asked for");
    assert_eq!(claimed(&case, 1000).await, []);
}
