//! A model server that keeps to a script: OpenAI's chat completions, the first token after 50 ms, the others at their pace.

use anyhow::Result;
use axum::{
    Json, Router,
    body::Body,
    http::{Response, header},
    response::IntoResponse,
    routing::{get, post},
    serve::ListenerExt,
};
use serde_json::{Value, json};
use std::{convert::Infallible, time::Duration};
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// From the request to the first token.
pub(crate) const FIRST_TOKEN_AFTER: Duration = Duration::from_millis(50);
/// From each token to the next.
const NEXT_TOKEN_AFTER: Duration = Duration::from_millis(5);
/// How many there are.
const TOKENS: u32 = 5;

/// A server that runs; gone when dropped.
pub(crate) struct Upstream {
    /// What `OPENAI_BASE_URL` is set to.
    pub(crate) base_url: String,
    _server: JoinSet<()>,
}

impl Upstream {
    /// What its one model is called.
    pub(crate) const MODEL: &str = "scripted";

    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}/v1", listener.local_addr()?);
        let router = Router::new()
            .route("/v1/models", get(async || Json(json!({ "data": [{ "id": Self::MODEL }] }))))
            .route("/v1/chat/completions", post(answer));
        // Tokens leave at once.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let mut server = JoinSet::new();
        server.spawn(async move {
            // It serves until it is dropped.
            let _never = axum::serve(listener, router).await;
        });
        Ok(Self { base_url, _server: server })
    }

    /// What a client of the model server itself would send.
    pub(crate) fn question() -> Value {
        json!({ "model": Self::MODEL, "stream": true, "messages": [{ "role": "user", "content": "Say something." }] })
    }
}

/// What `answer` has said so far.
struct Said {
    asked: Instant,
    tokens: u32,
}

/// Streams the answer, each token at its time after the request.
async fn answer() -> impl IntoResponse {
    let said = Said { asked: Instant::now(), tokens: 0 };
    let frames = futures::stream::unfold(said, |mut said| async move {
        let frame = match said.tokens {
            token @ 0..TOKENS => {
                sleep_until(said.asked + FIRST_TOKEN_AFTER + NEXT_TOKEN_AFTER * token).await;
                json!({ "choices": [{ "delta": { "content": "word " } }] }).to_string()
            }
            TOKENS => json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }] }).to_string(),
            token if token == TOKENS + 1 => "[DONE]".to_owned(),
            _ => return None,
        };
        said.tokens += 1;
        Some((Ok::<_, Infallible>(format!("data: {frame}\n\n")), said))
    });
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(Body::from_stream(frames))
        .unwrap_or_default()
}
