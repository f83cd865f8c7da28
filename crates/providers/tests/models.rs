//! Which models a server has, and servers found on this machine.

mod support;

use api_types::ModelKind;
use providers::{Dialect, Finder, MODELS_KEPT, Ports, Timeouts, discover_at, http_client};
use serde_json::json;
use std::{
    io::{Read, Write},
    time::{Duration, Instant},
};
use studio::ports::{ModelSource, SourceFinder};
use support::{asked, process::free_port, raw::Raw, remote};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

async fn serving(list: serde_json::Value, at: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_json(list);
    Mock::given(method("GET")).and(path(at)).respond_with(answer).mount(&server).await;
    server
}

fn names(models: &[api_types::ModelInfo]) -> Vec<&str> {
    models.iter().map(|info| info.model.as_str()).collect()
}

#[tokio::test]
async fn each_dialect_lists_its_models() {
    for (dialect, at, list, label) in [
        (
            Dialect::OpenAi,
            "/v1/models",
            json!({"object": "list", "data": [{"id": "b"}, {"id": "text-embedding-3"}, {"id": "a b"}]}),
            "b",
        ),
        (Dialect::Anthropic, "/v1/models", json!({"data": [{"id": "b", "display_name": "Bee"}]}), "Bee"),
        (
            Dialect::Gemini,
            "/v1beta/models",
            json!({"models": [
                {"name": "models/b", "displayName": "Bee", "supportedGenerationMethods": ["generateContent"]},
                {"name": "models/c", "supportedGenerationMethods": ["embedContent"]},
            ]}),
            "Bee",
        ),
        (
            Dialect::Ollama,
            "/api/tags",
            json!({"models": [{"name": "b"}, {"name": "nomic-embed-text:latest"}]}),
            "b",
        ),
    ] {
        let server = serving(list, at).await;
        let models = remote(dialect, &server.uri()).models().await;
        assert_eq!(names(&models), ["acme/b"], "{dialect}");
        assert_eq!(models[0].label, label);
    }
}

#[tokio::test]
async fn a_server_on_this_machine_is_told_from_one_elsewhere_and_from_a_model_it_passes_on() {
    let list = json!({"models": [{"name": "big:cloud"}, {"name": "large:120b-cloud"}, {"name": "small:1b"}]});
    let server = serving(list, "/api/tags").await;
    for here in [server.uri(), server.uri().replace("127.0.0.1", "localhost")] {
        let kinds: Vec<_> =
            remote(Dialect::Ollama, &here).models().await.into_iter().map(|info| info.kind).collect();
        assert_eq!(kinds, [ModelKind::Remote, ModelKind::Remote, ModelKind::Nearby], "{here}");
    }
}

#[tokio::test]
async fn a_list_is_remembered_asked_again_and_kept_when_the_server_goes() {
    let server = serving(json!({"data": [{"id": "b"}]}), "/v1/models").await;
    let remote = remote(Dialect::OpenAi, &server.uri());
    assert_eq!(names(&remote.models().await), ["acme/b"]);
    remote.models().await;
    assert_eq!(server.received_requests().await.unwrap().len(), 1);

    tokio::time::pause();
    tokio::time::advance(MODELS_KEPT).await;
    tokio::time::resume();
    server.reset().await;
    assert_eq!(names(&remote.models().await), ["acme/b"]);
    assert!(!server.received_requests().await.unwrap().is_empty());
    assert!(remote.status().await.state.is_err());
}

#[tokio::test]
async fn a_silent_server_does_not_hold_up_the_page() {
    let server = Raw::start(|socket, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(socket);
    });
    let remote = remote(Dialect::OpenAi, &server.url);
    let begun = Instant::now();
    assert!(remote.models().await.is_empty());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    // And the next page is not made to wait for the same silence.
    let begun = Instant::now();
    assert!(remote.models().await.is_empty());
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_status_says_what_is_wrong() {
    let server = serving(json!({"data": [{"id": "b"}]}), "/v1/models").await;
    let status = remote(Dialect::OpenAi, &server.uri()).status().await;
    assert_eq!((status.label.as_str(), status.state), ("Acme", Ok("1 model".to_owned())));

    server.reset().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(401)).mount(&server).await;
    let status = remote(Dialect::OpenAi, &server.uri()).status().await;
    assert!(status.state.unwrap_err().contains("API key"));

    let nowhere = format!("http://127.0.0.1:{}", free_port());
    let status = remote(Dialect::OpenAi, &nowhere).status().await;
    assert!(status.state.unwrap_err().contains("cannot be reached"));
}

fn port(server: &MockServer) -> u16 {
    server.address().port()
}

#[tokio::test]
async fn servers_on_this_machine_are_found_and_connected() {
    let ollama = serving(json!({"models": [{"name": "qwen3:8b"}]}), "/api/tags").await;
    let llama =
        serving(json!({"object": "list", "data": [{"id": "smollm2"}, {"id": "x"}]}), "/v1/models").await;
    let ports = Ports { ollama: port(&ollama), lm_studio: free_port(), llama_server: port(&llama) };
    let client = http_client(&Timeouts::default()).unwrap();

    let found = discover_at(&client, ports).await;
    let seen: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.dialect, found.models)).collect();
    assert_eq!(seen, [("ollama", Dialect::Ollama, 1), ("llama-server", Dialect::OpenAi, 2)]);

    let finder = Finder::new(client, Timeouts::default()).at(ports);
    let addresses = finder.look().await;
    let source = finder.connect(&addresses[1]).unwrap();
    assert_eq!(names(&source.models().await), ["llama-server/smollm2", "llama-server/x"]);
    let wrong = studio::ports::SourceAddress { dialect: "klingon".into(), ..addresses[0].clone() };
    assert!(finder.connect(&wrong).err().unwrap().contains("klingon"));
}

#[tokio::test]
async fn other_servers_at_these_ports_are_not_taken_for_model_servers() {
    let page = serving(json!({"message": "a web application"}), "/v1/models").await;
    let silent = Raw::start(|socket, _| {
        std::thread::sleep(Duration::from_secs(20));
        drop(socket);
    });
    let silent_port = silent.url.rsplit(':').next().unwrap().parse().unwrap();
    let ports = Ports { ollama: silent_port, lm_studio: port(&page), llama_server: free_port() };
    let begun = Instant::now();
    assert!(discover_at(&http_client(&Timeouts::default()).unwrap(), ports).await.is_empty());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Serves so many answers on each connection, promises more, and closes.
fn serving_on_each_connection(answers: usize) -> Raw {
    Raw::start(move |mut socket, _| {
        let body = support::delta("hi") + support::END;
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let mut request = [0; 8192];
        for _ in 0..answers {
            _ = socket.write_all(answer.as_bytes());
            if !socket.read(&mut request).is_ok_and(|count| count > 0) {
                break;
            }
        }
    })
}

#[tokio::test]
async fn a_connection_is_used_again_for_the_next_question() {
    let server = serving_on_each_connection(9);
    let remote = remote(Dialect::OpenAi, &server.url);
    assert!(asked(&remote).await.1.is_ok());
    assert!(asked(&remote).await.1.is_ok());
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closes_costs_no_answer() {
    let server = serving_on_each_connection(1);
    let remote = remote(Dialect::OpenAi, &server.url);
    for _ in 0..4 {
        let (text, end) = asked(&remote).await;
        assert!(text == "hi" && end.is_ok(), "{end:?}");
    }
    assert_eq!(server.accepted(), 4);
}

#[tokio::test]
async fn a_server_that_always_hangs_up_is_unreachable() {
    let server = Raw::start(|socket, _| drop(socket));
    let (_, end) = asked(&remote(Dialect::OpenAi, &server.url)).await;
    assert_eq!(end, Err(studio::ports::ModelError::Unreachable { source_name: "Acme".into() }));
    assert_eq!(server.accepted(), 3);
}
