//! What the tests of this room share.
#![expect(dead_code, reason = "each test file uses its own part of it")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot begin has failed")]

pub(crate) mod process;
pub(crate) mod raw;

use api_types::{MessageRole, Usage};
use futures::StreamExt;
use providers::{Dialect, Remote, RemoteConfig, Timeouts, http_client};
use std::{collections::BTreeMap, time::Duration};
use studio::ports::{ChatEvent, ChatRequest, ChatStream, ChatTurn, FinishReason, ModelError, ModelSource};

pub(crate) const KEY: &str = "sk-test-0123456789";

/// Short enough for a test, long enough for a busy machine.
pub(crate) fn quick() -> Timeouts {
    Timeouts {
        first_token: Duration::from_millis(1_500),
        idle: Duration::from_millis(1_000),
        after_last_token: Duration::from_millis(300),
        wait_first: Duration::from_millis(20),
        ..Timeouts::default()
    }
}

pub(crate) fn remote(dialect: Dialect, base_url: &str) -> Remote {
    remote_with_key(dialect, base_url, KEY)
}

pub(crate) fn remote_with_key(dialect: Dialect, base_url: &str, key: &str) -> Remote {
    let config = RemoteConfig {
        name: "acme".into(),
        label: "Acme".into(),
        dialect,
        base_url: base_url.into(),
        api_key: Some(key.into()),
        prices: BTreeMap::new(),
    };
    Remote::new(config, http_client(&Timeouts::default()).unwrap()).unwrap().with_timeouts(quick())
}

pub(crate) fn question(model: &str, text: &str) -> ChatRequest {
    ChatRequest {
        model: format!("acme/{model}").parse().unwrap(),
        system_prompt: String::new(),
        turns: vec![ChatTurn { role: MessageRole::User, text: text.into() }],
        prefix: None,
        temperature: None,
        max_tokens: 100,
    }
}

/// The text of an answer, and how it ended.
pub(crate) async fn heard(mut answer: ChatStream) -> (String, Result<(FinishReason, Usage), ModelError>) {
    let mut text = String::new();
    let mut end = None;
    while let Some(event) = answer.next().await {
        assert!(end.is_none(), "nothing comes after the end");
        match event {
            Ok(ChatEvent::Delta(delta)) => {
                assert!(!delta.is_empty());
                text.push_str(&delta);
            }
            Ok(ChatEvent::Waiting { .. } | ChatEvent::Used(_)) => {}
            Ok(ChatEvent::End { reason, usage }) => end = Some(Ok((reason, usage))),
            Err(error) => end = Some(Err(error)),
        }
    }
    (text, end.expect("every answer ends"))
}

pub(crate) async fn asked(remote: &Remote) -> (String, Result<(FinishReason, Usage), ModelError>) {
    heard(remote.chat(question("m", "hello"))).await
}

/// An OpenAI frame with this text.
pub(crate) fn delta(text: &str) -> String {
    format!("data: {{\"choices\":[{{\"delta\":{{\"content\":{text:?}}}}}]}}\n\n")
}

/// The frames that end an OpenAI answer of three and four tokens.
pub(crate) const END: &str = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
                       data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\n\
                       data: [DONE]\n\n";
