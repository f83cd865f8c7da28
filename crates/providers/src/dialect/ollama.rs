//! Ollama's own API.

use super::{Complaint, Heard, Listed, at, chats, messages};
use api_types::Usage;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use studio::ports::{ChatRequest, FinishReason};

pub(super) fn ask(base: &Url, request: &ChatRequest) -> (Url, Value) {
    let mut body = json!({
        "model": request.model.name(),
        "messages": messages(request),
        "stream": true,
        "options": { "num_predict": request.max_tokens },
    });
    if let Some(temperature) = request.temperature {
        body["options"]["temperature"] = json!(temperature);
    }
    (at(base, &["api", "chat"]), body)
}

#[derive(Deserialize)]
struct Frame {
    message: Option<Message>,
    #[serde(default)]
    done: bool,
    done_reason: Option<String>,
    prompt_eval_count: Option<u32>,
    eval_count: Option<u32>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
    thinking: Option<String>,
}

pub(super) fn hear(frame: &str) -> Result<Heard, serde_json::Error> {
    let frame: Frame = serde_json::from_str(frame)?;
    if let Some(error) = frame.error {
        return Ok(Heard::complained(Complaint::in_value(&json!({ "error": error })).unwrap_or_default()));
    }
    let mut heard = Heard {
        known: frame.message.is_some() || frame.done,
        last: frame.done,
        usage: Usage { prompt_tokens: frame.prompt_eval_count, completion_tokens: frame.eval_count },
        ..Heard::default()
    };
    if frame.done {
        heard.finish = Some(match frame.done_reason.as_deref() {
            Some("length") => FinishReason::Length,
            _ => FinishReason::Stop,
        });
    }
    if let Some(message) = frame.message {
        heard.thinking = message.thinking.is_some_and(|thought| !thought.is_empty());
        heard.text = message.content.unwrap_or_default();
    }
    Ok(heard)
}

#[derive(Deserialize)]
struct List {
    models: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    name: String,
    details: Option<Details>,
    capabilities: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Details {
    family: Option<String>,
}

impl Model {
    fn chats(&self) -> bool {
        let embeds = self
            .details
            .as_ref()
            .and_then(|details| details.family.as_ref())
            .is_some_and(|family| family.contains("bert"));
        match &self.capabilities {
            Some(can) => can.iter().any(|can| can == "completion"),
            None => !embeds && chats(&self.name),
        }
    }
}

pub(super) fn list(body: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
    let list: List = serde_json::from_slice(body)?;
    let listed = list.models.into_iter().filter(Model::chats);
    Ok(listed.map(|model| Listed { id: model.name, label: None, context_tokens: None }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_ends_and_counts() {
        let heard = hear(r#"{"message":{"content":"!"},"done":true,"done_reason":"length","prompt_eval_count":2,"eval_count":1}"#)
            .unwrap();
        assert_eq!((heard.text.as_str(), heard.finish, heard.last), ("!", Some(FinishReason::Length), true));
        assert_eq!(heard.usage, Usage { prompt_tokens: Some(2), completion_tokens: Some(1) });
    }

    #[test]
    fn an_error_in_the_middle_is_heard() {
        let heard = hear(r#"{"error":"model runner has unexpectedly stopped"}"#).unwrap();
        assert_eq!(heard.complaint.unwrap().message, "model runner has unexpectedly stopped");
    }

    #[test]
    fn models_of_the_bert_family_only_embed() {
        let listed = list(br#"{"models":[{"name":"qwen3:8b","details":{"family":"qwen3"}},{"name":"x","details":{"family":"nomic-bert"}}]}"#);
        assert_eq!(listed.unwrap().len(), 1);
    }
}
