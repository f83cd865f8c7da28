//! No model at all: scripted answers for tests and demonstrations. docs/mock.md is its manual.
//!
//! The same question gets the same answer, word by word, whenever and wherever it is asked: nothing here reads a clock
//! or draws a number, and all waiting is `tokio::time`, so that a test with a paused clock runs through a slow answer
//! at once.

mod performance;
mod script;
mod texts;

use api_types::{ModelInfo, ModelKind, ModelRef, Price};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use performance::Performance;
use studio::ports::{ChatRequest, ChatStream, ModelError, ModelSource, SourceStatus};

pub use script::{Failure, Finish, Script};

/// The part before the slash in its models' names.
const NAME: &str = "mock";

/// What people read where a source is named.
const LABEL: &str = "The mock";

/// Five micro-dollars a token, read or written: a chat of a thousand tokens costs $0.005.
pub const MOCK_PRICE: Price =
    Price { prompt_micros_per_million: 5_000_000, completion_micros_per_million: 5_000_000 };

/// A source whose models play scripts.
///
/// Its models are `mock/echo`, `mock/lorem`, `mock/markdown`, `mock/slow` and `mock/hostile`. A line
/// `!mock {"tokens": 50, "per_s": 20}` in the last message of the person overrides what the model would do: [`Script`]
/// lists the fields. A script that is not understood is refused, with the name of the field.
///
/// # Design
/// The script travels in the message, not in a file beside the server: a test of the whole studio, through a browser,
/// then needs nothing but a sentence to type, and tests that run at the same time do not share a state.
#[derive(Debug, Clone, Default)]
pub struct Mock {
    script: Script,
}

impl Mock {
    /// The mock whose models do what their names say.
    pub fn new() -> Self {
        Self::default()
    }

    /// The mock that plays this where a message holds no script of its own.
    pub fn playing(script: Script) -> Self {
        Self { script }
    }
}

/// What a model of the mock does without a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Echo,
    Lorem,
    Markdown,
    Slow,
    Hostile,
}

impl Part {
    const ALL: [Self; 5] = [Self::Echo, Self::Lorem, Self::Markdown, Self::Slow, Self::Hostile];

    const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Lorem => "lorem",
            Self::Markdown => "markdown",
            Self::Slow => "slow",
            Self::Hostile => "hostile",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Echo => "Mock: echo, says what you said",
            Self::Lorem => "Mock: lorem, says nothing at length",
            Self::Markdown => "Mock: markdown, shows every format",
            Self::Slow => "Mock: slow, five words a second",
            Self::Hostile => "Mock: hostile, tries to break the page",
        }
    }

    fn info(self) -> Option<ModelInfo> {
        Some(ModelInfo {
            model: ModelRef::new(NAME, self.name())?,
            label: self.label().to_owned(),
            kind: ModelKind::Mock,
            context_tokens: None,
            price: Some(MOCK_PRICE),
        })
    }

    fn text(self, asked: &str) -> String {
        match self {
            Self::Echo => texts::echo(asked),
            Self::Lorem | Self::Slow => texts::lorem(asked),
            Self::Markdown => texts::MARKDOWN.to_owned(),
            Self::Hostile => texts::hostile(),
        }
    }

    /// How it plays where the script leaves it open.
    fn pace(self) -> Script {
        match self {
            Self::Slow => Script { first_ms: Some(2_000), per_s: Some(5.0), ..Script::default() },
            Self::Echo | Self::Lorem | Self::Markdown | Self::Hostile => Script::default(),
        }
    }
}

#[async_trait]
impl ModelSource for Mock {
    fn name(&self) -> &str {
        NAME
    }

    async fn models(&self) -> Vec<ModelInfo> {
        Part::ALL.into_iter().filter_map(Part::info).collect()
    }

    async fn status(&self) -> SourceStatus {
        SourceStatus {
            label: "Mock: scripted answers, no model".to_owned(),
            state: Ok(format!("{} scripted models", Part::ALL.len())),
        }
    }

    fn chat(&self, request: ChatRequest) -> ChatStream {
        let Some(part) = Part::ALL.into_iter().find(|part| part.name() == request.model.name()) else {
            return failed(ModelError::NoSuchModel { model: request.model.to_string() });
        };
        let asked = request.turns.last().map_or("", |turn| turn.text.as_str());
        let (script, asked) = match script::in_message(asked) {
            Ok((script, rest)) => (script, rest),
            Err(detail) => return failed(ModelError::Refused { source_name: LABEL.to_owned(), detail }),
        };
        let script = script.or(&self.script).or(&part.pace());
        let performance = Performance::new(script, &request, part.text(&asked));
        stream::unfold(performance, Performance::step).boxed()
    }
}

fn failed(error: ModelError) -> ChatStream {
    stream::once(async { Err(error) }).boxed()
}

#[cfg(test)]
mod tests;
