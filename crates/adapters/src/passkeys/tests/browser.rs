//! What a browser with an authenticator says, and what none would say.

use super::base64url;
use passkey::client::DefaultClientDataWithCustomHash;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
pub(super) use virtual_authenticator::Browser;

/// A signature by a client that says whatever it likes about the page it is in.
pub(super) fn get_with_client_data(browser: &mut Browser, options: &str, client_data: &Value) -> String {
    let text = client_data.to_string();
    let hash = DefaultClientDataWithCustomHash(Sha256::digest(&text).to_vec());
    let credential = browser.get_telling(options, hash).unwrap();
    edit(&credential, |c| c["response"]["clientDataJSON"] = json!(base64url(text.as_bytes())))
}

/// Changes JSON text in one place.
pub(super) fn edit(json: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::from_str(json).unwrap();
    change(&mut value);
    value.to_string()
}
