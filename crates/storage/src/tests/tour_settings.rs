//! The statements of what administrators set and of the gate, once each: part of the tour.

use super::rows::{at, id, put, settings};
use api_types::{Check, Flag, FlagMode, Price, PriceId, ProviderId, ProviderKind, RefusalId};
use std::sync::Arc;
use studio::ports::store::{Owned, PriceRow, ProviderRow, Rate, RefusalRow, Store, SwitchRow};

/// Those of model servers and what is said of models.
pub(super) async fn models(store: &Arc<dyn Store>, owned: Owned) {
    let provider = ProviderRow {
        id: ProviderId(id()),
        owned,
        name: "tour".to_owned(),
        kind: ProviderKind::OpenAi,
        base_url: "http://localhost".to_owned(),
        key: None,
        created_at: at(1),
        changed_at: at(1),
    };
    let price = PriceRow {
        id: PriceId(id()),
        owned,
        model: settings().model,
        from: at(1),
        price: Price { prompt_micros_per_million: 1, completion_micros_per_million: 1 },
        set_at: at(1),
    };
    put(store, move |tx| {
        Box::pin(async move {
            tx.insert_provider(&provider).await?;
            tx.change_provider(&provider).await?;
            tx.remove_provider(owned, provider.id).await?;
            tx.insert_price(&price).await?;
            tx.set_default_model(owned, Some(&price.model), at(1)).await?;
            tx.set_default_model(owned, None, at(1)).await
        })
    })
    .await;
    store.providers(owned.organization).await.unwrap();
    store.prices(owned.organization, at(1)).await.unwrap();
    store.default_model(owned.organization).await.unwrap();
}

/// Those of flags.
pub(super) async fn flags(store: &Arc<dyn Store>, owned: Owned) {
    let row = SwitchRow {
        organization: owned.organization,
        flag: Flag::Chat,
        person: None,
        mode: FlagMode::Off,
        changed_by: owned.owner,
        changed_at: at(1),
    };
    put(store, move |tx| {
        Box::pin(async move {
            tx.set_switch(&row).await?;
            tx.remove_switch(row.organization, row.flag, row.person).await
        })
    })
    .await;
    store.switches().await.unwrap();
    store.listed_switches(owned.organization).await.unwrap();
}

/// Those of what the gate counts and refuses.
pub(super) async fn gate(store: &Arc<dyn Store>, owned: Owned) {
    let rate = Rate { most: 10, within: std::time::Duration::from_secs(60) };
    let refusal = RefusalRow {
        id: RefusalId(id()),
        owned,
        check: Check::Rate,
        rule: "r".to_owned(),
        operation: "chat".to_owned(),
        model: None,
        sentence: String::new(),
        resets_at: None,
        passage: None,
        at: at(1),
        last_at: at(1),
        times: 1,
        trace: None,
    };
    let refused = refusal.id;
    put(store, move |tx| {
        Box::pin(async move {
            tx.take_call(owned, at(1), rate).await?;
            tx.forget_calls(owned, rate).await?;
            assert_eq!(tx.take_requests("a", 10, at(1), rate).await?, Ok(()));
            assert!(tx.take_requests("a", 10, at(1), rate).await?.is_err());
            tx.purge_addresses(at(0)).await?;
            tx.insert_refusal(&refusal).await?;
            tx.purge_refusals(at(0)).await
        })
    })
    .await;
    store.call_before(owned, 10).await.unwrap();
    store.refusal(owned.organization, refused).await.unwrap();
    store.refusals(owned, 10).await.unwrap();
}
