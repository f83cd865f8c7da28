//! Against aimock (npm `@copilotkit/aimock`), which somebody else wrote: `VOBIO_TEST_AIMOCK` is its `llmock` program.

mod support;

use providers::Dialect;
use std::{path::Path, process::Command};
use studio::ports::{FinishReason, ModelError, ModelSource};
use support::{
    heard,
    process::{Process, given},
    question, remote,
};

const DIALECTS: [Dialect; 4] = [Dialect::OpenAi, Dialect::Anthropic, Dialect::Gemini, Dialect::Ollama];

fn aimock() -> Option<Process> {
    let program = given("VOBIO_TEST_AIMOCK")?;
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/aimock.json");
    Some(Process::start("/v1/models", |port| {
        let mut command = Command::new(program);
        command
            .args(["--port", &port.to_string(), "--strict", "--chunk-size", "5", "--fixtures"])
            .arg(fixtures);
        command
    }))
}

#[tokio::test]
async fn every_dialect_streams_an_answer() {
    let Some(server) = aimock() else { return };
    let url = format!("http://127.0.0.1:{}", server.port);
    for dialect in DIALECTS {
        let (text, end) =
            heard(remote(dialect, &url).chat(question("some-model", "what colour is the sky?"))).await;
        assert_eq!(text, "The sky is blue, mostly. ☁", "{dialect}");
        assert_eq!(end.unwrap().0, FinishReason::Stop, "{dialect}");
    }
}

#[tokio::test]
async fn every_dialect_tries_again_when_it_is_told_to_slow_down() {
    for dialect in DIALECTS {
        // Which answer comes is counted by the server: each dialect gets its own.
        let Some(server) = aimock() else { return };
        let url = format!("http://127.0.0.1:{}", server.port);
        let (text, end) = heard(remote(dialect, &url).chat(question("some-model", "try me twice"))).await;
        assert!(text == "Now it works." && end.is_ok(), "{dialect}: {text:?} {end:?}");
    }
}

#[tokio::test]
async fn every_dialect_says_busy_key_and_model_in_the_same_words() {
    let Some(server) = aimock() else { return };
    let url = format!("http://127.0.0.1:{}", server.port);
    let source_name = || "Acme".to_owned();
    for dialect in DIALECTS {
        let remote = remote(dialect, &url);
        let (_, end) = heard(remote.chat(question("some-model", "always busy"))).await;
        assert!(matches!(end, Err(ModelError::Busy { .. })), "{dialect}: {end:?}");
        let (_, end) = heard(remote.chat(question("some-model", "wrong key"))).await;
        assert_eq!(end, Err(ModelError::KeyRefused { source_name: source_name() }), "{dialect}");
        let (_, end) = heard(remote.chat(question("some-model", "no model"))).await;
        assert_eq!(end, Err(ModelError::NoSuchModel { model: "acme/some-model".into() }), "{dialect}");
    }
}
