//! Units of work: one commit for many, each on its own feet.

use crate::common::{
    SOON, on_both,
    rows::{asked, at, put, somebody},
    sqlite, write,
};
use futures::future::{join, join_all};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use storage::Engine;
use studio::ports::store::{Store, StoreError};
use tokio::{sync::oneshot, time::timeout};

/// A unit of work that writes one fact.
async fn fact(store: &Arc<dyn Store>, key: String) -> Result<(), StoreError> {
    write(store, move |tx| Box::pin(async move { tx.set_fact(&key, "x", at(0)).await })).await
}

async fn there(store: &Arc<dyn Store>, key: &str) -> bool {
    store.fact(key).await.unwrap().is_some()
}

#[tokio::test]
async fn writes_that_wait_together_are_committed_together() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (commits, statements) = (store.commits(), store.statements());
        let answers = join_all((0..100).map(|n| fact(&store, format!("k{n}")))).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        let commits = store.commits() - commits;
        match fresh.engine() {
            // Two when nothing else runs on the machine.
            Engine::Sqlite => assert!((2..=50).contains(&commits), "{commits} commits for 100 writes"),
            // The server itself lets those share a flush that commit at once.
            Engine::Postgres => assert_eq!(commits, 100),
        }
        assert_eq!(store.statements() - statements, 100);
        for n in 0..100 {
            assert!(there(&store, &format!("k{n}")).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_work_that_fails_or_panics_takes_nobody_with_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let answers = join_all((0..60).map(|n| {
            let store = store.clone();
            async move {
                write(&store, move |tx| {
                    Box::pin(async move {
                        tx.set_fact(&format!("k{n}"), "x", at(0)).await?;
                        match n % 6 {
                            0 => Err(StoreError::Fault("on second thoughts".to_owned())),
                            1 => panic!("a bug"),
                            // The person has no organization.
                            2 => {
                                let lost = crate::common::rows::person(api_types::OrganizationId(
                                    crate::common::rows::id(),
                                ));
                                tx.insert_person(&lost).await
                            }
                            _ => Ok(()),
                        }
                    })
                })
                .await
            }
        }))
        .await;
        for (n, answer) in answers.iter().enumerate() {
            match (n % 6, answer) {
                (0, Err(StoreError::Fault(text))) => assert_eq!(text, "on second thoughts"),
                (1, Err(StoreError::Fault(text))) => assert!(text.contains("panicked")),
                (2, Err(StoreError::Conflict(name))) => assert_eq!(name, "foreign_key"),
                (3.., Ok(())) => {}
                other => panic!("{other:?}"),
            }
            assert_eq!(there(&store, &format!("k{n}")).await, n % 6 > 2, "k{n}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_caught_too() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let answer = write(&store, |_| panic!("at once")).await;
        assert!(matches!(answer, Err(StoreError::Fault(_))));
        fact(&store, "after".to_owned()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nothing_is_answered_before_the_commit_that_it_shares() {
    let fresh = sqlite().await;
    let store = fresh.store();
    let (go, wait) = oneshot::channel::<()>();
    let (entered, is_in) = oneshot::channel::<()>();
    let answered = AtomicBool::new(false);
    let first = async {
        fact(&store, "first".to_owned()).await.unwrap();
        answered.store(true, Ordering::SeqCst);
    };
    // Queued right behind, so in the same commit, where it holds everybody up.
    let second = write(&store, move |tx| {
        Box::pin(async move {
            tx.set_fact("second", "x", at(0)).await?;
            assert_eq!(tx.fact("first").await?.as_deref(), Some("x"), "the same transaction");
            entered.send(()).unwrap();
            wait.await.unwrap();
            Ok(())
        })
    });
    let watch = async {
        timeout(SOON, is_in).await.unwrap().unwrap();
        tokio::task::yield_now().await;
        assert!(!answered.load(Ordering::SeqCst));
        assert!(!there(&store, "first").await && !there(&store, "second").await);
        go.send(()).unwrap();
    };
    let (_, (second, ())) = join(first, join(second, watch)).await;
    second.unwrap();
    assert!(answered.load(Ordering::SeqCst));
    assert!(there(&store, "first").await && there(&store, "second").await);
    fresh.db.close().await;
}

#[tokio::test]
async fn nothing_is_answered_or_seen_before_its_own_commit_and_a_barrier_waits_for_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (go, wait) = oneshot::channel::<()>();
        let (entered, is_in) = oneshot::channel::<()>();
        let (answered, passed) = (AtomicBool::new(false), AtomicBool::new(false));
        let work = async {
            let written = write(&store, move |tx| {
                Box::pin(async move {
                    tx.set_fact("first", "x", at(0)).await?;
                    entered.send(()).unwrap();
                    wait.await.unwrap();
                    Ok(())
                })
            });
            written.await.unwrap();
            answered.store(true, Ordering::SeqCst);
        };
        let watch = async {
            timeout(SOON, is_in).await.unwrap().unwrap();
            let barrier = async {
                store.barrier().await.unwrap();
                assert!(there(&store, "first").await, "what was before it is kept");
                passed.store(true, Ordering::SeqCst);
            };
            let release = async {
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
                assert!(!answered.load(Ordering::SeqCst) && !passed.load(Ordering::SeqCst));
                assert!(!there(&store, "first").await);
                go.send(()).unwrap();
            };
            join(barrier, release).await;
        };
        join(work, watch).await;
        assert!(answered.load(Ordering::SeqCst) && passed.load(Ordering::SeqCst));
    })
    .await;
}

#[tokio::test]
async fn an_error_ends_the_unit_of_work_even_if_it_looks_away() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (_, answer, _) = asked(&store, owned).await;
        let second = crate::common::rows::run(&answer);
        let refused = write(&store, move |tx| {
            Box::pin(async move {
                tx.set_fact("before", "x", at(0)).await?;
                let _ignored = crate::common::rows::insert_answer(tx, &second).await;
                let later = tx.set_fact("after", "x", at(0)).await;
                assert!(matches!(later, Err(StoreError::Conflict(_))), "{later:?}");
                Ok(())
            })
        })
        .await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "answers_one_active"));
        assert!(!there(&store, "before").await && !there(&store, "after").await);
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_work_sees_its_own_writes() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (seen, outside) = put(&store, {
            let store = store.clone();
            |tx| {
                Box::pin(async move {
                    tx.set_fact("mine", "x", at(0)).await?;
                    Ok((tx.fact("mine").await?, store.fact("mine").await?))
                })
            }
        })
        .await;
        assert_eq!((seen.as_deref(), outside), (Some("x"), None));
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_work_that_never_ends_is_rolled_back() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (entered, is_in) = oneshot::channel::<()>();
        let stuck = write(&store, move |tx| {
            Box::pin(async move {
                tx.set_fact("stuck", "x", at(0)).await?;
                entered.send(()).unwrap();
                std::future::pending().await
            })
        });
        let hurry = async {
            timeout(SOON, is_in).await.unwrap().unwrap();
            tokio::time::pause();
            tokio::time::advance(storage::UNIT_TIME_MAX).await;
            tokio::time::resume();
        };
        let (answer, ()) = join(stuck, hurry).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
        fact(&store, "after".to_owned()).await.unwrap();
        assert!(!there(&store, "stuck").await && there(&store, "after").await);
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_work_nobody_waits_for_any_more_is_not_begun() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (go, wait) = oneshot::channel::<()>();
        let first = write(&store, move |_| {
            Box::pin(async move {
                wait.await.unwrap();
                Ok(())
            })
        });
        let dropped = async {
            // Long enough to be queued, and then given up.
            let _ = futures::poll!(Box::pin(fact(&store, "dropped".to_owned())));
            go.send(()).unwrap();
        };
        let (first, ()) = join(first, dropped).await;
        first.unwrap();
        fact(&store, "after".to_owned()).await.unwrap();
        assert!(!there(&store, "dropped").await);
    })
    .await;
}

#[tokio::test]
async fn closing_finishes_what_waits_and_refuses_what_comes_later() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let waiting = join_all((0..20).map(|n| fact(&store, format!("k{n}"))));
        let (answers, ()) = join(waiting, fresh.db.close()).await;
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert!(matches!(fact(&store, "late".to_owned()).await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.fact("k1").await, Err(StoreError::Unavailable(_))));
        assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
        fresh.db.close().await;
        let again = storage::open(fresh.config.clone()).await.unwrap();
        let again: Arc<dyn Store> = Arc::new(again);
        for n in 0..20 {
            assert!(there(&again, &format!("k{n}")).await);
        }
    })
    .await;
}

#[tokio::test]
async fn a_text_with_a_zero_character_is_refused_by_both_engines() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let refused =
            write(&store, |tx| Box::pin(async move { tx.set_fact("k", "a\0b", at(0)).await })).await;
        assert!(matches!(refused, Err(StoreError::Fault(_))));
        assert!(!there(&store, "k").await);
        store.ping().await.unwrap();
    })
    .await;
}
