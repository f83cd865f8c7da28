//! Against a real llama-server. `VOBIO_TEST_LLAMA_SERVER` is a folder with the program `llama-server` and its libraries,
//! or with the Python package `xllamacpp`; `VOBIO_TEST_WEIGHTS` is SmolLM2-135M-Instruct as GGUF.

mod support;

use futures::StreamExt;
use providers::{Dialect, Remote, Timeouts};
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use studio::ports::{ChatEvent, ChatRequest, ChatStream, FinishReason, ModelError, ModelSource};
use support::{
    KEY, heard,
    process::{Process, given},
    question, remote, remote_with_key,
};

const MODEL: &str = "smollm2";

fn llama_server() -> Option<Process> {
    let (folder, weights) = (given("VOBIO_TEST_LLAMA_SERVER")?, given("VOBIO_TEST_WEIGHTS")?);
    let program = folder.join("llama-server");
    Some(Process::start("/health", |port| {
        let port = port.to_string();
        if program.exists() {
            let mut command = Command::new(program);
            command.env("LD_LIBRARY_PATH", &folder).arg("-m").arg(weights);
            command.args(["--host", "127.0.0.1", "--port", &port, "--api-key", KEY, "--alias", MODEL]);
            command.args(["-c", "2048", "-ngl", "0", "-t", "1", "-np", "2", "--jinja"]);
            command
        } else {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/llama_server.py");
            let mut command = Command::new("python3");
            command.env("PYTHONPATH", &folder).arg(script).arg(weights).args([&port, KEY, MODEL]);
            command
        }
    }))
}

/// How many answers it is writing.
#[expect(clippy::unwrap_used, reason = "a test that cannot ask has failed")]
async fn busy_slots(url: &str) -> usize {
    let client = providers::http_client(&Timeouts::default()).unwrap();
    let slots =
        client.get(format!("{url}/slots")).bearer_auth(KEY).send().await.unwrap().text().await.unwrap();
    slots.matches("\"is_processing\":true").count()
}

/// A long answer with five words of it heard. So small a model sometimes counts to three only; then it is asked again.
#[expect(clippy::panic, reason = "a test says what is wrong by panicking")]
async fn under_way(remote: &Remote) -> ChatStream {
    for _ in 0..10 {
        let long =
            ChatRequest { max_tokens: 1_500, ..question(MODEL, "Count from one to one thousand, in words.") };
        let (mut answer, mut words) = (remote.chat(long), 0);
        while words < 5 {
            match answer.next().await {
                Some(Ok(ChatEvent::Delta(_))) => words += 1,
                Some(Ok(ChatEvent::Used(_))) => {}
                Some(Ok(ChatEvent::End { .. })) => break,
                other => panic!("after {words} words: {other:?}"),
            }
        }
        if words == 5 {
            return answer;
        }
    }
    panic!("ten answers in a row were shorter than five words")
}

#[tokio::test]
async fn a_real_model_answers_is_stopped_lists_itself_and_keeps_strangers_out() {
    let Some(server) = llama_server() else { return };
    let url = format!("http://127.0.0.1:{}", server.port);
    let remote = remote(Dialect::OpenAi, &url).with_timeouts(Timeouts::default());

    let models = remote.models().await;
    assert_eq!(models[0].model.as_str(), "acme/smollm2");
    assert!(models[0].context_tokens.is_some());
    assert_eq!(remote.status().await.state, Ok("1 model".into()));

    let request = ChatRequest { temperature: Some(0.0), ..question(MODEL, "What is the capital of France?") };
    let (text, end) = heard(remote.chat(request)).await;
    let (reason, usage) = end.unwrap();
    println!("{text:?} {reason:?} {usage:?}");
    // What so small a model says depends on the processor's arithmetic; that it says something does not.
    assert!(!text.trim().is_empty() && reason != FinishReason::Filter);
    assert!(usage.prompt_tokens > Some(5) && usage.completion_tokens > Some(0));

    let short = ChatRequest { max_tokens: 5, ..question(MODEL, "Tell me a long story.") };
    let (_, end) = heard(remote.chat(short)).await;
    assert_eq!(end.unwrap().0, FinishReason::Length);

    let answer = under_way(&remote).await;
    assert_eq!(busy_slots(&url).await, 1);
    drop(answer);
    let stopped = Instant::now();
    while busy_slots(&url).await > 0 {
        assert!(stopped.elapsed() < Duration::from_secs(10), "it writes on although nobody listens");
    }
    println!("idle {:?} after the stop", stopped.elapsed());

    let too_long = question(MODEL, &"word ".repeat(8_000));
    assert_eq!(heard(remote.chat(too_long)).await.1, Err(ModelError::TooLong));

    let stranger = remote_with_key(Dialect::OpenAi, &url, "wrong");
    let refused = Err(ModelError::KeyRefused { source_name: "Acme".into() });
    assert_eq!(heard(stranger.chat(question(MODEL, "hello"))).await.1, refused);

    // The same server also speaks Anthropic's dialect.
    let request = ChatRequest { temperature: Some(0.0), ..question(MODEL, "What is the capital of France?") };
    let (text, end) =
        heard(support::remote(Dialect::Anthropic, &url).with_timeouts(Timeouts::default()).chat(request))
            .await;
    assert!(!text.trim().is_empty() && end.is_ok(), "{text:?} {end:?}");
}
