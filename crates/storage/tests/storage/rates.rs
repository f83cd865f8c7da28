//! Rates: as many as may be begun within any minute, and not one more, in all processes together.

use crate::common::{
    Fresh, on_both,
    rows::{put, somebody},
    sqlite, write,
};
use futures::future::join_all;
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use sqlx::Row as _;
use std::{sync::Arc, time::Duration};
use storage::{Engine, open};
use studio::ports::{
    Timestamp,
    store::{CALLS_WITHIN_RATE, Owned, Rate, Store, StoreError},
};

const SECOND: i64 = 1_000_000;

fn rate(most: u32) -> Rate {
    Rate { most, within: Duration::from_secs(60) }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_700_000_000_000_000 + seconds * SECOND)
}

/// Whether one more may be begun. What may not is rolled back, as in the studio.
async fn begins(store: &Arc<dyn Store>, owned: Owned, at: Timestamp, rate: Rate) -> bool {
    let begun = write(store, move |tx| {
        Box::pin(async move {
            tx.take_call(owned, at, rate).await?;
            tx.forget_calls(owned, rate).await
        })
    });
    match begun.await {
        Ok(()) => true,
        Err(StoreError::Conflict(rule)) if rule == CALLS_WITHIN_RATE => false,
        Err(fault) => panic!("{fault}"),
    }
}

/// The store, and on PostgreSQL a second one on the same database, as another process has it.
async fn processes(fresh: &Fresh) -> Vec<Arc<dyn Store>> {
    let mut all = vec![fresh.store()];
    if fresh.engine() == Engine::Postgres {
        all.push(Arc::new(open(fresh.config.clone()).await.unwrap()));
    }
    all
}

#[tokio::test]
async fn of_two_hundred_at_once_ten_begin_whatever_process_they_come_to() {
    on_both(|fresh| async move {
        let stores = processes(&fresh).await;
        let ana = somebody(&stores[0]).await;
        let begun = join_all((0..200).map(|n| {
            let store = stores[n % stores.len()].clone();
            async move { begins(&store, ana, at(0), rate(10)).await }
        }));
        assert_eq!(begun.await.into_iter().filter(|begun| *begun).count(), 10);
        assert_eq!(stores[0].call_before(ana, 10).await.unwrap(), Some(at(0)));
        assert!(!begins(&stores[0], ana, at(59), rate(10)).await);
        let begun = join_all((0..200).map(|n| begins(&stores[n % stores.len()], ana, at(60), rate(10))));
        assert_eq!(begun.await.into_iter().filter(|begun| *begun).count(), 10, "a minute later");
    })
    .await;
}

#[tokio::test]
async fn what_is_rolled_back_is_not_counted() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        for _ in 0..3 {
            let given_up = write(&store, move |tx| {
                Box::pin(async move {
                    tx.take_call(ana, at(0), rate(1)).await?;
                    tx.flush().await?;
                    Err(StoreError::Conflict("something else".to_owned()))
                })
            });
            given_up.await.unwrap_err();
        }
        assert_eq!(store.call_before(ana, 1).await.unwrap(), None);
        assert!(begins(&store, ana, at(0), rate(1)).await);
        assert!(!begins(&store, ana, at(1), rate(1)).await);
    })
    .await;
}

#[tokio::test]
async fn one_persons_rate_is_of_no_concern_to_another() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        assert!(begins(&store, ana, at(0), rate(1)).await && begins(&store, ben, at(0), rate(1)).await);
        assert!(!begins(&store, ana, at(1), rate(1)).await && !begins(&store, ben, at(1), rate(1)).await);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_was_set_back_shuts_nobody_out() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        assert!(begins(&store, ana, at(10_000), rate(1)).await);
        assert!(!begins(&store, ana, at(9_970), rate(1)).await, "by a little: it may be another process's");
        assert!(begins(&store, ana, at(0), rate(1)).await, "by hours");
        assert!(!begins(&store, ana, at(59), rate(1)).await, "and from then on it counts as always");
        assert!(begins(&store, ana, at(60), rate(1)).await);
    })
    .await;
}

#[tokio::test]
async fn as_many_rows_are_kept_as_may_be_begun_also_where_it_were_more_before() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let kept = async || {
            let mut conn = fresh.outside().await;
            let counted = sqlx::query("SELECT COUNT(*) FROM rate_calls").fetch_one(&mut conn).await.unwrap();
            counted.get::<i64, _>(0)
        };
        for n in 0..20 {
            assert!(begins(&store, ana, at(n * 10), rate(6)).await);
        }
        assert_eq!(kept().await, 6);
        assert!(begins(&store, ana, at(1_000), rate(2)).await);
        assert_eq!(kept().await, 2);
        assert!(
            begins(&store, ana, at(1_000), rate(2)).await && !begins(&store, ana, at(1_000), rate(2)).await
        );
    })
    .await;
}

/// Any steps of time, and any limit: what is let through is what somebody lets through who remembers everything.
#[tokio::test]
async fn the_window_is_that_of_who_remembers_everything() {
    let steps = prop::collection::vec(0..45_i64, 1..60);
    let fresh = sqlite().await;
    let store = fresh.store();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
    for most in [1, 2, 3, 5] {
        for _ in 0..6 {
            let steps = steps.new_tree(&mut runner).unwrap().current();
            let (ana, mut now, mut begun) = (somebody(&store).await, 0, Vec::<i64>::new());
            for step in &steps {
                now += step;
                let lately = begun.iter().filter(|then| **then > now - 60).count();
                let before = store.call_before(ana, most).await.unwrap();
                let may = lately < most as usize;
                assert_eq!(before.is_none_or(|then| then <= at(now - 60)), may, "{steps:?}");
                assert_eq!(begins(&store, ana, at(now), rate(most)).await, may, "{most}: {steps:?}");
                if may {
                    begun.push(now);
                }
            }
        }
    }
    fresh.db.close().await;
}

/// Clocks of processes that differ by less than a minute: never more than may be within any minute of what they said.
#[tokio::test]
async fn clocks_that_differ_let_no_more_through() {
    let steps = prop::collection::vec((0..20_i64, -29..=29_i64), 1..80);
    let fresh = sqlite().await;
    let store = fresh.store();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
    for most in [1, 2, 4] {
        for _ in 0..6 {
            let steps = steps.new_tree(&mut runner).unwrap().current();
            let (ana, mut now, mut begun) = (somebody(&store).await, 0, Vec::<i64>::new());
            for (step, off) in &steps {
                now += step;
                if begins(&store, ana, at(now + off), rate(most)).await {
                    begun.push(now + off);
                }
            }
            for first in &begun {
                let within = begun.iter().filter(|then| (*first..first + 60).contains(*then)).count();
                assert!(within <= most as usize, "{within} of {most}: {begun:?}");
            }
        }
    }
    fresh.db.close().await;
}

async fn takes(store: &Arc<dyn Store>, count: u32, seconds: i64) -> Result<(), Duration> {
    put(store, move |tx| {
        Box::pin(async move { tx.take_requests("somewhere", count, at(seconds), rate(600)).await })
    })
    .await
}

#[tokio::test]
async fn what_an_address_sends_is_one_sum_for_all_processes_and_goes_little_by_little() {
    on_both(|fresh| async move {
        let stores = processes(&fresh).await;
        let taken = join_all((0..40).map(|n| {
            let store = stores[n % stores.len()].clone();
            async move { takes(&store, 30, 0).await }
        }));
        assert_eq!(taken.await.into_iter().filter(Result::is_ok).count(), 20, "600 requests");
        let store = &stores[0];
        assert_eq!(takes(store, 30, 0).await, Err(Duration::from_secs(3)), "ten are free each second");
        assert_eq!(takes(store, 30, 2).await, Err(Duration::from_secs(1)));
        assert_eq!(takes(store, 30, 3).await, Ok(()));
        assert_eq!(takes(store, 600, 1_000).await, Ok(()), "all of it is back");
        assert_eq!(takes(store, 1, 0).await, Ok(()), "a clock that was set back by hours shuts nobody out");
        let purged = put(store, |tx| Box::pin(async move { tx.purge_addresses(at(0)).await }));
        assert_eq!(purged.await, 0, "it owes something");
        let purged = put(store, |tx| Box::pin(async move { tx.purge_addresses(at(2_000)).await }));
        assert_eq!(purged.await, 1);
    })
    .await;
}
