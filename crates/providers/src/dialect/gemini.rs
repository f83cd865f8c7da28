//! Google's Gemini.

use super::{Complaint, Heard, Listed, at, chats, system, turns, with_query};
use api_types::{MessageRole, Usage};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use studio::ports::{ChatRequest, FinishReason};

/// Models are listed under this folder and asked under it.
const FOLDER: &str = "models/";

pub(super) fn ask(base: &Url, request: &ChatRequest) -> (Url, Value) {
    let contents: Vec<Value> = turns(request)
        .into_iter()
        .map(|turn| {
            let role = match turn.role {
                MessageRole::User => "user",
                MessageRole::Assistant => "model",
            };
            json!({ "role": role, "parts": [{ "text": turn.text }] })
        })
        .collect();
    let mut body = json!({
        "contents": contents,
        "generationConfig": { "maxOutputTokens": request.max_tokens },
    });
    if let Some(system) = system(request) {
        body["systemInstruction"] = json!({ "parts": [{ "text": system }] });
    }
    if let Some(temperature) = request.temperature {
        body["generationConfig"]["temperature"] = json!(temperature);
    }
    let verb = format!("{}:streamGenerateContent", request.model.name());
    (with_query(at(base, &["v1beta", "models", &verb]), "alt=sse"), body)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    candidates: Option<Vec<Candidate>>,
    prompt_feedback: Option<Feedback>,
    usage_metadata: Option<Used>,
    error: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    content: Option<Content>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Used {
    prompt_token_count: Option<u32>,
    candidates_token_count: Option<u32>,
    /// Thoughts are paid for like the answer.
    thoughts_token_count: Option<u32>,
}

impl Used {
    fn completion_tokens(&self) -> Option<u32> {
        let (said, thought) = (self.candidates_token_count, self.thoughts_token_count);
        (said.is_some() || thought.is_some()).then(|| said.unwrap_or(0).saturating_add(thought.unwrap_or(0)))
    }
}

fn finish(reason: &str) -> FinishReason {
    match reason {
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY" | "RECITATION" | "BLOCKLIST" | "PROHIBITED_CONTENT" | "SPII" => FinishReason::Filter,
        _ => FinishReason::Stop,
    }
}

pub(super) fn hear(frame: &str) -> Result<Heard, serde_json::Error> {
    let frame: Frame = serde_json::from_str(frame)?;
    if let Some(error) = frame.error {
        return Ok(Heard::complained(Complaint::in_value(&json!({ "error": error })).unwrap_or_default()));
    }
    let mut heard = Heard {
        known: frame.candidates.is_some()
            || frame.usage_metadata.is_some()
            || frame.prompt_feedback.is_some(),
        ..Heard::default()
    };
    if let Some(used) = frame.usage_metadata {
        heard.usage =
            Usage { prompt_tokens: used.prompt_token_count, completion_tokens: used.completion_tokens() };
    }
    // A prompt that the filter did not like has no candidate at all.
    if frame.prompt_feedback.is_some_and(|feedback| feedback.block_reason.is_some()) {
        heard.finish = Some(FinishReason::Filter);
    }
    if let Some(candidate) = frame.candidates.and_then(|candidates| candidates.into_iter().next()) {
        heard.finish = candidate.finish_reason.as_deref().map(finish).or(heard.finish);
        for part in candidate.content.into_iter().flat_map(|content| content.parts) {
            match part.text {
                Some(text) if !part.thought => heard.text.push_str(&text),
                _ => heard.thinking = true,
            }
        }
    }
    Ok(heard)
}

#[derive(Deserialize)]
struct List {
    models: Vec<Model>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Model {
    name: String,
    display_name: Option<String>,
    input_token_limit: Option<u32>,
    supported_generation_methods: Option<Vec<String>>,
}

impl Model {
    fn chats(&self) -> bool {
        match &self.supported_generation_methods {
            Some(methods) => methods.iter().any(|method| method == "generateContent"),
            None => chats(&self.name),
        }
    }
}

pub(super) fn list(body: &[u8]) -> Result<Vec<Listed>, serde_json::Error> {
    let list: List = serde_json::from_slice(body)?;
    let listed = list.models.into_iter().filter(Model::chats).map(|model| Listed {
        id: model.name.strip_prefix(FOLDER).unwrap_or(&model.name).to_owned(),
        label: model.display_name,
        context_tokens: model.input_token_limit,
    });
    Ok(listed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thoughts_are_counted_and_not_shown() {
        let heard = hear(
            r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi"}]},"finishReason":"STOP"}],
                "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"thoughtsTokenCount":5}}"#,
        )
        .unwrap();
        assert_eq!(
            (heard.text.as_str(), heard.thinking, heard.finish),
            ("Hi", true, Some(FinishReason::Stop))
        );
        assert_eq!(heard.usage, Usage { prompt_tokens: Some(3), completion_tokens: Some(6) });
    }

    #[test]
    fn a_blocked_prompt_ends_by_the_filter() {
        let heard = hear(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#).unwrap();
        assert_eq!(heard.finish, Some(FinishReason::Filter));
    }

    #[test]
    fn a_model_name_cannot_leave_its_folder() {
        let request = ChatRequest {
            model: "g/../../x?y#z".parse().unwrap(),
            system_prompt: String::new(),
            turns: vec![],
            prefix: None,
            temperature: None,
            max_tokens: 1,
        };
        let (url, _) = ask(&Url::parse("https://h").unwrap(), &request);
        assert_eq!(url.as_str(), "https://h/v1beta/models/..%2F..%2Fx%3Fy%23z:streamGenerateContent?alt=sse");
    }
}
