//! Refusals: those that are alike within a minute are one.

use crate::common::{
    on_both,
    rows::{id, put, somebody},
};
use api_types::{Check, OrganizationId, RefusalId};
use futures::future::join_all;
use std::sync::Arc;
use studio::ports::{
    Timestamp,
    store::{Owned, RefusalRow, Store},
};

const MINUTE: i64 = 60_000_000;

fn at(micros: i64) -> Timestamp {
    Timestamp(1_700_000_040_000_000 + micros)
}

fn row(owned: Owned, micros: i64) -> RefusalRow {
    RefusalRow {
        id: RefusalId(id()),
        owned,
        check: Check::Rate,
        rule: "rate.calls_per_minute".to_owned(),
        operation: "chat".to_owned(),
        model: Some("mock/echo".parse().unwrap()),
        sentence: format!("Refused at {micros}."),
        resets_at: Some(at(micros + MINUTE)),
        passage: None,
        at: at(micros),
        last_at: at(micros),
        times: 1,
        trace: Some("t".to_owned()),
    }
}

async fn refuses(store: &Arc<dyn Store>, row: &RefusalRow) -> RefusalId {
    let row = row.clone();
    put(store, move |tx| Box::pin(async move { tx.insert_refusal(&row).await })).await
}

#[tokio::test]
async fn what_is_alike_within_a_minute_is_counted_and_the_last_words_stay() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, ben) = (somebody(&store).await, somebody(&store).await);
        let first = row(ana, 1);
        assert_eq!(refuses(&store, &first).await, first.id);
        assert_eq!(refuses(&store, &row(ana, MINUTE - 1)).await, first.id);
        let kept = store.refusal(ana.organization, first.id).await.unwrap().unwrap();
        let expected = RefusalRow {
            times: 2,
            sentence: format!("Refused at {}.", MINUTE - 1),
            resets_at: Some(at(2 * MINUTE - 1)),
            last_at: at(MINUTE - 1),
            ..first.clone()
        };
        assert_eq!(kept, expected);

        let screened = RefusalRow { check: Check::Screen, passage: Some((3, 9)), model: None, ..row(ana, 2) };
        for other in [row(ana, MINUTE), screened, RefusalRow { rule: "x".to_owned(), ..row(ana, 3) }] {
            assert_eq!(refuses(&store, &other).await, other.id);
            assert_eq!(store.refusal(ana.organization, other.id).await.unwrap().unwrap(), other);
        }
        let his = row(ben, 1);
        assert_eq!(refuses(&store, &his).await, his.id, "another's is another's");
        let listed = store.refusals(ana, 3).await.unwrap();
        let times: Vec<_> = listed.iter().map(|row| row.last_at).collect();
        assert_eq!(times, [at(MINUTE), at(MINUTE - 1), at(3)], "the newest first");
        assert_eq!(store.refusal(ben.organization, first.id).await.unwrap(), None);
        assert_eq!(store.refusal(OrganizationId(id()), first.id).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_thousand_at_once_are_one_row() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let all = join_all((0..1_000).map(|n| {
            let store = store.clone();
            async move { refuses(&store, &row(ana, n)).await }
        }))
        .await;
        assert!(all.iter().all(|id| *id == all[0]));
        let listed = store.refusals(ana, 10).await.unwrap();
        assert_eq!((listed.len(), listed[0].times), (1, 1_000));
    })
    .await;
}

#[tokio::test]
async fn what_was_last_heard_of_long_ago_goes() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        for micros in [0, MINUTE, 2 * MINUTE] {
            refuses(&store, &row(ana, micros)).await;
        }
        let purged = put(&store, |tx| Box::pin(async move { tx.purge_refusals(at(MINUTE + 1)).await }));
        assert_eq!(purged.await, 2);
        assert_eq!(store.refusals(ana, 10).await.unwrap().len(), 1);
    })
    .await;
}
