//! Anthropic's messages.

use super::{Complaint, Heard, Listed, at, system, turns};
use api_types::Usage;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use studio::ports::{ChatRequest, FinishReason};

/// The header every request carries, and the version these frames belong to.
pub(super) const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Ours goes to 2; this dialect's ends here.
const TEMPERATURE_MAX: f64 = 1.0;

pub(super) fn ask(base: &Url, request: &ChatRequest) -> (Url, Value) {
    let messages: Vec<Value> = turns(request)
        .into_iter()
        .map(|turn| json!({ "role": turn.role.as_str(), "content": turn.text }))
        .collect();
    let mut body = json!({
        "model": request.model.name(),
        "messages": messages,
        "stream": true,
        "max_tokens": request.max_tokens,
    });
    if let Some(system) = system(request) {
        body["system"] = json!(system);
    }
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature.min(TEMPERATURE_MAX));
    }
    (at(base, &["v1", "messages"]), body)
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Frame {
    MessageStart {
        message: Message,
    },
    ContentBlockDelta {
        delta: Delta,
    },
    MessageDelta {
        delta: End,
        usage: Option<Used>,
    },
    MessageStop,
    Error {
        error: Value,
    },
    Ping,
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Message {
    usage: Option<Used>,
}

#[derive(Deserialize)]
struct Delta {
    text: Option<String>,
}

#[derive(Deserialize)]
struct End {
    stop_reason: Option<String>,
}

#[derive(Deserialize)]
struct Used {
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    /// Tokens that were read into or out of a cache are counted beside the others.
    cache_creation_input_tokens: Option<u32>,
    cache_read_input_tokens: Option<u32>,
}

impl Used {
    fn prompt_tokens(&self) -> Option<u32> {
        let cached = self
            .cache_creation_input_tokens
            .unwrap_or(0)
            .saturating_add(self.cache_read_input_tokens.unwrap_or(0));
        Some(self.input_tokens?.saturating_add(cached))
    }
}

pub(super) fn hear(frame: &str) -> Result<Heard, serde_json::Error> {
    let mut heard = Heard { known: true, ..Heard::default() };
    match serde_json::from_str(frame)? {
        Frame::MessageStart { message } => {
            heard.usage.prompt_tokens = message.usage.and_then(|used| used.prompt_tokens());
        }
        Frame::ContentBlockDelta { delta } => match delta.text {
            Some(text) => heard.text = text,
            None => heard.thinking = true,
        },
        Frame::MessageDelta { delta, usage } => {
            heard.finish = delta.stop_reason.map(|reason| match reason.as_str() {
                "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
                "refusal" => FinishReason::Filter,
                _ => FinishReason::Stop,
            });
            heard.usage = usage.map_or_else(Usage::default, |used| Usage {
                prompt_tokens: used.prompt_tokens(),
                completion_tokens: used.output_tokens,
            });
        }
        Frame::MessageStop => heard.last = true,
        Frame::Error { error } => {
            return Ok(Heard::complained(
                Complaint::in_value(&json!({ "error": error })).unwrap_or_default(),
            ));
        }
        Frame::Ping => {}
        Frame::Other => heard.known = false,
    }
    Ok(heard)
}

#[derive(Deserialize)]
struct List {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
    display_name: Option<String>,
    max_input_tokens: Option<u32>,
}

pub(super) fn list(body: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
    let list: List = serde_json::from_slice(body)?;
    let listed = list.data.into_iter().map(|model| Listed {
        id: model.id,
        label: model.display_name,
        context_tokens: model.max_input_tokens,
    });
    Ok(listed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_begins_flows_and_ends() {
        let start = hear(
            r#"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":3}}}"#,
        );
        assert_eq!(start.unwrap().usage.prompt_tokens, Some(8));
        let text =
            hear(r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#);
        assert_eq!(text.unwrap().text, "Hi");
        let thought =
            hear(r#"{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"hm"}}"#);
        assert!(thought.unwrap().thinking);
        let end = hear(
            r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":4}}"#,
        )
        .unwrap();
        assert_eq!((end.finish, end.usage.completion_tokens), (Some(FinishReason::Length), Some(4)));
        assert!(hear(r#"{"type":"message_stop"}"#).unwrap().last);
        assert!(!hear(r#"{"type":"something_new"}"#).unwrap().known);
    }
}
