//! The model as the studio sees it.

use crate::queue::{Job, NoPlace, Place, Queue};
use crate::weights::{Facts, Weights};
use crate::worker::Worker;
use crate::{WeightsFault, fault::file_name};
use api_types::{ModelInfo, ModelKind, ModelRef, Price};
use async_trait::async_trait;
use futures::Stream;
use futures::stream::{self, StreamExt};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use studio::ports::{ChatEvent, ChatRequest, ChatStream, ModelError, ModelSource, SourceStatus};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// The part before the slash in the model's name.
const SOURCE: &str = "local";

/// Which weights, and how to run them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalModelConfig {
    /// A GGUF file of the llama family; `None` where there is none, and the source says so.
    pub path: Option<PathBuf>,
    /// How many cores compute. One is the steadiest on a machine that does other things as well; 0 is 1.
    pub threads: usize,
    /// Weights leave the memory when nobody has asked for so long.
    pub idle_unload: Duration,
    /// What people read; empty takes the name the weights give themselves.
    pub label: String,
    /// The part after the slash in the model's name; empty takes the file's.
    pub name: String,
}

impl Default for LocalModelConfig {
    /// No weights, one thread, ten minutes.
    fn default() -> Self {
        Self {
            path: None,
            threads: 1,
            idle_unload: Duration::from_secs(600),
            label: String::new(),
            name: String::new(),
        }
    }
}

/// A model in this process: one file of weights, one thread that computes, one line of those who wait.
///
/// Nothing is loaded before the first question. Dropping it ends its thread at the next token and every answer under
/// way with it.
pub struct LocalModel {
    queue: Arc<Queue>,
    weights: Arc<Weights>,
    config: LocalModelConfig,
    model: Option<ModelRef>,
    seed: Option<u64>,
    started: Mutex<bool>,
}

impl LocalModel {
    /// Touches neither the disk nor a thread.
    pub fn new(config: LocalModelConfig) -> Self {
        let file = config.path.as_deref().map(file_name).unwrap_or_default();
        let name = if config.name.is_empty() { plain_name(&file) } else { config.name.clone() };
        Self {
            queue: Arc::default(),
            weights: Arc::new(Weights::new(config.path.clone())),
            model: ModelRef::new(SOURCE, &name),
            config,
            seed: None,
            started: Mutex::new(false),
        }
    }

    /// The same, with answers that can be repeated: each begins with this seed.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    fn label(&self) -> String {
        match &self.config.label {
            label if !label.is_empty() => label.clone(),
            _ => "The built-in model".to_owned(),
        }
    }

    /// What the picker shows: what the configuration says, or the weights themselves, or the model's name.
    fn shown(&self, facts: &Facts) -> String {
        let name = self.model.as_ref().map_or("", ModelRef::name);
        let labels = [self.config.label.as_str(), &facts.label, name];
        labels.into_iter().find(|label| !label.is_empty()).unwrap_or_default().to_owned()
    }

    /// Reads the header away from the async threads.
    async fn facts(&self) -> Result<Facts, WeightsFault> {
        let weights = Arc::clone(&self.weights);
        let file = self.config.path.as_deref().map(file_name).unwrap_or_default();
        match tokio::task::spawn_blocking(move || weights.facts()).await {
            Ok(facts) => facts,
            Err(_) => Err(WeightsFault::Damaged { file, what: "reading its header failed".to_owned() }),
        }
    }

    fn join(&self, request: ChatRequest) -> Result<Answer, ModelError> {
        if self.model.as_ref() != Some(&request.model) {
            return Err(ModelError::NoSuchModel { model: request.model.to_string() });
        }
        self.weights.path().map_err(|fault| ModelError::NotLoaded { detail: fault.to_string() })?;
        self.start()?;
        let (events, received) = unbounded_channel();
        let place = self.queue.join(Job { request, events }).map_err(|no_place| match no_place {
            NoPlace::Full => ModelError::Busy { source_name: self.label(), retry_after: None },
            NoPlace::Closed => ModelError::BrokeOff { source_name: self.label() },
        })?;
        Ok(Answer { received, _place: place, label: self.label(), over: false })
    }

    /// Starts the thread, once.
    fn start(&self) -> Result<(), ModelError> {
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if *started {
            return Ok(());
        }
        let worker = Worker {
            queue: Arc::clone(&self.queue),
            weights: Arc::clone(&self.weights),
            label: self.label(),
            threads: self.config.threads.max(1),
            idle_unload: self.config.idle_unload,
            seed: self.seed,
        };
        let thread = std::thread::Builder::new().name("local-model".to_owned());
        thread.spawn(move || worker.run()).map_err(|error| {
            tracing::error!(%error, "no thread for the local model");
            let detail = "The built-in model got no thread from the operating system. Try again in a moment.";
            ModelError::NotLoaded { detail: detail.to_owned() }
        })?;
        *started = true;
        Ok(())
    }
}

impl Drop for LocalModel {
    fn drop(&mut self) {
        self.queue.close();
    }
}

#[async_trait]
impl ModelSource for LocalModel {
    fn name(&self) -> &str {
        SOURCE
    }

    async fn models(&self) -> Vec<ModelInfo> {
        let (Some(model), Ok(facts)) = (self.model.clone(), self.facts().await) else { return Vec::new() };
        vec![ModelInfo {
            label: self.shown(&facts),
            model,
            kind: ModelKind::Local,
            context_tokens: Some(facts.context_tokens),
            price: Some(Price { prompt_micros_per_million: 0, completion_micros_per_million: 0 }),
        }]
    }

    async fn status(&self) -> SourceStatus {
        let state = match self.facts().await {
            Ok(_) if self.model.is_none() => Err(format!(
                "The built-in model cannot be called {:?}. Choose a name without spaces.",
                self.config.name
            )),
            Ok(facts) => {
                Ok(format!("Ready: {} MB on disk, loaded when somebody asks", facts.bytes / 1_000_000))
            }
            Err(fault) => Err(fault.to_string()),
        };
        SourceStatus { label: self.label(), state }
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        match self.join(request) {
            Ok(answer) => answer.boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        }
    }
}

/// An answer's events. Dropping it leaves the line, or stops the model.
struct Answer {
    received: UnboundedReceiver<Result<ChatEvent, ModelError>>,
    _place: Place,
    label: String,
    over: bool,
}

impl Stream for Answer {
    type Item = Result<ChatEvent, ModelError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let next = std::task::ready!(self.received.poll_recv(context));
        // The thread is gone in the middle of an answer: that is an end too, and it is said.
        let next = next.unwrap_or_else(|| Err(ModelError::BrokeOff { source_name: self.label.clone() }));
        self.over = matches!(next, Err(_) | Ok(ChatEvent::End { .. }));
        Poll::Ready(Some(next))
    }
}

/// A file's name as a model's: no ending, nothing a model's name may not hold.
fn plain_name(file: &str) -> String {
    let stem = file.strip_suffix(".gguf").unwrap_or(file);
    stem.chars()
        .map(|c| if c.is_control() || c.is_whitespace() || c == '/' { '-' } else { c })
        .take(120)
        .collect()
}

#[cfg(test)]
mod tests;
