//! What a model server may answer instead of an answer, and how often it is asked.

mod support;

use futures::StreamExt as _;
use providers::{CONTINUE, Dialect};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use studio::ports::{ChatEvent, ChatRequest, FinishReason, ModelError, ModelSource};
use support::{END, KEY, asked, delta, heard, process::free_port, question, remote};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path},
};

fn acme() -> String {
    "Acme".into()
}

fn streamed() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_raw(format!("{}{}{END}", delta("Hel"), delta("lo")), "text/event-stream")
}

async fn server(answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn an_answer_arrives_with_its_usage() {
    let server = MockServer::start().await;
    let whole = json!({
        "model": "m", "stream": true, "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}],
    });
    Mock::given(method("POST"))
        .and(path("/v1/chat/completions"))
        .and(header("authorization", format!("Bearer {KEY}").as_str()))
        .and(body_partial_json(whole))
        .respond_with(streamed())
        .mount(&server)
        .await;
    let (text, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
    let (reason, usage) = end.unwrap();
    assert_eq!((text.as_str(), reason), ("Hello", FinishReason::Stop));
    assert_eq!((usage.prompt_tokens, usage.completion_tokens), (Some(3), Some(4)));
}

#[tokio::test]
async fn a_broken_off_answer_is_sent_back_with_the_order_to_continue() {
    let server = server(streamed()).await;
    let request = ChatRequest { prefix: Some("Once upon".into()), ..question("m", "tell") };
    heard(remote(Dialect::OpenAi, &server.uri()).chat(request)).await.1.unwrap();
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    let expected = json!([
        {"role": "user", "content": "tell"},
        {"role": "assistant", "content": "Once upon"},
        {"role": "user", "content": CONTINUE},
    ]);
    assert_eq!(sent["messages"], expected);
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let (_, end) = asked(&remote(Dialect::OpenAi, &url)).await;
    assert_eq!(end, Err(ModelError::Unreachable { source_name: acme() }));
}

#[tokio::test]
async fn a_wrong_key_is_refused_once_and_not_repeated() {
    let body = json!({"error": {"message": format!("Incorrect API key provided: {KEY}"), "code": "invalid_api_key"}});
    let server = server(ResponseTemplate::new(401).set_body_json(body)).await;
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
    assert_eq!(end, Err(ModelError::KeyRefused { source_name: acme() }));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_refusals_own_words_are_shown_without_the_key() {
    let body = json!({"error": {"message": format!("no such setting\nfor {KEY}")}});
    let server = server(ResponseTemplate::new(400).set_body_json(body)).await;
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
    assert_eq!(end, Err(ModelError::Refused { source_name: acme(), detail: "no such setting for …".into() }));
}

#[tokio::test]
async fn a_busy_server_is_asked_again_until_it_answers() {
    for status in [429, 503, 500, 529] {
        let server = MockServer::start().await;
        let busy = ResponseTemplate::new(status).set_body_json(json!({"error": {"message": "slow down"}}));
        Mock::given(method("POST")).respond_with(busy).up_to_n_times(2).mount(&server).await;
        Mock::given(method("POST")).respond_with(streamed()).mount(&server).await;
        let (text, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
        assert!(text == "Hello" && end.is_ok(), "{status}: {end:?}");
        assert_eq!(server.received_requests().await.unwrap().len(), 3);
    }
}

#[tokio::test]
async fn a_server_that_stays_busy_is_asked_three_times() {
    let server = server(ResponseTemplate::new(429)).await;
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
    assert_eq!(end, Err(ModelError::Busy { source_name: acme(), retry_after: None }));
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_short_wish_to_wait_is_kept_and_a_long_one_is_passed_on() {
    let server = MockServer::start().await;
    let busy = |seconds: &str| ResponseTemplate::new(429).insert_header("retry-after", seconds);
    Mock::given(method("POST")).respond_with(busy("0.3")).up_to_n_times(1).mount(&server).await;
    Mock::given(method("POST")).respond_with(streamed()).mount(&server).await;
    let begun = Instant::now();
    assert!(asked(&remote(Dialect::OpenAi, &server.uri())).await.1.is_ok());
    assert!(begun.elapsed() >= Duration::from_millis(300));

    server.reset().await;
    Mock::given(method("POST")).respond_with(busy("60")).mount(&server).await;
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
    let minute = Some(Duration::from_secs(60));
    assert_eq!(end, Err(ModelError::Busy { source_name: acme(), retry_after: minute }));
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = server(streamed()).await;
    let here = server(ResponseTemplate::new(307).insert_header("location", elsewhere.uri())).await;
    let (_, end) = asked(&remote(Dialect::OpenAi, &here.uri())).await;
    assert!(matches!(end, Err(ModelError::Refused { .. })), "{end:?}");
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_is_no_answer_is_nonsense() {
    for (body, kind) in [
        ("<!doctype html><p>Welcome to the hotel wifi", "text/html"),
        ("data: {\"choices\":[{\"delta\"\n\n", "text/event-stream"),
        ("data: {\"hello\":\"world\"}\n\n", "text/event-stream"),
        ("this is not an event stream at all", "text/event-stream"),
        ("", "text/event-stream"),
        ("{\"id\":\"not streamed\",\"choices\":[]}", "application/json"),
        (
            "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\ndata: {\"choices\": 5}\n\ndata: [DONE]\n\n",
            "text/event-stream",
        ),
    ] {
        let server = server(ResponseTemplate::new(200).set_body_raw(body, kind)).await;
        let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
        assert_eq!(end, Err(ModelError::Nonsense { source_name: acme() }), "{body}");
    }
}

#[tokio::test]
async fn an_error_inside_a_successful_answer_is_understood() {
    let error = json!({"error": {"message": "The model is gone", "code": "model_not_found"}});
    for (body, kind) in
        [(error.to_string(), "application/json"), (format!("data: {error}\n\n"), "text/event-stream")]
    {
        let server = server(ResponseTemplate::new(200).set_body_raw(body, kind)).await;
        let (_, end) = asked(&remote(Dialect::OpenAi, &server.uri())).await;
        assert_eq!(end, Err(ModelError::NoSuchModel { model: "acme/m".into() }));
    }
}

/// A frame of thinking, which counts what was used by then.
fn thinking(completion_tokens: u32) -> String {
    let usage = json!({ "prompt_tokens": 10, "completion_tokens": completion_tokens });
    format!(
        "data: {}\n\n",
        json!({ "choices": [{ "delta": { "reasoning_content": "hm" } }], "usage": usage })
    )
}

#[tokio::test]
async fn what_is_counted_while_a_model_thinks_is_told_before_it_fails_and_it_is_not_asked_again() {
    let busy = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"overloaded_error\"}}\n\n";
    for after in [String::new(), busy.to_owned()] {
        let body = thinking(1_000) + &thinking(5_000) + &after;
        let server = server(ResponseTemplate::new(200).set_body_raw(body, "text/event-stream")).await;
        let mut answer = remote(Dialect::OpenAi, &server.uri()).chat(question("m", "hello"));
        let (mut told, mut failed) = (Vec::new(), None);
        while let Some(event) = answer.next().await {
            match event {
                Ok(ChatEvent::Used(usage)) => told.push(usage.completion_tokens.unwrap()),
                Err(error) => failed = Some(error),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(told, [1_000, 5_000], "{after}");
        assert!(failed.is_some(), "{after}");
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "{after}");
    }
}
