//! `GET /health`: is the studio able to work, and what is switched on?

use super::Http;
use axum::{
    body::Bytes,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Map, Value, json};
use std::sync::{Arc, PoisonError, RwLock};

/// What is answered now. The worker writes it twice a second, so that a flood of questions costs nothing.
#[derive(Clone)]
pub(crate) struct Pulse(Arc<RwLock<(StatusCode, Bytes)>>);

/// What the last look said.
#[derive(Debug, Default)]
pub(crate) struct Beat {
    /// The database cannot be written.
    pub(crate) is_down: bool,
    /// Looking for work fails on and on.
    pub(crate) is_stuck: bool,
    /// Why the remote flag service does not answer; `Some(None)` where it does.
    pub(crate) flag_service: Option<Option<&'static str>>,
    /// `{"enable_chat": true, …}`
    pub(crate) features: Map<String, Value>,
}

impl Default for Pulse {
    fn default() -> Self {
        Self(Arc::new(RwLock::new(answer(Beat::default()))))
    }
}

impl Pulse {
    /// Says what the last look said.
    pub(crate) fn set(&self, beat: Beat) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = answer(beat);
    }
}

/// 200 when the database answers, 503 when it does not. Where it answers and something else does not, it is 200 and `degraded`:
/// pages and chats that begin here work, and no start anew would help.
fn answer(Beat { is_down, is_stuck, flag_service, features }: Beat) -> (StatusCode, Bytes) {
    let word = |is_bad: bool, bad: &str| if is_bad { bad.to_owned() } else { "ok".to_owned() };
    let mut components = json!({ "database": word(is_down, "unavailable"), "runs": word(is_stuck, "stuck") });
    if let Some(failure) = flag_service {
        components["flags"] = word(failure.is_some(), "unavailable").into();
    }
    let (status, detail) = match (is_down, is_stuck, flag_service.flatten()) {
        (true, ..) => ("unavailable", Some("The database cannot be reached.".to_owned())),
        (_, true, _) => {
            ("degraded", Some("Runs that are due cannot be taken up. The log says why.".to_owned()))
        }
        (.., Some(failure)) => (
            "degraded",
            Some(format!("The flag service fails: {failure}. Its last answers count, then the defaults.")),
        ),
        _ => ("healthy", None),
    };
    let mut body = json!({
        "status": status, "service": "vobio", "version": env!("CARGO_PKG_VERSION"),
        "components": components, "features": features,
    });
    if let Some(detail) = detail {
        body["detail"] = detail.into();
    }
    let code = if is_down { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (code, Bytes::from(body.to_string()))
}

pub(super) async fn health(State(http): State<Http>) -> Response {
    let (status, body) = http.pulse.0.read().unwrap_or_else(PoisonError::into_inner).clone();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(beat: Beat) -> (u16, Value) {
        let (status, body) = answer(beat);
        (status.as_u16(), serde_json::from_slice(&body).unwrap())
    }

    #[test]
    fn what_fails_is_named_and_only_a_database_that_is_down_is_no_health() {
        let (status, body) = told(Beat::default());
        assert_eq!((status, body["status"].as_str()), (200, Some("healthy")));
        assert_eq!(body["components"], json!({ "database": "ok", "runs": "ok" }));
        let (status, body) = told(Beat { is_down: true, ..Beat::default() });
        assert_eq!((status, body["components"]["database"].as_str()), (503, Some("unavailable")));
        let (status, body) = told(Beat { is_stuck: true, ..Beat::default() });
        assert_eq!((status, body["status"].as_str()), (200, Some("degraded")));
        let (status, body) = told(Beat { flag_service: Some(Some("it is tired")), ..Beat::default() });
        assert_eq!((status, body["status"].as_str()), (200, Some("degraded")));
        assert!(body["detail"].as_str().unwrap().contains("it is tired"), "{body}");
    }
}
