//! The audit log on one PostgreSQL with several processes: each writes, each would seal, and the chain is one.

use crate::{
    audit::{insert, line, verified},
    common::{
        Fresh, on_postgres,
        rows::{at, audit_row, put, somebody},
    },
};
use futures::future::join_all;
use std::{sync::Arc, time::Duration};
use storage::open;
use studio::{ports::store::Store, seal_audit, verify_audit};
use tokio::sync::oneshot;

/// Another process on the same database.
async fn process(fresh: &Fresh) -> Arc<dyn Store> {
    Arc::new(open(fresh.config.clone()).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_write_and_seal_and_the_chain_is_one() {
    on_postgres(async |fresh| {
        let stores = [fresh.store(), process(&fresh).await, process(&fresh).await];
        let owned = somebody(&stores[0]).await;
        const EACH: usize = 120;
        let work = stores.iter().map(|store| async move {
            for n in 0..EACH {
                insert(store, audit_row(owned)).await;
                if n % 4 == 0 {
                    seal_audit(&**store, at(8)).await.unwrap();
                }
            }
        });
        join_all(work).await;
        while seal_audit(&*stores[0], at(8)).await.unwrap() > 0 {}
        let verified = verify_audit(&*stores[1], None, at(9)).await.unwrap().unwrap();
        assert_eq!(verified.head.position, (stores.len() * EACH) as u64);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_becomes_visible_late_gets_a_later_place_and_holds_nobody_up() {
    on_postgres(async |fresh| {
        let (here, there) = (fresh.store(), process(&fresh).await);
        let owned = somebody(&here).await;
        let (late, early) = (audit_row(owned), audit_row(owned));
        let (late_id, early_id) = (late.id.to_string(), early.id.to_string());
        assert!(late_id < early_id);
        let (is_in, entered) = oneshot::channel();
        let (go, wait) = oneshot::channel::<()>();
        let held = there.clone();
        let writing = async move {
            put(&held, move |tx| {
                Box::pin(async move {
                    tx.insert_audit(&late).await?;
                    let _told = is_in.send(());
                    let _waited = tokio::time::timeout(Duration::from_secs(8), wait).await;
                    Ok(())
                })
            })
            .await;
        };
        let meanwhile = async {
            entered.await.unwrap();
            insert(&here, early).await;
            assert_eq!(seal_audit(&*here, at(8)).await.unwrap(), 1, "nothing is waited for");
            go.send(()).unwrap();
        };
        tokio::join!(writing, meanwhile);
        assert_eq!(seal_audit(&*here, at(8)).await.unwrap(), 1);
        assert_eq!((line(&here, 1).await.id, line(&here, 2).await.id), (early_id, late_id));
        assert_eq!(verified(&here).await, Ok(()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealer_that_finds_another_at_work_does_without() {
    on_postgres(async |fresh| {
        let (here, there) = (fresh.store(), process(&fresh).await);
        insert(&here, audit_row(somebody(&here).await)).await;
        let (is_in, entered) = oneshot::channel();
        let (go, wait) = oneshot::channel::<()>();
        let holding = async {
            put(&there, move |tx| {
                Box::pin(async move {
                    assert!(tx.hold_audit_head().await?.is_some());
                    let _told = is_in.send(());
                    let _waited = tokio::time::timeout(Duration::from_secs(8), wait).await;
                    Ok(())
                })
            })
            .await;
        };
        let meanwhile = async {
            entered.await.unwrap();
            assert_eq!(seal_audit(&*here, at(8)).await.unwrap(), 0);
            go.send(()).unwrap();
        };
        tokio::join!(holding, meanwhile);
        assert_eq!(seal_audit(&*here, at(8)).await.unwrap(), 1);
    })
    .await;
}
