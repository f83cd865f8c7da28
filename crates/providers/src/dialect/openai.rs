//! OpenAI's chat completions, and the servers that follow them.

use super::{Complaint, Heard, Listed, at, chats, messages};
use api_types::Usage;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use studio::ports::{ChatRequest, FinishReason};

/// Sent after the last frame.
const DONE: &str = "[DONE]";

/// OpenAI itself has renamed the length of an answer and its newer models refuse the old name; servers that follow it
/// know the old one, and not all of them the new one.
const NEW_NAMES_HOST: &str = "api.openai.com";

pub(super) fn ask(base: &Url, request: &ChatRequest) -> (Url, Value) {
    let length = if base.host_str() == Some(NEW_NAMES_HOST) { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({
        "model": request.model.name(),
        "messages": messages(request),
        "stream": true,
        "stream_options": { "include_usage": true },
        length: request.max_tokens,
    });
    if let Some(temperature) = request.temperature {
        body["temperature"] = json!(temperature);
    }
    (at(base, &["chat", "completions"]), body)
}

#[derive(Deserialize)]
struct Frame {
    choices: Option<Vec<Choice>>,
    usage: Option<Used>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<Content>,
    /// What a thinking model thinks, in both of its names.
    reasoning_content: Option<Value>,
    reasoning: Option<Value>,
}

/// Most send a string; Mistral's thinking models send parts.
#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
}

impl Content {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => parts.into_iter().filter_map(|part| part.text).collect(),
        }
    }
}

#[derive(Deserialize)]
struct Used {
    prompt_tokens: Option<u32>,
    completion_tokens: Option<u32>,
}

pub(super) fn hear(frame: &str) -> Result<Heard, serde_json::Error> {
    if frame.trim() == DONE {
        return Ok(Heard { known: true, last: true, ..Heard::default() });
    }
    let frame: Frame = serde_json::from_str(frame)?;
    if let Some(error) = frame.error.filter(|error| !error.is_null()) {
        return Ok(Heard::complained(Complaint::in_value(&json!({ "error": error })).unwrap_or_default()));
    }
    let mut heard = Heard { known: frame.choices.is_some() || frame.usage.is_some(), ..Heard::default() };
    if let Some(used) = frame.usage {
        heard.usage = Usage { prompt_tokens: used.prompt_tokens, completion_tokens: used.completion_tokens };
    }
    if let Some(choice) = frame.choices.and_then(|choices| choices.into_iter().next()) {
        heard.finish = choice.finish_reason.map(|reason| match reason.as_str() {
            "length" => FinishReason::Length,
            "content_filter" => FinishReason::Filter,
            _ => FinishReason::Stop,
        });
        if let Some(delta) = choice.delta {
            heard.thinking =
                delta.reasoning_content.or(delta.reasoning).is_some_and(|thought| !thought.is_null());
            heard.thinking |= matches!(delta.content, Some(Content::Parts(_)));
            heard.text = delta.content.map(Content::into_text).unwrap_or_default();
        }
    }
    Ok(heard)
}

#[derive(Deserialize)]
struct List {
    data: Vec<Value>,
}

/// Where servers say how much a model can hold; no standard names it, and some use two of these at once.
const CONTEXT: [&str; 6] = [
    "/meta/n_ctx",
    "/meta/n_ctx_train",
    "/max_model_len",
    "/context_length",
    "/max_context_length",
    "/context_window",
];

pub(super) fn list(body: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
    let list: List = serde_json::from_slice(body)?;
    let listed = list.data.iter().filter_map(|model| {
        let id = model.get("id").and_then(Value::as_str).filter(|id| chats(id))?;
        let context = CONTEXT.iter().find_map(|place| model.pointer(place)?.as_u64());
        Some(Listed {
            id: id.to_owned(),
            label: model.get("name").and_then(Value::as_str).map(str::to_owned),
            context_tokens: context.and_then(|tokens| u32::try_from(tokens).ok()),
        })
    });
    Ok(listed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_frame_without_content_says_nothing_and_is_known() {
        let heard =
            hear(r#"{"choices":[{"finish_reason":null,"delta":{"role":"assistant","content":null}}]}"#)
                .unwrap();
        assert!(heard.known && heard.text.is_empty() && heard.finish.is_none());
    }

    #[test]
    fn the_end_and_the_usage_may_come_in_two_frames() {
        let end = hear(r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#).unwrap();
        assert_eq!(end.finish, Some(FinishReason::Length));
        let usage = hear(r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":9}}"#).unwrap();
        assert_eq!(usage.usage, Usage { prompt_tokens: Some(7), completion_tokens: Some(9) });
        assert!(hear(" [DONE]").unwrap().last);
    }

    #[test]
    fn json_of_another_kind_is_not_known() {
        assert!(!hear(r#"{"hello":"world"}"#).unwrap().known);
        assert!(hear("hello").is_err());
    }

    #[test]
    fn only_openai_itself_is_asked_with_the_new_name_of_the_length() {
        let request = ChatRequest {
            model: "x/m".parse().unwrap(),
            system_prompt: "be brief".into(),
            turns: vec![],
            prefix: None,
            temperature: Some(0.5),
            max_tokens: 9,
        };
        let (url, body) = ask(&Url::parse("https://api.openai.com/v1").unwrap(), &request);
        assert_eq!(url.as_str(), "https://api.openai.com/v1/chat/completions");
        assert_eq!((&body["max_completion_tokens"], &body["max_tokens"]), (&json!(9), &Value::Null));
        assert_eq!(body["messages"][0], json!({"role": "system", "content": "be brief"}));
        let (_, body) = ask(&Url::parse("http://localhost:1234/v1").unwrap(), &request);
        assert_eq!((&body["max_tokens"], &body["temperature"]), (&json!(9), &json!(0.5)));
    }

    #[test]
    fn a_list_tells_the_context_under_whichever_name() {
        let listed = list(br#"{"object":"list","data":[{"id":"a","meta":{"n_ctx":4096}},{"id":"b","context_length":8,"max_model_len":9},{"id":"c-embed"},{}]}"#);
        let known: Vec<_> =
            listed.unwrap().into_iter().map(|model| (model.id, model.context_tokens)).collect();
        assert_eq!(known, [("a".to_owned(), Some(4096)), ("b".to_owned(), Some(9))]);
        assert!(list(br#"{"hello":1}"#).is_err());
    }
}
