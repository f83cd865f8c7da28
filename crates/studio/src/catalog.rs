//! All models of the studio, whatever serves them.

use crate::{
    PriceLine, PriceSaid, PriceSheet,
    ports::{ChatRequest, ChatStream, Clock, ModelError, ModelSource, SourceStatus},
};
use api_types::{ModelInfo, ModelKind, ModelRef, Price};
use futures::{StreamExt, future::join_all, stream};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// What a model costs, and will cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceView {
    /// Now, and who says so; `None` where nobody knows.
    pub now: Option<(Price, PriceSaid)>,
    /// From later on, the next one first.
    pub coming: Vec<PriceLine>,
}

/// The sources, in the order in which they are shown.
#[derive(Default)]
pub struct Catalog {
    sources: RwLock<Sources>,
    prices: Option<(RwLock<PriceSheet>, Arc<dyn Clock>)>,
}

/// By who brought them.
#[derive(Default)]
struct Sources {
    /// Found nearby and connected.
    connected: Vec<Arc<dyn ModelSource>>,
    /// Added by administrators with their addresses.
    provided: Vec<Arc<dyn ModelSource>>,
    /// The operator's.
    fixed: Vec<Arc<dyn ModelSource>>,
}

impl Sources {
    fn is_set_aside(&self, provided: &dyn ModelSource) -> bool {
        self.connected.iter().chain(&self.fixed).any(|source| source.name() == provided.name())
    }
}

impl Catalog {
    /// A catalog of these sources.
    pub fn new(sources: Vec<Arc<dyn ModelSource>>) -> Self {
        let sources = Sources { fixed: sources, ..Sources::default() };
        Self { sources: RwLock::new(sources), prices: None }
    }

    /// The same, with what its models cost.
    pub(crate) fn priced(mut self, sheet: PriceSheet, clock: Arc<dyn Clock>) -> Self {
        self.prices = Some((RwLock::new(sheet), clock));
        self
    }

    /// Puts these prices in the place of those that were set on the page.
    pub(crate) fn put_prices(&self, lines: Vec<PriceLine>) {
        if let Some((sheet, _)) = &self.prices {
            sheet.write().unwrap_or_else(PoisonError::into_inner).put(lines);
        }
    }

    /// What a model costs now, who says so, and what it will cost.
    pub(crate) fn price_of(&self, info: &ModelInfo, said: Option<Price>) -> PriceView {
        let Some((sheet, clock)) = &self.prices else { return PriceView::default() };
        let (sheet, now) = (sheet.read().unwrap_or_else(PoisonError::into_inner), clock.now());
        PriceView {
            now: sheet.price(&info.model, info.kind, said, now),
            coming: sheet.coming(&info.model, now),
        }
    }

    fn with_price(&self, mut info: ModelInfo) -> ModelInfo {
        if let Some((sheet, clock)) = &self.prices {
            let sheet = sheet.read().unwrap_or_else(PoisonError::into_inner);
            let price = sheet.price(&info.model, info.kind, info.price, clock.now());
            info.price = price.map(|(price, _)| price);
        }
        info
    }

    fn read(&self) -> RwLockReadGuard<'_, Sources> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn sources(&self) -> Vec<Arc<dyn ModelSource>> {
        let sources = self.read();
        let provided = sources.provided.iter().filter(|source| !sources.is_set_aside(&***source));
        sources.connected.iter().chain(provided).chain(&sources.fixed).cloned().collect()
    }

    fn source(&self, name: &str) -> Option<Arc<dyn ModelSource>> {
        self.sources().into_iter().find(|source| source.name() == name)
    }

    /// Adds a source that was found nearby, in the place of one with the same name.
    pub fn add(&self, source: Arc<dyn ModelSource>) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.connected.retain(|known| known.name() != source.name());
        sources.fixed.retain(|known| known.name() != source.name());
        sources.connected.insert(0, source);
    }

    /// Removes a source.
    pub fn remove(&self, name: &str) {
        let mut sources = self.sources.write().unwrap_or_else(PoisonError::into_inner);
        sources.connected.retain(|known| known.name() != name);
        sources.fixed.retain(|known| known.name() != name);
    }

    /// Puts these in the place of all that administrators added. One whose name the operator or a server nearby has is set aside.
    pub(crate) fn provide(&self, provided: Vec<Arc<dyn ModelSource>>) {
        self.sources.write().unwrap_or_else(PoisonError::into_inner).provided = provided;
    }

    /// Whether the source of this name is the operator's, or was found nearby: no other may have its name.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        let sources = self.read();
        sources.connected.iter().chain(&sources.fixed).any(|source| source.name() == name)
    }

    /// Whether there is a source of this name.
    pub fn has_source(&self, name: &str) -> bool {
        self.source(name).is_some()
    }

    /// Why nothing can be asked of a source at all, where that is so.
    pub(crate) fn shut(&self, name: &str) -> Option<String> {
        self.source(name)?.shut()
    }

    /// How a source is, asked now.
    pub(crate) async fn status(&self, name: &str) -> Option<SourceStatus> {
        Some(self.source(name)?.status().await)
    }

    /// The models of one source, each with what it costs.
    pub(crate) async fn models_of(&self, name: &str) -> Vec<(ModelInfo, PriceView)> {
        let Some(source) = self.source(name) else { return Vec::new() };
        let with_view = |info: ModelInfo| {
            let view = self.price_of(&info, info.price);
            (self.with_price(info), view)
        };
        source.models().await.into_iter().map(with_view).collect()
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
        let source = self.source(model.source())?;
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
        match self.source(request.model.source()) {
            Some(source) => source.chat(request),
            None => {
                let model = request.model.to_string();
                stream::once(async move { Err(ModelError::NoSuchModel { model }) }).boxed()
            }
        }
    }
}
