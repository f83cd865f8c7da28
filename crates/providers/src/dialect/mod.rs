//! The four ways model servers speak: how to ask, how to hear a frame, how to read the list of models.

mod anthropic;
mod complaint;
mod gemini;
mod ollama;
mod openai;

use crate::wire::Framing;
use api_types::{MessageRole, Usage};
use reqwest::{Url, header::HeaderValue};
use serde_json::Value;
use std::{fmt, str::FromStr};
use studio::ports::{ChatRequest, ChatTurn, FinishReason};

pub(crate) use complaint::Complaint;

/// What a model is told when it shall go on with a broken-off answer, after that answer's text.
///
/// Prefilling the assistant's turn would be closer to the point, but some servers refuse it, some begin a new turn and
/// some repeat the text; this works everywhere.
pub const CONTINUE: &str = "Your last answer was cut off. Continue it exactly where it stopped, beginning with the \
                            very next character. Do not repeat any of it and do not comment on this.";

/// How a model server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// `POST {base}/chat/completions`: OpenAI and the many servers that follow it (llama-server, LM Studio, vLLM, …).
    OpenAi,
    /// `POST {base}/v1/messages`.
    Anthropic,
    /// `POST {base}/v1beta/models/{model}:streamGenerateContent`.
    Gemini,
    /// `POST {base}/api/chat`, one JSON object a line.
    Ollama,
}

impl Dialect {
    const ALL: [Self; 4] = [Self::OpenAi, Self::Anthropic, Self::Gemini, Self::Ollama];

    /// The word in the configuration and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
        }
    }

    pub(crate) const fn framing(self) -> Framing {
        match self {
            Self::OpenAi | Self::Anthropic | Self::Gemini => Framing::Events,
            Self::Ollama => Framing::JsonLines,
        }
    }

    /// The address as people write it, without the part that each request adds again.
    pub(crate) fn trim_base(self, base: &mut Url) {
        let path = base.path().trim_end_matches('/').to_owned();
        let path = match self {
            // Every server of this dialect lives under /v1 when nothing else is said.
            Self::OpenAi if path.is_empty() => "/v1",
            Self::OpenAi => &path,
            Self::Anthropic => path.strip_suffix("/v1").unwrap_or(&path),
            Self::Gemini => path.strip_suffix("/v1beta").unwrap_or(&path),
            Self::Ollama => path.strip_suffix("/api").or(path.strip_suffix("/v1")).unwrap_or(&path),
        };
        base.set_path(path);
    }

    /// The header that carries the key. `None` when the key cannot be a header.
    pub(crate) fn key_header(self, key: &str) -> Option<(&'static str, HeaderValue)> {
        let (name, text) = match self {
            Self::OpenAi | Self::Ollama => ("authorization", format!("Bearer {key}")),
            Self::Anthropic => ("x-api-key", key.to_owned()),
            Self::Gemini => ("x-goog-api-key", key.to_owned()),
        };
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some((name, value))
    }

    /// A header that every request carries.
    pub(crate) const fn version_header(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Anthropic => Some(anthropic::VERSION),
            Self::OpenAi | Self::Gemini | Self::Ollama => None,
        }
    }

    /// Where and what to ask.
    pub(crate) fn ask(self, base: &Url, request: &ChatRequest) -> (Url, Value) {
        match self {
            Self::OpenAi => openai::ask(base, request),
            Self::Anthropic => anthropic::ask(base, request),
            Self::Gemini => gemini::ask(base, request),
            Self::Ollama => ollama::ask(base, request),
        }
    }

    /// Understands one frame of an answer; `Err` when it is not JSON of the expected shape.
    pub(crate) fn hear(self, frame: &str) -> Result<Heard, serde_json::Error> {
        match self {
            Self::OpenAi => openai::hear(frame),
            Self::Anthropic => anthropic::hear(frame),
            Self::Gemini => gemini::hear(frame),
            Self::Ollama => ollama::hear(frame),
        }
    }

    /// Where the list of models is.
    pub(crate) fn list_url(self, base: &Url) -> Url {
        match self {
            Self::OpenAi => at(base, &["models"]),
            Self::Anthropic => with_query(at(base, &["v1", "models"]), "limit=1000"),
            Self::Gemini => with_query(at(base, &["v1beta", "models"]), "pageSize=1000"),
            Self::Ollama => at(base, &["api", "tags"]),
        }
    }

    /// Reads the list of models that can chat; `Err` when it is not such a list.
    pub(crate) fn list(self, body: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
        match self {
            Self::OpenAi => openai::list(body),
            Self::Anthropic => anthropic::list(body),
            Self::Gemini => gemini::list(body),
            Self::Ollama => ollama::list(body),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Dialect {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|dialect| dialect.as_str() == text)
            .ok_or_else(|| format!("{text:?} is none of openai, anthropic, gemini, ollama"))
    }
}

/// What one frame said.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Heard {
    /// It was a frame of this dialect, whatever it held.
    pub known: bool,
    /// More of the answer; may be empty.
    pub text: String,
    /// The model thinks: nothing to show, but a sign of life.
    pub thinking: bool,
    /// The answer ends, and why.
    pub finish: Option<FinishReason>,
    /// What it used, as far as this frame knows.
    pub usage: Usage,
    /// Nothing comes after this frame.
    pub last: bool,
    /// It failed in the middle.
    pub complaint: Option<Complaint>,
}

impl Heard {
    fn complained(complaint: Complaint) -> Self {
        Self { known: true, complaint: Some(complaint), ..Self::default() }
    }
}

/// One model of a server's list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its name there.
    pub id: String,
    /// What people read, where the server says so.
    pub label: Option<String>,
    /// Tokens it can hold, where known.
    pub context_tokens: Option<u32>,
}

/// `base` with these segments after its path, each escaped.
fn at(base: &Url, segments: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn with_query(mut url: Url, query: &str) -> Url {
    url.set_query(Some(query));
    url
}

/// The turns as servers take them: no blank ones, and never two of one role in a row (a conversation whose answer
/// failed has two of the person's; many chat templates refuse that). A broken-off answer and [`CONTINUE`] come last.
fn turns(request: &ChatRequest) -> Vec<ChatTurn> {
    let prefix = request.prefix.as_deref().filter(|prefix| !prefix.trim().is_empty());
    let more = prefix.into_iter().flat_map(|prefix| {
        [
            ChatTurn { role: MessageRole::Assistant, text: prefix.to_owned() },
            ChatTurn { role: MessageRole::User, text: CONTINUE.to_owned() },
        ]
    });
    let mut turns: Vec<ChatTurn> = Vec::with_capacity(request.turns.len() + 2);
    for turn in request.turns.iter().cloned().chain(more).filter(|turn| !turn.text.trim().is_empty()) {
        match turns.last_mut() {
            Some(last) if last.role == turn.role => {
                last.text.push_str("\n\n");
                last.text.push_str(&turn.text);
            }
            _ => turns.push(turn),
        }
    }
    turns
}

/// What the model is told before everything else; `None` when it is nothing.
fn system(request: &ChatRequest) -> Option<&str> {
    Some(request.system_prompt.as_str()).filter(|prompt| !prompt.trim().is_empty())
}

/// System prompt and turns as `{role, content}`, the shape OpenAI and Ollama share.
fn messages(request: &ChatRequest) -> Vec<Value> {
    let system = system(request).map(|text| ("system", text.to_owned()));
    let turns = turns(request).into_iter().map(|turn| (turn.role.as_str(), turn.text));
    system
        .into_iter()
        .chain(turns)
        .map(|(role, content)| serde_json::json!({ "role": role, "content": content }))
        .collect()
}

/// Whether a model of this name can chat, where the server's list does not say so. Errs on the side of showing it.
fn chats(name: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "embed",
        "embedding",
        "embeddings",
        "rerank",
        "reranker",
        "whisper",
        "tts",
        "moderation",
        "transcribe",
        "bge",
        "minilm",
        "dall",
        "sora",
        "realtime",
    ];
    let name = name.to_lowercase();
    !name.split(|c: char| !c.is_ascii_alphabetic()).any(|word| OTHERS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(turns: &[(MessageRole, &str)], prefix: Option<&str>) -> ChatRequest {
        ChatRequest {
            model: "test/m".parse().unwrap(),
            system_prompt: String::new(),
            turns: turns
                .iter()
                .map(|(role, text)| ChatTurn { role: *role, text: (*text).to_owned() })
                .collect(),
            prefix: prefix.map(str::to_owned),
            temperature: None,
            max_tokens: 10,
        }
    }

    #[test]
    fn turns_alternate_and_none_is_blank() {
        use MessageRole::{Assistant, User};
        let asked =
            request(&[(User, "one"), (Assistant, " "), (User, "two"), (Assistant, "x"), (User, "y")], None);
        let said: Vec<_> = turns(&asked).into_iter().map(|turn| (turn.role, turn.text)).collect();
        let expected = [(User, "one\n\ntwo"), (Assistant, "x"), (User, "y")];
        assert_eq!(said, expected.map(|(role, text)| (role, text.to_owned())));
    }

    #[test]
    fn a_broken_off_answer_is_followed_by_the_order_to_continue() {
        let said = turns(&request(&[(MessageRole::User, "tell")], Some("Once upon")));
        assert_eq!(said[1].text, "Once upon");
        assert_eq!((said[2].role, said[2].text.as_str()), (MessageRole::User, CONTINUE));
    }

    #[test]
    fn a_base_address_may_be_written_with_or_without_its_version() {
        for (dialect, written, url) in [
            (Dialect::OpenAi, "http://h:1", "http://h:1/v1/models"),
            (Dialect::OpenAi, "http://h:1/v1/", "http://h:1/v1/models"),
            (Dialect::OpenAi, "https://h/api/v3", "https://h/api/v3/models"),
            (Dialect::Anthropic, "https://h/v1", "https://h/v1/models?limit=1000"),
            (Dialect::Gemini, "https://h", "https://h/v1beta/models?pageSize=1000"),
            (Dialect::Ollama, "http://h/", "http://h/api/tags"),
            (Dialect::Ollama, "http://h/sub/api", "http://h/sub/api/tags"),
        ] {
            let mut base = Url::parse(written).unwrap();
            dialect.trim_base(&mut base);
            assert_eq!(dialect.list_url(&base).as_str(), url, "{written}");
        }
    }

    #[test]
    fn models_that_only_embed_are_not_offered() {
        for (name, offered) in [
            ("text-embedding-3-small", false),
            ("nomic-embed-text:latest", false),
            ("all-minilm:22m", false),
            ("bge-m3", false),
            ("whisper-1", false),
            ("gpt-5-mini", true),
            ("smollm2-135m-instruct", true),
            ("qwen3:8b", true),
        ] {
            assert_eq!(chats(name), offered, "{name}");
        }
    }
}
