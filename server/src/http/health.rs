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
pub(crate) struct Pulse(Arc<AtomicBool>);

impl Pulse {
    pub(crate) fn set(&self, down: bool) {
        self.0.store(down, Ordering::Relaxed);
    }

    fn is_down(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// 200 when the database answers, 503 when it does not.
pub(super) async fn health(State(http): State<Http>) -> (StatusCode, Json<Value>) {
    if http.pulse.is_down() {
        let body =
            json!({"status": "unavailable", "service": "vobio", "detail": "The database cannot be reached."});
        return (StatusCode::SERVICE_UNAVAILABLE, Json(body));
    }
    (StatusCode::OK, Json(json!({"status": "ok", "service": "vobio", "version": env!("CARGO_PKG_VERSION")})))
}
