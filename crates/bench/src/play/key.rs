//! A passkey and the finger on it: 1Password's client, written independently of the server's library.

use anyhow::{Result, anyhow};
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, DefaultClientData},
    crypto::rust_crypto::RustCryptoBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
    },
};
use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Somebody who touches when asked.
struct Touch;

#[async_trait::async_trait]
impl UserValidationMethod for Touch {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A browser with at most one passkey in it, for one place.
pub(crate) struct Key {
    origin: Url,
    passkey: Option<Passkey>,
}

impl Key {
    /// None yet, for this origin.
    pub(crate) fn at(origin: &str) -> Result<Self> {
        Ok(Self { origin: Url::parse(origin)?, passkey: None })
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Touch, RustCryptoBackend> {
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), self.passkey.clone(), Touch, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        authenticator
    }

    /// `navigator.credentials.create`.
    pub(crate) async fn register(&mut self, options: &str) -> Result<String> {
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made = browser.register(&self.origin, wrapped(options)?, DefaultClientData).await;
        let credential = made.map_err(|error| anyhow!("no passkey was made: {error:?}"))?;
        self.passkey = browser.authenticator().store().clone();
        Ok(serde_json::to_string(&credential)?)
    }

    /// `navigator.credentials.get`.
    pub(crate) async fn touch(&mut self, options: &str) -> Result<String> {
        let mut browser = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed = browser.authenticate(&self.origin, wrapped(options)?, DefaultClientData).await;
        let credential = signed.map_err(|error| anyhow!("the passkey did not sign: {error:?}"))?;
        self.passkey = browser.authenticator().store().clone();
        Ok(serde_json::to_string(&credential)?)
    }
}

/// What `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` do: they take the inner object.
fn wrapped<T: DeserializeOwned>(options: &str) -> Result<T> {
    let inner: Value = serde_json::from_str(options)?;
    Ok(serde_json::from_value(json!({ "publicKey": inner }))?)
}
