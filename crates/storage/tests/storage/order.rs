//! Any mixture of writes: they happen in the order in which they were handed over, and what failed never happened.

use crate::common::{
    rows::{at, id, person},
    sqlite,
};
use api_types::OrganizationId;
use futures::{future::join_all, poll};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, TestRunner},
};
use std::{sync::Arc, task::Poll};
use studio::ports::store::{Store, StoreError};
use tokio::task::{unconstrained, yield_now};

/// What one unit of work does after it has written.
#[derive(Debug, Clone, Copy)]
enum Then {
    Ends,
    TakesAWhile,
    ChangesItsMind,
    BreaksARule,
}

/// Adds its number to the log, and then …
async fn add(store: Arc<dyn Store>, log: String, number: usize, then: Then) -> Result<(), StoreError> {
    let work = store.write(move |tx| {
        Box::pin(async move {
            let before = tx.fact(&log).await?.unwrap_or_default();
            tx.set_fact(&log, &format!("{before} {number}"), at(0)).await?;
            match then {
                Then::Ends => Ok(()),
                Then::TakesAWhile => {
                    yield_now().await;
                    tx.fact(&log).await.map(drop)
                }
                Then::ChangesItsMind => Err(StoreError::Fault("no".to_owned())),
                Then::BreaksARule => tx.insert_person(&person(OrganizationId(id()))).await,
            }
        })
    });
    work.await
}

#[tokio::test]
async fn writes_happen_in_the_order_of_their_handing_over_and_failures_leave_nothing() {
    let then = prop_oneof![
        4 => Just(Then::Ends),
        2 => Just(Then::TakesAWhile),
        2 => Just(Then::ChangesItsMind),
        1 => Just(Then::BreaksARule),
    ];
    let mixtures = prop::collection::vec(then, 1..150);
    // On PostgreSQL they go on beside each other.
    let fresh = sqlite().await;
    let store = fresh.store();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRunner::deterministic().new_rng());
    for round in 0..24 {
        let mixture: Vec<Then> = mixtures.new_tree(&mut runner).unwrap().current();
        let log = format!("log-{round}");
        let mut writing: Vec<_> = mixture
            .iter()
            .enumerate()
            .map(|(number, then)| Box::pin(add(store.clone(), log.clone(), number, *then)))
            .collect();
        for write in &mut writing {
            // Tokio would hold one task's hundredth hand-over back, and with it the order.
            let handed_over = poll!(unconstrained(write.as_mut()));
            assert!(matches!(handed_over, Poll::Pending), "nothing is answered before its commit");
        }
        let results = join_all(writing).await;
        let mut expected = String::new();
        for (number, (then, result)) in mixture.iter().zip(&results).enumerate() {
            assert_eq!(result.is_ok(), matches!(then, Then::Ends | Then::TakesAWhile), "{then:?} {result:?}");
            if result.is_ok() {
                expected.push_str(&format!(" {number}"));
            }
        }
        assert_eq!(store.fact(&log).await.unwrap().unwrap_or_default(), expected, "{mixture:?}");
    }
    fresh.db.close().await;
}
