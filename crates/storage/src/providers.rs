//! Model servers that administrators added.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{OrganizationId, ProviderId};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Sealed,
    store::{Owned, ProviderReads, ProviderRow, ProviderWrites, StoreError},
};

fn provider(row: &AnyRow) -> Result<ProviderRow, StoreError> {
    let mut cells = Cells::new(row, "providers");
    let owned = cells.take_owned()?;
    let (id, name, kind, base_url) = (cells.take()?, cells.take()?, cells.take()?, cells.take()?);
    let sealed: (Option<String>, Option<String>) = (cells.take_opt()?, cells.take_opt()?);
    let key = sealed.0.zip(sealed.1).map(|(with, text)| Sealed { with, text });
    Ok(ProviderRow {
        id,
        owned,
        name,
        kind,
        base_url,
        key,
        created_at: cells.take()?,
        changed_at: cells.take()?,
    })
}

#[async_trait]
impl<L: Line> ProviderReads for Statements<L> {
    async fn providers(&self, organization: OrganizationId) -> Result<Vec<ProviderRow>, StoreError> {
        let asked = Statement::new(
            "SELECT organization_id, owner_id, id, name, kind, base_url, sealed_with, sealed_key, created_at, changed_at \
             FROM providers WHERE organization_id = $1 ORDER BY name",
        );
        self.0.rows(asked.bind(organization)).await?.iter().map(provider).collect()
    }
}

#[async_trait]
impl ProviderWrites for Statements<Unit> {
    async fn insert_provider(&mut self, provider: &ProviderRow) -> Result<(), StoreError> {
        let ProviderRow { id, owned, name, kind, base_url, key, created_at, changed_at } = provider;
        let new = Statement::new(
            "INSERT INTO providers (organization_id, owner_id, id, name, kind, base_url, sealed_with, sealed_key, created_at, \
             changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .owned(*owned)
        .bind(*id)
        .text(name)
        .bind(*kind)
        .text(base_url)
        .text_opt(key.as_ref().map(|key| key.with.as_str()))
        .text_opt(key.as_ref().map(|key| key.text.as_str()))
        .bind(*created_at)
        .bind(*changed_at);
        self.0.change(new).await.map(drop)
    }

    async fn change_provider(&mut self, provider: &ProviderRow) -> Result<bool, StoreError> {
        let ProviderRow { id, owned, kind, base_url, key, changed_at, .. } = provider;
        let changed = Statement::new(
            "UPDATE providers SET kind = $4, base_url = $5, sealed_with = $6, sealed_key = $7, changed_at = $8 \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3",
        )
        .owned(*owned)
        .bind(*id)
        .bind(*kind)
        .text(base_url)
        .text_opt(key.as_ref().map(|key| key.with.as_str()))
        .text_opt(key.as_ref().map(|key| key.text.as_str()))
        .bind(*changed_at);
        Ok(self.0.change(changed).await? == 1)
    }

    async fn remove_provider(&mut self, owned: Owned, id: ProviderId) -> Result<bool, StoreError> {
        let removed =
            Statement::new("DELETE FROM providers WHERE organization_id = $1 AND owner_id = $2 AND id = $3");
        Ok(self.0.change(removed.owned(owned).bind(id)).await? == 1)
    }
}
