//! Keys of requests, and the runs that were opened for them.

use crate::common::{
    on_both,
    rows::{asked, at, put, somebody},
    write,
};
use api_types::RunId;
use futures::future::join_all;
use studio::ports::store::{Owned, RequestRow, StoreError};

fn request(owned: Owned, key: &str, run: RunId, micros: i64) -> RequestRow {
    RequestRow { owned, key: key.to_owned(), digest: "d1".to_owned(), run, created_at: at(micros) }
}

#[tokio::test]
async fn a_key_is_used_once_by_a_person_and_is_nobody_elses_business() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let ((.., anas), (.., bens)) = (asked(&store, ana).await, asked(&store, ben).await);
        let row = request(ana, "k", anas.run, 0);
        let first = row.clone();
        put(&store, move |tx| Box::pin(async move { tx.insert_request(&first).await })).await;
        assert_eq!(store.request(ana, "k").await.unwrap(), Some(row.clone()));
        assert_eq!(store.request(ana, "K").await.unwrap(), None, "upper and lower case differ");
        assert_eq!(store.request(ben, "k").await.unwrap(), None);
        let second = RequestRow { digest: "d2".to_owned(), ..row.clone() };
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.insert_request(&second).await })).await;
        assert!(
            matches!(&refused, Err(StoreError::Conflict(index)) if index == "requests_pkey"),
            "{refused:?}"
        );
        assert_eq!(store.request(ana, "k").await.unwrap(), Some(row), "the first stays");
        let of_ben = request(ben, "k", bens.run, 0);
        put(&store, move |tx| Box::pin(async move { tx.insert_request(&of_ben).await })).await;
        assert_eq!(store.request(ben, "k").await.unwrap().unwrap().run, bens.run);
    })
    .await;
}

#[tokio::test]
async fn a_key_names_a_run_of_its_own_person() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let (.., bens) = asked(&store, ben).await;
        let foreign = request(ana, "k", bens.run, 0);
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.insert_request(&foreign).await })).await;
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(store.request(ana, "k").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn old_keys_are_forgotten_and_younger_ones_are_not() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (.., run) = asked(&store, ana).await;
        let rows = [request(ana, "old", run.run, 9), request(ana, "young", run.run, 10)];
        put(&store, move |tx| {
            Box::pin(async move {
                for row in &rows {
                    tx.insert_request(row).await?;
                }
                Ok(())
            })
        })
        .await;
        let purge = || put(&store, |tx| Box::pin(async move { tx.purge_requests(at(10)).await }));
        assert_eq!(purge().await, 1);
        assert_eq!(purge().await, 0);
        assert_eq!(store.request(ana, "old").await.unwrap(), None);
        assert!(store.request(ana, "young").await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn of_many_at_once_with_one_key_one_is_kept() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (.., run) = asked(&store, ana).await;
        let keep = || {
            let row = request(ana, "k", run.run, 0);
            write(&store, move |tx| Box::pin(async move { tx.insert_request(&row).await }))
        };
        let kept = join_all((0..50).map(|_| keep())).await;
        assert_eq!(kept.iter().filter(|kept| kept.is_ok()).count(), 1);
        let is_refused =
            |kept: &&Result<(), StoreError>| matches!(kept, Err(StoreError::Conflict(rule)) if rule == "requests_pkey");
        assert_eq!(kept.iter().filter(is_refused).count(), 49);
    })
    .await;
}
