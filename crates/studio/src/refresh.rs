//! What administrators set while the studio serves: every process has it in memory, and reads it again when it has another version.
//!
//! # Design
//! Whoever changes any of it writes a new version in the same unit of work, and the process where that happens reads it again
//! before it answers. Other processes ask for the version alone, one row, [`SETTINGS_LOOKED_AT_EVERY`](crate::SETTINGS_LOOKED_AT_EVERY).
//! On SQLite there is no other process, and nothing is asked for but after a change that could not be read.

use crate::{
    SignedIn, Studio,
    ladder::acting,
    ports::{
        ModelSource, Timestamp,
        store::{PersonRow, ProviderRow, StoreError, Tx},
    },
};
use api_types::{ModelRef, Problem};
use futures::future::BoxFuture;
use std::sync::{Arc, PoisonError, RwLockReadGuard};

/// Fact: a number that grows with every change.
const VERSION: &str = "settings_version";

/// What administrators set, as this process knows it.
#[derive(Default)]
pub(crate) struct Known {
    /// The version it is of; `None` before it was read, and while there may be a newer one of this very process.
    version: Option<Option<String>>,
    /// The model servers that were added, by name.
    pub(crate) providers: Vec<Provided>,
    /// The model that new chats begin with.
    pub(crate) default_model: Option<ModelRef>,
}

/// A model server that was added, and what asks it.
#[derive(Clone)]
pub(crate) struct Provided {
    pub(crate) row: ProviderRow,
    pub(crate) source: Arc<dyn ModelSource>,
}

/// Notes a change, before anything else in the unit of work that makes it: changes come one after the other, in all processes.
async fn note_change(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    let before: u64 = tx.hold_fact(VERSION).await?.and_then(|text| text.parse().ok()).unwrap_or(0);
    tx.set_fact(VERSION, &before.saturating_add(1).to_string(), now).await
}

impl Studio {
    pub(crate) fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads again what administrators set, where it is not what this process knows. One statement where it is.
    ///
    /// # Errors
    /// `TryLater` or `Broken`; what was known stays.
    pub async fn refresh(&self) -> Result<(), Problem> {
        let is_known = self.known().version.is_some();
        if self.settings.alone && is_known {
            return Ok(());
        }
        let version = self.store.fact(VERSION).await?;
        if self.known().version.as_ref() == Some(&version) {
            return Ok(());
        }
        let _one_at_a_time = self.connecting.lock().await;
        self.read_again().await
    }

    /// Changes something of it in one unit of work, as the administrator who acts is by then, and knows it before this answers.
    ///
    /// # Errors
    /// Of [`acting`], and of the work: nothing was changed.
    pub(crate) async fn change_settings<T, F>(&self, by: &SignedIn, work: F) -> Result<T, Problem>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut dyn Tx, PersonRow) -> BoxFuture<'t, Result<T, Problem>> + Send + 'static,
    {
        let (by, now) = (by.clone(), self.now());
        let _one_at_a_time = self.connecting.lock().await;
        // Whoever asked may leave before it was read again: until then this process may know something old.
        self.known.write().unwrap_or_else(PoisonError::into_inner).version = None;
        let done = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    note_change(tx, now).await?;
                    let by = acting(tx, &by).await?;
                    work(tx, by).await
                })
            })
            .await?;
        if let Err(problem) = self.read_again().await {
            tracing::warn!(%problem, "what was just set could not be read; this process takes it up later");
        }
        Ok(done)
    }

    /// Reads all of it. Whoever calls this has the lock `connecting`.
    async fn read_again(&self) -> Result<(), Problem> {
        // The version first: what is newer than it is read once more.
        let version = self.store.fact(VERSION).await?;
        let Some(home) = self.store.first_organization().await? else {
            self.known.write().unwrap_or_else(PoisonError::into_inner).version = Some(version);
            return Ok(());
        };
        let rows = self.store.providers(home).await?;
        let prices = self.store.prices(home, self.now()).await?;
        let default_model = self.store.default_model(home).await?;
        let switches = self.store.switches().await?;
        let before = self.known().providers.clone();
        let providers: Vec<Provided> = rows.into_iter().map(|row| self.provided(row, &before)).collect();
        self.flags.set_switches(switches.into());
        self.catalog.put_prices(prices.into_iter().map(crate::model::line).collect());
        self.catalog.provide(providers.iter().map(|provided| provided.source.clone()).collect());
        *self.known.write().unwrap_or_else(PoisonError::into_inner) =
            Known { version: Some(version), providers, default_model };
        Ok(())
    }
}
