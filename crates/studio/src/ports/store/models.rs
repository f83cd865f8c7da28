//! What administrators say of models: prices from when on, and which one new chats begin with.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{ModelRef, OrganizationId, Price, PriceId};
use async_trait::async_trait;

/// What a model costs from some time on. Never changed: a later row takes its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceRow {
    /// Which.
    pub id: PriceId,
    /// Whose: who set it.
    pub owned: Owned,
    /// Of which model.
    pub model: ModelRef,
    /// From when on.
    pub from: Timestamp,
    /// What it costs.
    pub price: Price,
    /// When it was set.
    pub set_at: Timestamp,
}

/// Reads of what is said of models.
#[async_trait]
pub trait ModelReads: Send + Sync {
    /// Of each model the price that holds at `now` and those that begin later, by model and by when they begin.
    async fn prices(&self, organization: OrganizationId, now: Timestamp)
    -> Result<Vec<PriceRow>, StoreError>;

    /// The model that new chats begin with, where one was set.
    async fn default_model(&self, organization: OrganizationId) -> Result<Option<ModelRef>, StoreError>;
}

/// Writes of what is said of models.
#[async_trait]
pub trait ModelWrites: Send {
    /// Keeps a price.
    async fn insert_price(&mut self, price: &PriceRow) -> Result<(), StoreError>;

    /// Sets the model that new chats of the organization begin with, or none.
    async fn set_default_model(
        &mut self,
        owned: Owned,
        model: Option<&ModelRef>,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
