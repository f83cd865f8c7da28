//! Model servers and in-process models behind one shape.

use api_types::{MessageRole, ModelInfo, ModelRef, Usage};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::time::Duration;

/// One turn of a conversation, as a model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatTurn {
    /// Who said it.
    pub role: MessageRole,
    /// What was said.
    pub text: String,
}

/// What to ask a model.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// Which one; its source is the one that is asked.
    pub model: ModelRef,
    /// Said before everything else; may be empty.
    pub system_prompt: String,
    /// The conversation so far, oldest first; ends with a user turn.
    pub turns: Vec<ChatTurn>,
    /// The beginning of the answer, when a broken-off one is continued. The answer's events hold only what comes after.
    pub prefix: Option<String>,
    /// 0 to 2; `None` is the model's own default.
    pub temperature: Option<f64>,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
}

/// Why an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model had said everything.
    Stop,
    /// `max_tokens` or the model's context was reached.
    Length,
    /// The provider's own filter cut it.
    Filter,
}

/// One step of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ChatEvent {
    /// It waits; so many are before it. May repeat.
    Waiting {
        /// Requests before this one.
        ahead: u32,
    },
    /// More text. Never empty; always valid UTF-8.
    Delta(String),
    /// What it used so far, where the source knows; may repeat. It is what an answer that is stopped is said to have used.
    Used(Usage),
    /// The end; exactly one, last.
    End {
        /// Why.
        reason: FinishReason,
        /// What it used.
        usage: Usage,
    },
}

/// An answer under way. Dropping it cancels it: the connection is closed, or the in-process model stops at the next
/// token, within 100 ms. After an `Err` there is nothing more.
pub type ChatStream = BoxStream<'static, Result<ChatEvent, ModelError>>;

/// Why a model did not answer, or not to the end. `Display` is a sentence for the person: what happened and what to do.
/// Never holds a key or text of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// No such model at this source.
    #[error("The model {model} is not available any more. Choose another one.")]
    NoSuchModel {
        /// As asked for.
        model: String,
    },
    /// Nothing answers there.
    #[error("{source_name} cannot be reached. Check its address and that it is running, then try again.")]
    Unreachable {
        /// The source's label.
        source_name: String,
    },
    /// The key is missing or wrong.
    #[error("{source_name} refused the API key. An administrator has to check it.")]
    KeyRefused {
        /// The source's label.
        source_name: String,
    },
    /// Too many requests there, also after retries.
    #[error("{source_name} is busy right now. Wait a little, then try again.")]
    Busy {
        /// The source's label.
        source_name: String,
        /// When it said so.
        retry_after: Option<Duration>,
    },
    /// It did not take the request: too long, a setting it does not know, …
    #[error("{source_name} did not take this request: {detail}")]
    Refused {
        /// The source's label.
        source_name: String,
        /// Its own words, shortened to at most 300 characters, control characters removed.
        detail: String,
    },
    /// The conversation does not fit into the model.
    #[error(
        "This conversation is longer than the model can read. Start a new one, or choose a larger model."
    )]
    TooLong,
    /// It said something that is not an answer.
    #[error("{source_name} sent something that is not an answer. Try again, or choose another model.")]
    Nonsense {
        /// The source's label.
        source_name: String,
    },
    /// No connection, no first token, or no further token in time.
    #[error("{source_name} took too long ({stage}). Try again, or choose another model.")]
    TimedOut {
        /// The source's label.
        source_name: String,
        /// `connecting`, `first word`, or `next word`.
        stage: &'static str,
    },
    /// The connection broke in the middle.
    #[error("{source_name} broke off in the middle. What it wrote is kept; continue when you like.")]
    BrokeOff {
        /// The source's label.
        source_name: String,
    },
    /// The model cannot be loaded (weights missing, truncated, of another family).
    #[error("{detail}")]
    NotLoaded {
        /// What is wrong with the weights and what to do.
        detail: String,
    },
}

impl ModelError {
    /// Its name for the log. Not its sentence: that may hold a server's own words, and they the conversation's.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NoSuchModel { .. } => "no_such_model",
            Self::Unreachable { .. } => "unreachable",
            Self::KeyRefused { .. } => "key_refused",
            Self::Busy { .. } => "busy",
            Self::Refused { .. } => "refused",
            Self::TooLong => "too_long",
            Self::Nonsense { .. } => "nonsense",
            Self::TimedOut { .. } => "timed_out",
            Self::BrokeOff { .. } => "broke_off",
            Self::NotLoaded { .. } => "not_loaded",
        }
    }
}

/// How a source is, for the models page and `vobio doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// What people read: `OpenAI-compatible server at localhost:1234`.
    pub label: String,
    /// `Ok` with a few words, or the sentence that says what is wrong.
    pub state: Result<String, String>,
}

/// Something that has models: a server, a process, a script.
#[async_trait]
pub trait ModelSource: Send + Sync {
    /// The part before the slash in its models' names; unique in a studio.
    fn name(&self) -> &str;

    /// The models it has now. Remote lists are remembered for a while; a source that is down gives what it knew, or
    /// nothing. Answers within two seconds.
    async fn models(&self) -> Vec<ModelInfo>;

    /// How it is, asked now. Answers within three seconds.
    async fn status(&self) -> SourceStatus;

    /// Why nothing can be asked of it at all, in a sentence; nothing where it can be tried.
    fn shut(&self) -> Option<String> {
        None
    }

    /// Begins an answer. Every failure, the first included, comes through the stream.
    fn chat(&self, request: ChatRequest) -> ChatStream;
}
