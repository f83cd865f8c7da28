//! Prices from when on, and the model that new chats begin with.

use crate::common::{
    on_both,
    rows::{at, id, put, somebody},
};
use api_types::{Price, PriceId};
use std::sync::Arc;
use studio::ports::store::{Owned, PriceRow, Store};

async fn set(store: &Arc<dyn Store>, owned: Owned, model: &str, (from, set_at, micros): (i64, i64, i64)) {
    let price = Price { prompt_micros_per_million: micros, completion_micros_per_million: micros };
    let row = PriceRow {
        id: PriceId(id()),
        owned,
        model: model.parse().unwrap(),
        from: at(from),
        price,
        set_at: at(set_at),
    };
    put(store, move |tx| Box::pin(async move { tx.insert_price(&row).await })).await;
}

#[tokio::test]
async fn of_prices_those_are_read_that_hold_or_come() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, eve) = (somebody(&store).await, somebody(&store).await);
        // Set in this order: when they begin is another matter.
        for (model, line) in [
            ("a/b", (30, 1, 3)),
            ("a/b", (10, 2, 1)),
            ("a/b", (20, 3, 2)),
            ("a/b", (20, 4, 22)),
            ("a/c", (5, 5, 9)),
        ] {
            set(&store, ana, model, line).await;
        }
        set(&store, eve, "a/b", (15, 6, 100)).await;
        let read = async |now| {
            let rows = store.prices(ana.organization, at(now)).await.unwrap();
            let short = |row: &PriceRow| (row.model.name().to_owned(), row.price.prompt_micros_per_million);
            rows.iter().map(short).collect::<Vec<_>>()
        };
        let b = |micros| ("b".to_owned(), micros);
        let c = || ("c".to_owned(), 9);
        assert_eq!(read(0).await, [b(1), b(2), b(22), b(3), c()], "all of them come");
        assert_eq!(read(10).await, [b(1), b(2), b(22), b(3), c()]);
        assert_eq!(
            read(20).await,
            [b(22), b(3), c()],
            "of two that begin together the one that was set later"
        );
        assert_eq!(read(1_000).await, [b(3), c()]);
    })
    .await;
}

#[tokio::test]
async fn a_default_is_set_replaced_and_taken_back() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, eve) = (somebody(&store).await, somebody(&store).await);
        for model in [Some("a/b"), Some("a/c"), None] {
            let model: Option<api_types::ModelRef> = model.map(|model| model.parse().unwrap());
            let set = model.clone();
            put(&store, move |tx| {
                Box::pin(async move { tx.set_default_model(ana, set.as_ref(), at(1)).await })
            })
            .await;
            assert_eq!(store.default_model(ana.organization).await.unwrap(), model);
            assert_eq!(store.default_model(eve.organization).await.unwrap(), None);
        }
    })
    .await;
}
