//! A browser with one authenticator in it, by people who did not write webauthn-rs.

use super::base64url;
use futures::executor::block_on;
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, ClientData, DefaultClientData, DefaultClientDataWithCustomHash},
    crypto::rust_crypto::RustCryptoBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
    },
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webauthn_rs::prelude::Url;

/// Somebody who touches when asked, and gives a finger only when that is asked, too.
struct Touch;

#[async_trait::async_trait]
impl UserValidationMethod for Touch {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        match hint {
            UiHint::InformExcludedCredentialFound(_) => Err(Ctap2Error::CredentialExcluded),
            _ => Ok(UserCheck { presence, verification }),
        }
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// Cloning it clones the key, which is what the counter is there to notice.
#[derive(Clone)]
pub(super) struct Browser {
    /// Where it is.
    pub(super) origin: String,
    /// What is in its authenticator.
    pub(super) key: Option<Passkey>,
}

impl Browser {
    pub(super) fn at(origin: &str) -> Self {
        Self { origin: origin.to_owned(), key: None }
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Touch, RustCryptoBackend> {
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), self.key.clone(), Touch, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        authenticator
    }

    /// `navigator.credentials.create`; `None` when the browser itself refuses.
    pub(super) fn create(&mut self, options: &str) -> Option<String> {
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = Url::parse(&self.origin).unwrap();
        let credential = block_on(client.register(&origin, wrapped(options), DefaultClientData)).ok()?;
        self.key = client.authenticator().store().clone();
        Some(serde_json::to_string(&credential).unwrap())
    }

    /// `navigator.credentials.get`; `None` when the browser itself refuses.
    pub(super) fn get(&mut self, options: &str) -> Option<String> {
        self.sign(options, DefaultClientData)
    }

    /// The same by a client that signs whatever it likes about the page it is in.
    pub(super) fn get_with_client_data(&mut self, options: &str, client_data: &Value) -> Option<String> {
        let text = client_data.to_string();
        let hash = DefaultClientDataWithCustomHash(Sha256::digest(&text).to_vec());
        let credential = self.sign(options, hash)?;
        Some(edit(&credential, |c| c["response"]["clientDataJSON"] = json!(base64url(text.as_bytes()))))
    }

    fn sign(&mut self, options: &str, client_data: impl ClientData<()>) -> Option<String> {
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let origin = Url::parse(&self.origin).unwrap();
        let credential = block_on(client.authenticate(&origin, wrapped(options), client_data)).ok()?;
        self.key = client.authenticator().store().clone();
        Some(serde_json::to_string(&credential).unwrap())
    }
}

/// What `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` do: they take the inner object.
fn wrapped<T: DeserializeOwned>(options: &str) -> T {
    let inner: Value = serde_json::from_str(options).unwrap();
    serde_json::from_value(json!({ "publicKey": inner })).unwrap()
}

/// Changes JSON text in one place.
pub(super) fn edit(json: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::from_str(json).unwrap();
    change(&mut value);
    value.to_string()
}
