//! What administrators say of models: prices, and the one that new chats begin with.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{ModelRef, OrganizationId, Price};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{ModelReads, ModelWrites, Owned, PriceRow, StoreError},
};

fn price(row: &AnyRow) -> Result<PriceRow, StoreError> {
    let mut cells = Cells::new(row, "prices");
    Ok(PriceRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        model: cells.take()?,
        from: cells.take()?,
        price: Price {
            prompt_micros_per_million: cells.take()?,
            completion_micros_per_million: cells.take()?,
        },
        set_at: cells.take()?,
    })
}

#[async_trait]
impl<L: Line> ModelReads for Statements<L> {
    async fn prices(
        &self,
        organization: OrganizationId,
        now: Timestamp,
    ) -> Result<Vec<PriceRow>, StoreError> {
        // Of those that have begun the last of each model: none stands behind it that has begun too.
        let asked = Statement::new(
            "SELECT p.organization_id, p.owner_id, p.id, p.model, p.valid_from, p.prompt_micros, p.completion_micros, p.set_at \
             FROM prices p WHERE p.organization_id = $1 AND NOT EXISTS (SELECT 1 FROM prices q \
             WHERE q.organization_id = $1 AND q.model = p.model AND q.valid_from <= $2 \
             AND (q.valid_from, q.set_at, q.id) > (p.valid_from, p.set_at, p.id)) \
             ORDER BY p.model, p.valid_from, p.set_at, p.id",
        );
        self.0.rows(asked.bind(organization).bind(now)).await?.iter().map(price).collect()
    }

    async fn default_model(&self, organization: OrganizationId) -> Result<Option<ModelRef>, StoreError> {
        let asked = Statement::new("SELECT model FROM default_models WHERE organization_id = $1");
        let row = self.0.row(asked.bind(organization)).await?;
        row.map(|row| Cells::new(&row, "default_models").take()).transpose()
    }
}

#[async_trait]
impl ModelWrites for Statements<Unit> {
    async fn insert_price(&mut self, price: &PriceRow) -> Result<(), StoreError> {
        let PriceRow { id, owned, model, from, price, set_at } = price;
        let new = Statement::new(
            "INSERT INTO prices (organization_id, owner_id, id, model, valid_from, prompt_micros, completion_micros, set_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .owned(*owned)
        .bind(*id)
        .bind(model.clone())
        .bind(*from)
        .bind(price.prompt_micros_per_million)
        .bind(price.completion_micros_per_million)
        .bind(*set_at);
        self.0.change(new).await.map(drop)
    }

    async fn set_default_model(
        &mut self,
        owned: Owned,
        model: Option<&ModelRef>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = match model {
            Some(model) => Statement::new(
                "INSERT INTO default_models (organization_id, owner_id, model, set_at) VALUES ($1, $2, $3, $4) \
                 ON CONFLICT (organization_id) DO UPDATE SET owner_id = excluded.owner_id, model = excluded.model, \
                 set_at = excluded.set_at",
            )
            .owned(owned)
            .bind(model.clone())
            .bind(now),
            None => {
                Statement::new("DELETE FROM default_models WHERE organization_id = $1").bind(owned.organization)
            }
        };
        self.0.change(changed).await.map(drop)
    }
}
