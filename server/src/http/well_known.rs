//! What other programs ask every site for.

use super::Http;
use axum::{Json, extract::State};
use serde_json::{Value, json};

/// Where keepers of passkeys send a person to add one, and to look after those there are
/// (<https://www.w3.org/TR/passkey-endpoints/>).
pub(super) async fn passkey_endpoints(State(http): State<Http>) -> Json<Value> {
    let page = format!("{}/settings/passkeys", http.cookies.origin);
    Json(json!({ "enroll": page, "manage": page }))
}
