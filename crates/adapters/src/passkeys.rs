//! Passkeys by webauthn-rs.
//!
//! # Design
//! A sign-in names nobody: the authenticator finds its own key for this place (a *resident* key) and tells whose it is.
//! webauthn-rs calls that "conditional UI" and asks for it as autofill; we send the same challenge without the
//! mediation, for a button. Its registrations discourage resident keys, so the options are corrected before they are
//! sent, which its finish does not mind.

use api_types::PersonId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use studio::ports::{Assertion, CeremonyState, PasskeyRefused, Passkeys, RegisteredPasskey};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::{AuthenticatorSelectionCriteria, CollectedClientData, ResidentKeyRequirement};

/// The longest credential JSON that is looked at, in bytes; one with a chain of attestation certificates has about 8 kB.
const CREDENTIAL_BYTES_MAX: usize = 64 * 1024;

/// The longest credential id, in bytes (WebAuthn level 3, section 7.1).
const CREDENTIAL_ID_BYTES_MAX: usize = 1023;

/// The studio's public address cannot have passkeys. `Display` is a sentence for whoever configures it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OriginRefused {
    /// Not an address, or one with a path, a query or a user in it.
    #[error(
        "\"{0}\" is not an address passkeys can be bound to. Give scheme, host and port only, like \
         https://studio.example.org or http://localhost:8000."
    )]
    NotAnOrigin(String),
    /// An IP address: browsers bind passkeys to names.
    #[error(
        "Passkeys are bound to a name, and \"{0}\" is a number. Use http://localhost with your port on this \
         machine, or a domain with https."
    )]
    IpAddress(String),
    /// Neither https nor localhost: browsers offer no passkeys there.
    #[error(
        "Browsers offer passkeys only over https, or over http on localhost. \"{0}\" is neither: put https in front \
         of the studio, or use http://localhost with your port."
    )]
    Insecure(String),
}

/// [`Passkeys`] for one origin. The relying party's id is the origin's host: when it changes, every key is lost.
pub struct WebauthnPasskeys {
    webauthn: Webauthn,
}

impl WebauthnPasskeys {
    /// Passkeys for `origin` (`https://studio.example.org`, `http://localhost:8000`; no path), where authenticators
    /// show `rp_name`. Refuses an origin in which no browser would make a passkey.
    pub fn new(origin: &str, rp_name: &str) -> Result<Self, OriginRefused> {
        let not_an_origin = || OriginRefused::NotAnOrigin(origin.to_owned());
        let url = Url::parse(origin).map_err(|_| not_an_origin())?;
        let only_an_origin = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if !matches!(url.scheme(), "http" | "https") || !only_an_origin {
            return Err(not_an_origin());
        }
        let host = url.domain().ok_or_else(|| OriginRefused::IpAddress(origin.to_owned()))?;
        let is_local = host == "localhost" || host.ends_with(".localhost");
        if url.scheme() == "http" && !is_local {
            return Err(OriginRefused::Insecure(origin.to_owned()));
        }
        let webauthn = WebauthnBuilder::new(host, &url)
            .and_then(|builder| builder.rp_name(rp_name).build())
            .map_err(|_| not_an_origin())?;
        Ok(Self { webauthn })
    }
}

impl Passkeys for WebauthnPasskeys {
    fn start_registration(
        &self,
        person: PersonId,
        name: &str,
        existing: &[String],
    ) -> Result<(String, CeremonyState), PasskeyRefused> {
        let exclude = existing
            .iter()
            .map(|id| URL_SAFE_NO_PAD.decode(id))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| refused("a stored credential id is not base64url"))?;
        let (mut challenge, state) =
            self.webauthn.start_passkey_registration(person.0, name, name, Some(exclude)).map_err(reason)?;
        let options = &mut challenge.public_key;
        options.authenticator_selection = Some(AuthenticatorSelectionCriteria {
            resident_key: Some(ResidentKeyRequirement::Required),
            // The same for browsers that know only level 1.
            require_resident_key: true,
            ..options.authenticator_selection.take().unwrap_or_default()
        });
        Ok((write(&options)?, CeremonyState(write(&state)?)))
    }

    fn finish_registration(
        &self,
        state: &CeremonyState,
        credential: &str,
    ) -> Result<RegisteredPasskey, PasskeyRefused> {
        let state: PasskeyRegistration = read("the ceremony's state", &state.0)?;
        let credential: RegisterPublicKeyCredential = read_credential(credential)?;
        // A key that cannot be found without a name could never sign in here: better to hear it now.
        if credential.extensions.cred_props.as_ref().and_then(|properties| properties.rk) == Some(false) {
            return Err(refused("the key was not made as a resident key"));
        }
        let passkey = self.webauthn.finish_passkey_registration(&credential, &state).map_err(reason)?;
        Ok(RegisteredPasskey { credential_id: id_as_text(passkey.cred_id())?, passkey: write(&passkey)? })
    }

    fn start_sign_in(&self) -> Result<(String, CeremonyState), PasskeyRefused> {
        let (challenge, state) = self.webauthn.start_discoverable_authentication().map_err(reason)?;
        // Only the inner object: the mediation beside it would make a button wait for autofill.
        Ok((write(&challenge.public_key)?, CeremonyState(write(&state)?)))
    }

    fn identify(&self, credential: &str) -> Result<Assertion, PasskeyRefused> {
        let credential: PublicKeyCredential = read_credential(credential)?;
        let (person, id) = self.webauthn.identify_discoverable_authentication(&credential).map_err(reason)?;
        Ok(Assertion { person: PersonId(person), credential_id: id_as_text(id)? })
    }

    fn finish_sign_in(
        &self,
        state: &CeremonyState,
        credential: &str,
        passkey: &str,
    ) -> Result<String, PasskeyRefused> {
        let state: DiscoverableAuthentication = read("the ceremony's state", &state.0)?;
        let mut passkey: Passkey = read("the stored passkey", passkey)?;
        let credential: PublicKeyCredential = read_credential(credential)?;
        let result = self
            .webauthn
            .finish_discoverable_authentication_v2(&credential, state, &passkey)
            .map_err(reason)?;
        // webauthn-rs looks at this in registrations only.
        let client: CollectedClientData = serde_json::from_slice(&credential.response.client_data_json)
            .map_err(|_| refused("the client data is not JSON"))?;
        if client.cross_origin == Some(true) {
            return Err(refused("the sign-in happened inside another site's page"));
        }
        passkey.update_credential(&result);
        write(&passkey)
    }
}

fn refused(reason: impl Into<String>) -> PasskeyRefused {
    PasskeyRefused(reason.into())
}

/// The library's reason. Its sentences are fixed texts, so nothing a stranger sent gets into the log.
fn reason(error: WebauthnError) -> PasskeyRefused {
    match error {
        WebauthnError::CredentialPossibleCompromise => refused(
            "the signature counter did not go forward: the key may have been cloned, or an answer was sent twice",
        ),
        other => refused(other.to_string()),
    }
}

fn id_as_text(id: &[u8]) -> Result<String, PasskeyRefused> {
    if id.is_empty() || id.len() > CREDENTIAL_ID_BYTES_MAX {
        return Err(refused(format!("a credential id of {} bytes", id.len())));
    }
    Ok(URL_SAFE_NO_PAD.encode(id))
}

fn read_credential<T: DeserializeOwned>(json: &str) -> Result<T, PasskeyRefused> {
    if json.len() > CREDENTIAL_BYTES_MAX {
        return Err(refused(format!("the credential is too long: {} bytes", json.len())));
    }
    read("the credential", json)
}

/// Says where the JSON is wrong, never what stands there.
fn read<T: DeserializeOwned>(what: &str, json: &str) -> Result<T, PasskeyRefused> {
    serde_json::from_str(json).map_err(|e| {
        refused(format!(
            "{what} cannot be read ({:?}, line {}, column {})",
            e.classify(),
            e.line(),
            e.column()
        ))
    })
}

fn write(value: &impl Serialize) -> Result<String, PasskeyRefused> {
    serde_json::to_string(value).map_err(|_| refused("JSON could not be written"))
}

#[cfg(test)]
mod tests;
