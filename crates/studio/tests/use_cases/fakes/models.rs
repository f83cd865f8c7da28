//! Models that say what the test wrote for them.

use api_types::{ModelInfo, ModelKind, ModelRef, Price, Usage};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};
use studio::ports::{
    ChatEvent, ChatRequest, ChatStream, FinishReason, ModelError, ModelSource, SourceStatus,
};
use tokio::sync::RwLock;

type Event = Result<ChatEvent, ModelError>;

/// A source of models. Copies are the same source.
#[derive(Clone)]
pub(crate) struct FakeModels {
    name: String,
    inner: Arc<Mutex<Inner>>,
    /// Closed while somebody holds it for writing: who asks for the models waits.
    gate: Arc<RwLock<()>>,
}

#[derive(Default)]
struct Inner {
    models: Vec<ModelInfo>,
    /// The next answers, each with whether it goes silent instead of ending.
    answers: VecDeque<(Vec<Event>, bool)>,
    asked: Vec<ChatRequest>,
    /// How many have come to the closed gate.
    came: usize,
}

/// What an answer of so many tokens used.
pub(crate) fn usage(prompt: u32, completion: u32) -> Usage {
    Usage { prompt_tokens: Some(prompt), completion_tokens: Some(completion) }
}

fn delta(text: &str) -> Event {
    Ok(ChatEvent::Delta(text.to_owned()))
}

impl FakeModels {
    /// A source with one model of the same name, which says "Yes." unless a test says otherwise.
    pub(crate) fn named(name: &str) -> Self {
        let this = Self::bare(name);
        this.has(name, ModelKind::Mock, None);
        this
    }

    /// A source without models.
    pub(crate) fn bare(name: &str) -> Self {
        Self { name: name.to_owned(), inner: Arc::default(), gate: Arc::default() }
    }

    /// One model more.
    pub(crate) fn has(&self, name: &str, kind: ModelKind, price: Option<Price>) -> ModelRef {
        let model = ModelRef::new(&self.name, name).unwrap();
        let info =
            ModelInfo { model: model.clone(), label: name.to_owned(), kind, context_tokens: None, price };
        self.inner.lock().unwrap().models.push(info);
        model
    }

    /// All models are gone.
    pub(crate) fn has_none(&self) {
        self.inner.lock().unwrap().models.clear();
    }

    /// The next answer: these events and nothing more.
    pub(crate) fn answers(&self, events: Vec<Event>) {
        self.inner.lock().unwrap().answers.push_back((events, false));
    }

    /// What was prepared is not said.
    pub(crate) fn takes_back(&self) {
        self.inner.lock().unwrap().answers.clear();
    }

    /// The next answer is this text.
    pub(crate) fn says(&self, text: &str) {
        let end = ChatEvent::End { reason: FinishReason::Stop, usage: usage(3, 4) };
        self.answers(vec![delta(text), Ok(end)]);
    }

    /// The next answer begins so and goes silent.
    pub(crate) fn begins(&self, event: ChatEvent) {
        self.begins_with(vec![event]);
    }

    /// The same with several events.
    pub(crate) fn begins_with(&self, events: Vec<ChatEvent>) {
        self.inner.lock().unwrap().answers.push_back((events.into_iter().map(Ok).collect(), true));
    }

    /// Runs a use case up to where it asks for the models; it goes on when it is polled again.
    pub(crate) async fn stops<F: Future>(&self, late: Pin<&mut F>) {
        let closed = self.gate.write().await;
        let before = self.inner.lock().unwrap().came;
        let came = async {
            while self.inner.lock().unwrap().came == before {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            _ = late => panic!("it did not ask for the models"),
            () = came => drop(closed),
        }
    }

    /// What it was asked, in order.
    pub(crate) fn asked(&self) -> Vec<ChatRequest> {
        self.inner.lock().unwrap().asked.clone()
    }
}

#[async_trait]
impl ModelSource for FakeModels {
    fn name(&self) -> &str {
        &self.name
    }

    async fn models(&self) -> Vec<ModelInfo> {
        if self.gate.try_read().is_err() {
            self.inner.lock().unwrap().came += 1;
            drop(self.gate.read().await);
        }
        self.inner.lock().unwrap().models.clone()
    }

    async fn status(&self) -> SourceStatus {
        SourceStatus { label: self.name.clone(), state: Ok("well".to_owned()) }
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let mut inner = self.inner.lock().unwrap();
        inner.asked.push(request);
        let (events, is_silent) = inner.answers.pop_front().unwrap_or_else(|| {
            (
                vec![delta("Yes."), Ok(ChatEvent::End { reason: FinishReason::Stop, usage: usage(1, 1) })],
                false,
            )
        });
        let events = stream::iter(events);
        if is_silent { events.chain(stream::pending()).boxed() } else { events.boxed() }
    }
}
