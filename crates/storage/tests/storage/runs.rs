//! Runs of the engine: what every store of them keeps.

use crate::common::{
    Fresh, on_both,
    rows::{id, owned_by, person, put, somebody},
};
use api_types::{MemoryId, MemoryKind, RunId};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{collections::HashMap, sync::Arc};
use studio::ports::{
    Timestamp,
    store::{Change, MemoryRow, Owned, StoreError, Tx, owner_of},
};
use workflow::conformance;

/// A write of the product's that stands for a number: a note of somebody.
#[derive(Debug, Clone)]
pub(crate) struct Note(pub(crate) Owned, pub(crate) u64);

#[async_trait]
impl Change for Note {
    async fn apply(&self, _: RunId, at: Timestamp, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let note = MemoryRow {
            id: MemoryId(id()),
            owned: self.0,
            kind: MemoryKind::Note,
            content: self.1.to_string(),
            metadata: "{}".to_owned(),
            conversation: None,
            message: None,
            created_at: at,
        };
        tx.insert_memory(&note).await
    }
}

/// A fresh database under the engine's suite.
async fn subject(fresh: &Arc<Fresh>) -> conformance::Subject<Note> {
    let store = fresh.store();
    let somebody = somebody(&store).await;
    let mut owners = HashMap::from([("somebody".to_owned(), owner_of(somebody))]);
    for name in ["eager", "middle", "modest"] {
        let another = person(somebody.organization);
        owners.insert(name.to_owned(), owner_of(owned_by(&another)));
        put(&store, move |tx| Box::pin(async move { tx.insert_person(&another).await })).await;
    }
    let writes = Box::new(move || -> BoxFuture<'static, Vec<u64>> {
        let store = store.clone();
        Box::pin(async move {
            let notes = store.memories(somebody, 1_000).await.unwrap();
            notes.iter().rev().map(|note| note.content.parse().unwrap()).collect()
        })
    });
    conformance::Subject {
        store: fresh.db.clone(),
        write: Arc::new(move |number| Note(somebody, number)),
        owner: Box::new(move |name| owners[name].clone()),
        writes,
    }
}

macro_rules! keeps {
    ($($name:ident)+) => {$(
        #[tokio::test]
        async fn $name() {
            on_both(|fresh| async move { conformance::$name(subject(&fresh).await).await }).await;
        }
    )+};
}

keeps! {
    a_commit_is_kept_whole
    a_refused_commit_leaves_nothing
    a_commit_on_an_old_revision_is_refused
    a_commit_that_is_handed_in_twice_is_applied_once
    of_two_commits_on_one_revision_one_wins
    checkpoints_are_listed_and_found_by_revision
    a_commit_without_a_checkpoint_leaves_the_newest
    events_come_in_order_and_after_a_number
    a_fork_is_a_run_of_its_own
    what_was_kept_before_a_failure_is_there_after_it
    an_operator_commits_only_while_nobody_holds_the_run
    epochs_rise_and_a_late_process_writes_nothing
    a_process_that_leaves_frees_its_runs
    runs_are_claimed_when_they_are_due_and_not_before
    a_process_is_told_what_it_holds
    a_run_is_claimed_by_one
    claims_go_round_between_owners_and_keep_to_the_room
    what_is_over_or_unreadable_is_not_claimed
    a_run_without_a_checkpoint_is_taken_up_beside_others_and_says_so
    strangers_are_told_when_they_are_due_and_nobody_holds_them
    what_is_put_aside_is_unreadable_and_not_taken_up
    a_question_is_answered_once
    of_many_answers_at_once_one_wins
    an_answer_is_to_what_was_asked
    an_answer_makes_its_run_due_until_a_commit_closes_it
    parallel_questions_are_answered_one_by_one
    a_request_to_cancel_makes_its_run_due_until_it_is_heard
}
