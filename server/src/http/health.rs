//! `GET /health`: is the studio able to work?

use super::Http;
use axum::{Json, extract::State, http::StatusCode};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// What the last look at the database said; the worker looks every few seconds, so that a flood of questions costs nothing.
#[derive(Clone, Default)]
pub(crate) struct Pulse(Arc<Beats>);

#[derive(Default)]
struct Beats {
    is_down: AtomicBool,
    is_stuck: AtomicBool,
}

impl Pulse {
    /// Whether the database cannot be written, and whether looking for work fails on and on.
    pub(crate) fn set(&self, is_down: bool, is_stuck: bool) {
        self.0.is_down.store(is_down, Ordering::Relaxed);
        self.0.is_stuck.store(is_stuck, Ordering::Relaxed);
    }
}

/// 200 when the database answers, 503 when it does not. Where it answers and runs are not taken up, it is 200 and `degraded`: pages
/// and chats that begin here work, and no start anew would help.
pub(super) async fn health(State(http): State<Http>) -> (StatusCode, Json<Value>) {
    if http.pulse.0.is_down.load(Ordering::Relaxed) {
        let body =
            json!({"status": "unavailable", "service": "vobio", "detail": "The database cannot be reached."});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body));
    }
    if http.pulse.0.is_stuck.load(Ordering::Relaxed) {
        let detail = "Runs that are due cannot be taken up. The log says why.";
        let version = env!("CARGO_PKG_VERSION");
        let body = json!({
            "status": "degraded", "service": "vobio", "version": version, "component": "runs", "detail": detail,
        });
        return (StatusCode::OK, Json(body));
    }
    (StatusCode::OK, Json(json!({"status": "ok", "service": "vobio", "version": env!("CARGO_PKG_VERSION")})))
}
