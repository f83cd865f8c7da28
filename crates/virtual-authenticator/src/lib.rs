//! A browser with at most one passkey in it, by people who did not write the server's library (1Password's client).
//!
//! For tests and `make bench`: nothing that people run depends on it.

use futures::executor::block_on;
use passkey::{
    authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod},
    client::{Client, ClientData, DefaultClientData, WebauthnError},
    crypto::rust_crypto::RustCryptoBackend,
    types::{
        Passkey,
        ctap2::{Aaguid, Ctap2Error},
    },
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The browser or its authenticator refused, as they do for a wrong rp id or an excluded credential.
    #[error("the browser refused: {0:?}")]
    Browser(WebauthnError),
    /// The origin or the options are not what they have to be.
    #[error("this is no ceremony: {0}")]
    NoCeremony(String),
}

/// A browser in a page of one origin.
///
/// Cloning it clones the key, which is what the signature counter is there to notice.
#[derive(Clone)]
pub struct Browser {
    /// Where it is: scheme, host and port.
    pub origin: String,
    /// What is in its authenticator.
    pub key: Option<Passkey>,
}

impl Browser {
    /// Without a passkey yet.
    pub fn at(origin: &str) -> Self {
        Self { origin: origin.to_owned(), key: None }
    }

    /// `navigator.credentials.create`: takes the options' JSON, gives the credential's.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn create(&mut self, options: &str) -> Result<String, Refused> {
        let (origin, options) = (self.place()?, public_key(options)?);
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let made =
            block_on(client.register(&origin, options, DefaultClientData)).map_err(Refused::Browser)?;
        self.key = client.authenticator().store().clone();
        json_of(&made)
    }

    /// `navigator.credentials.get`: takes the options' JSON, gives the credential's.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn get(&mut self, options: &str) -> Result<String, Refused> {
        self.get_telling(options, DefaultClientData)
    }

    /// The same by a client that says what it likes about the page it is in.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn get_telling(
        &mut self,
        options: &str,
        client_data: impl ClientData<()>,
    ) -> Result<String, Refused> {
        let (origin, options) = (self.place()?, public_key(options)?);
        let mut client = Client::new(self.authenticator()).allows_insecure_localhost(true);
        let signed =
            block_on(client.authenticate(&origin, options, client_data)).map_err(Refused::Browser)?;
        self.key = client.authenticator().store().clone();
        json_of(&signed)
    }

    fn place(&self) -> Result<Url, Refused> {
        Url::parse(&self.origin).map_err(|error| Refused::NoCeremony(error.to_string()))
    }

    fn authenticator(&self) -> Authenticator<Option<Passkey>, Touch, RustCryptoBackend> {
        let mut authenticator =
            Authenticator::new(Aaguid::new_empty(), self.key.clone(), Touch, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        authenticator
    }
}

/// What `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` do: they take the inner object.
fn public_key<T: DeserializeOwned>(options: &str) -> Result<T, Refused> {
    let not_json = |error: serde_json::Error| Refused::NoCeremony(error.to_string());
    let inner: Value = serde_json::from_str(options).map_err(not_json)?;
    serde_json::from_value(json!({ "publicKey": inner })).map_err(not_json)
}

fn json_of(credential: &impl Serialize) -> Result<String, Refused> {
    serde_json::to_string(credential).map_err(|error| Refused::NoCeremony(error.to_string()))
}

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
