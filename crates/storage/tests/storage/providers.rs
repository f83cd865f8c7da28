//! Model servers that were added, with their sealed keys.

use crate::common::{
    on_both,
    rows::{at, id, put, somebody},
    write,
};
use api_types::{ProviderId, ProviderKind};
use studio::ports::{
    Sealed,
    store::{Owned, ProviderRow, StoreError},
};

fn provider(owned: Owned, name: &str) -> ProviderRow {
    ProviderRow {
        id: ProviderId(id()),
        owned,
        name: name.to_owned(),
        kind: ProviderKind::Anthropic,
        base_url: "https://api.example/v1".to_owned(),
        key: Some(Sealed { with: "k".to_owned(), text: "sealed".to_owned() }),
        created_at: at(1),
        changed_at: at(1),
    }
}

#[tokio::test]
async fn a_server_is_kept_changed_and_removed_in_its_own_organization_alone() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, eve) = (somebody(&store).await, somebody(&store).await);
        let (acme, beta) = (provider(ana, "acme"), provider(ana, "beta"));
        for row in [beta.clone(), acme.clone(), provider(eve, "acme")] {
            put(&store, move |tx| Box::pin(async move { tx.insert_provider(&row).await })).await;
        }
        assert_eq!(store.providers(ana.organization).await.unwrap(), [acme.clone(), beta.clone()]);

        let changed = ProviderRow {
            kind: ProviderKind::OpenAi,
            base_url: "http://localhost:1".to_owned(),
            key: None,
            changed_at: at(2),
            ..acme.clone()
        };
        let (row, foreign) = (changed.clone(), ProviderRow { owned: eve, ..changed.clone() });
        let done = put(&store, move |tx| {
            Box::pin(async move {
                let foreign = tx.change_provider(&foreign).await?;
                Ok((tx.change_provider(&row).await?, foreign))
            })
        });
        assert_eq!(done.await, (true, false));
        let (of, which) = (beta.id, acme.id);
        let removed = put(&store, move |tx| {
            Box::pin(async move {
                let foreign = tx.remove_provider(eve, which).await?;
                Ok((tx.remove_provider(ana, of).await?, tx.remove_provider(ana, of).await?, foreign))
            })
        });
        assert_eq!(removed.await, (true, false, false));
        assert_eq!(store.providers(ana.organization).await.unwrap(), [changed]);
        assert_eq!(store.providers(eve.organization).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_name_is_there_once_and_a_key_is_whole_or_not_there() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ana = somebody(&store).await;
        let (first, second) = (provider(ana, "acme"), provider(ana, "acme"));
        put(&store, move |tx| Box::pin(async move { tx.insert_provider(&first).await })).await;
        let refused =
            write(&store, move |tx| Box::pin(async move { tx.insert_provider(&second).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(rule)) if rule == "providers_name"));
        let mut conn = fresh.outside().await;
        let half = sqlx::raw_sql("UPDATE providers SET sealed_with = NULL").execute(&mut conn).await;
        assert!(half.is_err());
    })
    .await;
}
