//! All models of the studio, whatever serves them.

use crate::{
    PriceSheet,
    ports::{ChatRequest, ChatStream, Clock, ModelError, ModelSource, SourceStatus},
};
use api_types::{ModelInfo, ModelKind, ModelRef};
use futures::{StreamExt, future::join_all, stream};
use std::sync::{Arc, PoisonError, RwLock};

/// The sources, in the order in which they are shown.
#[derive(Default)]
pub struct Catalog {
    sources: RwLock<Vec<Arc<dyn ModelSource>>>,
    prices: Option<(PriceSheet, Arc<dyn Clock>)>,
}

impl Catalog {
    /// A catalog of these sources.
    pub fn new(sources: Vec<Arc<dyn ModelSource>>) -> Self {
        Self { sources: RwLock::new(sources), prices: None }
    }

    /// The same, with what its models cost.
    pub(crate) fn priced(mut self, sheet: PriceSheet, clock: Arc<dyn Clock>) -> Self {
        self.prices = Some((sheet, clock));
        self
    }

    fn with_price(&self, mut info: ModelInfo) -> ModelInfo {
        if let Some((sheet, clock)) = &self.prices {
            info.price = sheet.price(&info.model, info.kind, info.price, clock.now());
        }
        info
    }

    fn sources(&self) -> Vec<Arc<dyn ModelSource>> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Adds a source, in the place of one with the same name.
    pub fn add(&self, source: Arc<dyn ModelSource>) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.retain(|known| known.name() != source.name());
        sources.insert(0, source);
    }

    /// Removes a source.
    pub fn remove(&self, name: &str) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).retain(|known| known.name() != name);
    }

    /// Whether there is a source of this name.
    pub fn has_source(&self, name: &str) -> bool {
        self.sources().iter().any(|source| source.name() == name)
    }

    /// How many model servers are set up, reachable or not.
    pub fn servers(&self) -> usize {
        self.sources().iter().filter(|source| !matches!(source.name(), "local" | "mock")).count()
    }

    /// All models there are now.
    pub async fn models(&self) -> Vec<ModelInfo> {
        let sources = self.sources();
        let models = join_all(sources.iter().map(|source| source.models())).await;
        models.into_iter().flatten().map(|info| self.with_price(info)).collect()
    }

    /// How each source is, asked now: its name and status.
    pub async fn statuses(&self) -> Vec<(String, SourceStatus)> {
        let sources = self.sources();
        join_all(sources.iter().map(async |source| (source.name().to_owned(), source.status().await))).await
    }

    /// What is known of a model; `None` when its source is gone, or lists models and this is not among them.
    pub async fn find(&self, model: &ModelRef) -> Option<ModelInfo> {
        let source = self.sources().into_iter().find(|source| source.name() == model.source())?;
        let info = source.models().await.into_iter().find(|info| &info.model == model)?;
        Some(self.with_price(info))
    }

    /// The model a new conversation begins with: a connected one before the small built-in one before the mock.
    pub async fn preferred(&self) -> Option<ModelInfo> {
        let rank = |kind| match kind {
            ModelKind::Nearby | ModelKind::Remote => 0,
            ModelKind::Local => 1,
            ModelKind::Mock => 2,
        };
        self.models().await.into_iter().min_by_key(|info| rank(info.kind))
    }

    /// Begins an answer.
    pub fn chat(&self, request: ChatRequest) -> ChatStream {
        match self.sources().iter().find(|source| source.name() == request.model.source()) {
            Some(source) => source.chat(request),
            None => {
                let model = request.model.to_string();
                stream::once(async move { Err(ModelError::NoSuchModel { model }) }).boxed()
            }
        }
    }
}
