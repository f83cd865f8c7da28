//! What is held until the commit, by one of two processes on the same database.

use crate::common::{
    Fresh, SOON, on_both, on_postgres,
    rows::{asked, at, chat, conversation, end, id, owned_by, part, person, process, put, somebody},
};
use api_types::{AnswerState, PersonId, Role, RunId};
use futures::future::{BoxFuture, join};
use std::{sync::Arc, time::Duration};
use storage::open;
use studio::ports::store::{AnswerRow, Owned, Store, StoreError, Tx};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};

/// Runs `first` in one process and `second` in another while `first` is done and not committed; what `second` gave.
async fn one_after_the_other<T, A, B>(fresh: &Fresh, first: A, second: B) -> T
where
    T: Send + 'static,
    A: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    B: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
{
    one_around_the_other(fresh, first, second, |_| Box::pin(async { Ok(()) })).await
}

/// The same, and before its commit the first does `last`, which the second must not be in the way of.
async fn one_around_the_other<T, A, B, C>(fresh: &Fresh, first: A, second: B, last: C) -> T
where
    T: Send + 'static,
    A: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    B: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, StoreError>> + Send + 'static,
    C: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
{
    let (here, there) = (fresh.store(), Arc::new(open(fresh.config.clone()).await.unwrap()));
    let elsewhere: Arc<dyn Store> = there.clone();
    let (done, is_done) = oneshot::channel::<()>();
    let held = put(&here, move |tx| {
        Box::pin(async move {
            first(tx).await?;
            done.send(()).unwrap();
            // Long enough for the other to come to where it has to wait.
            sleep(Duration::from_millis(300)).await;
            last(tx).await
        })
    });
    let waits = async {
        is_done.await.unwrap();
        put(&elsewhere, second).await
    };
    let ((), gave) = timeout(SOON, join(held, waits)).await.unwrap();
    there.close().await;
    gave
}

#[tokio::test]
async fn who_holds_an_organization_reads_what_the_last_who_held_it_has_left() {
    on_postgres(|fresh| async move {
        let ana = somebody(&fresh.store()).await;
        let gave = one_after_the_other(
            &fresh,
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(ana.organization).await?;
                    tx.set_role(ana, Role::Member, false).await.map(drop)
                })
            },
            move |tx| {
                Box::pin(async move {
                    tx.hold_organization(ana.organization).await?;
                    Ok(tx.person(ana.organization, ana.owner).await?.unwrap().person.role)
                })
            },
        )
        .await;
        assert_eq!(gave, Role::Member);
    })
    .await;
}

#[tokio::test]
async fn a_person_is_held_as_they_are_now() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let stranger = Owned { owner: PersonId(id()), ..ana };
        let (held, nobody, gone) = put(&store, move |tx| {
            Box::pin(async move {
                tx.rename_person(ana, "Ana").await?;
                let (held, nobody) = (tx.hold_person(ana).await?, tx.hold_person(stranger).await?);
                tx.erase_person(ana, "Deleted", at(3)).await?;
                Ok((held, nobody, tx.hold_person(ana).await?))
            })
        })
        .await;
        let held = held.unwrap();
        assert_eq!((held.owned(), held.name.as_str(), held.role), (ana, "Ana", Role::Owner));
        assert_eq!((nobody, gone), (None, None));
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_person_waits_for_what_another_process_does_to_them() {
    on_postgres(|fresh| async move {
        let ana = somebody(&fresh.store()).await;
        let disabled = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.set_disabled(ana, Some(at(1))).await.map(drop) }),
            move |tx| Box::pin(async move { Ok(tx.hold_person(ana).await?.unwrap().disabled_at) }),
        )
        .await;
        assert_eq!(disabled, Some(at(1)));
        let ben = person(ana.organization);
        let who = owned_by(&ben);
        put(&fresh.store(), move |tx| Box::pin(async move { tx.insert_person(&ben).await })).await;
        let deleted = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.erase_person(who, "Deleted", at(2)).await.map(drop) }),
            move |tx| Box::pin(async move { tx.hold_person(who).await }),
        )
        .await;
        assert_eq!(deleted, None);
    })
    .await;
}

#[tokio::test]
async fn a_fact_is_held_as_it_is_now_and_is_not_written_by_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let gave = put(&store, move |tx| {
            Box::pin(async move {
                let before =
                    [tx.hold_fact("host").await?, tx.hold_fact("host").await?, tx.fact("host").await?];
                tx.set_fact("host", "a.example", at(1)).await?;
                Ok((before, tx.hold_fact("host").await?, tx.hold_fact("other").await?))
            })
        })
        .await;
        assert_eq!(gave, ([None, None, None], Some("a.example".to_owned()), None));
        assert_eq!(store.fact("host").await.unwrap().as_deref(), Some("a.example"));
        assert_eq!(store.fact("other").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_fact_reads_what_the_last_who_held_it_has_written_be_it_the_first_time() {
    on_postgres(|fresh| async move {
        for value in ["a.example", "b.example"] {
            let gave = one_after_the_other(
                &fresh,
                move |tx| {
                    Box::pin(async move {
                        tx.hold_fact("host").await?;
                        tx.set_fact("host", value, at(1)).await
                    })
                },
                |tx| Box::pin(async move { tx.hold_fact("host").await }),
            )
            .await;
            assert_eq!(gave.as_deref(), Some(value));
        }
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_held_as_it_is_now_and_not_in_the_bin() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let row = conversation(ana);
        let (id, new) = (row.id, row.clone());
        let (held, binned) = put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_conversation(&new).await?;
                let held = tx.hold_conversation(ana, id).await?;
                tx.bin_conversation(ana, id, Some(at(1))).await?;
                Ok((held, tx.hold_conversation(ana, id).await?))
            })
        })
        .await;
        assert_eq!((held, binned), (Some(row), None));
    })
    .await;
}

#[tokio::test]
async fn who_holds_a_conversation_waits_for_what_another_process_does_to_it() {
    on_postgres(|fresh| async move {
        let ana = somebody(&fresh.store()).await;
        let id = chat(&fresh.store(), ana).await;
        let title = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.rename_conversation(ana, id, "New", at(1)).await.map(drop) }),
            move |tx| Box::pin(async move { Ok(tx.hold_conversation(ana, id).await?.unwrap().title) }),
        )
        .await;
        assert_eq!(title, "New");
        let binned = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.bin_conversation(ana, id, Some(at(2))).await.map(drop) }),
            move |tx| Box::pin(async move { tx.hold_conversation(ana, id).await }),
        )
        .await;
        assert_eq!(binned, None);
    })
    .await;
}

/// A conversation in the bin since `at(10)`, with an answer that has ended; the answer as it was opened.
async fn binned(store: &Arc<dyn Store>, owned: Owned) -> AnswerRow {
    let (question, _, answer) = asked(store, owned).await;
    let (ending, part) = (end(&answer, AnswerState::Stopped, "text"), part(&answer, 1, "text"));
    let epoch = process(store).await;
    put(store, move |tx| {
        Box::pin(async move {
            tx.append_answer_parts(epoch, &[part]).await?;
            tx.end_answer(&ending).await?;
            tx.bin_conversation(owned, question.conversation, Some(at(10))).await.map(drop)
        })
    })
    .await;
    answer
}

#[tokio::test]
async fn what_is_restored_while_the_bin_is_emptied_stays_with_all_that_is_in_it() {
    on_postgres(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let answer = binned(&store, ana).await;
        let id = answer.conversation;
        let went = one_after_the_other(
            &fresh,
            move |tx| Box::pin(async move { tx.bin_conversation(ana, id, None).await.map(drop) }),
            |tx| Box::pin(async move { tx.empty_bin(at(20)).await }),
        )
        .await;
        assert_eq!(went, 0);
        assert!(store.conversation(ana, id).await.unwrap().is_some());
        assert_eq!(store.message(ana, id, answer.message).await.unwrap().unwrap().body, "text");
        assert!(store.answer(ana, answer.run).await.unwrap().is_some());
        assert!(store.run(ana, answer.run).await.unwrap().is_some());

        put(&store, move |tx| Box::pin(async move { tx.bin_conversation(ana, id, Some(at(10))).await }))
            .await;
        let restored = one_after_the_other(
            &fresh,
            |tx| Box::pin(async move { tx.empty_bin(at(20)).await.map(drop) }),
            move |tx| Box::pin(async move { tx.bin_conversation(ana, id, None).await }),
        )
        .await;
        assert!(!restored, "it is gone, and nobody is told otherwise");
    })
    .await;
}

#[tokio::test]
async fn the_bin_takes_a_run_before_what_is_written_of_it_as_everybody_does() {
    on_postgres(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let answer = binned(&store, ana).await;
        let run: RunId = answer.run;
        let went = one_around_the_other(
            &fresh,
            move |tx| {
                Box::pin(async move {
                    tx.cancel_run(run).await.map_err(|error| StoreError::Fault(error.to_string()))
                })
            },
            |tx| Box::pin(async move { tx.empty_bin(at(20)).await }),
            // Parts of the answer: two who wait for each other would be told so.
            |tx| Box::pin(async move { tx.purge_answer_parts(at(20)).await.map(drop) }),
        )
        .await;
        assert_eq!(went, 1);
        assert!(store.run(ana, run).await.unwrap().is_none());
    })
    .await;
}
