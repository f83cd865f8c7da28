//! Passkeys by webauthn-rs.
//!
//! # Design
//! A sign-in names nobody: the authenticator finds its own key for this place (a *resident* key) and tells whose it is.
//! webauthn-rs calls that "conditional UI" and asks for it as autofill; we send the same challenge without the
//! mediation, for a button. Its registrations discourage resident keys, so the options are corrected before they are
//! sent, which its finish does not mind.

mod verify;

use api_types::PersonId;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use studio::ports::{
    Assertion, CeremonyState, PasskeyRefused, Passkeys, Refusal, RegisteredPasskey, VerifiedPasskey,
};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};
use webauthn_rs_proto::{
    AllowCredentials, AuthenticatorSelectionCriteria, AuthenticatorTransport, ResidentKeyRequirement,
};

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
    rp_id: String,
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
        Ok(Self { webauthn, rp_id: host.to_owned() })
    }
}

impl Passkeys for WebauthnPasskeys {
    fn rp_id(&self) -> &str {
        &self.rp_id
    }

    fn user_handle(&self, person: PersonId) -> String {
        URL_SAFE_NO_PAD.encode(person.0.as_bytes())
    }

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
            return Err(because(Refusal::NotResident, "the key was not made as a resident key"));
        }
        let passkey = self.webauthn.finish_passkey_registration(&credential, &state).map_err(reason)?;
        let made = made_by(credential.response.attestation_object.as_slice(), passkey.cred_id());
        Ok(RegisteredPasskey {
            credential_id: id_as_text(passkey.cred_id())?,
            passkey: write(&passkey)?,
            aaguid: made.aaguid,
            is_security_key: is_security_key(&credential.response.transports.unwrap_or_default()),
            synced: made.synced,
        })
    }

    fn start_sign_in(&self) -> Result<(String, CeremonyState), PasskeyRefused> {
        let (challenge, state) = self.webauthn.start_discoverable_authentication().map_err(reason)?;
        // Only the inner object: the mediation beside it would make a button wait for autofill.
        Ok((write(&challenge.public_key)?, CeremonyState(write(&state)?)))
    }

    fn start_touch(&self, own: &[String]) -> Result<(String, CeremonyState), PasskeyRefused> {
        let (mut challenge, state) = self.webauthn.start_discoverable_authentication().map_err(reason)?;
        let known = |id: &String| {
            let id =
                URL_SAFE_NO_PAD.decode(id).map_err(|_| refused("a stored credential id is not base64url"))?;
            let type_ = "public-key".to_owned();
            Ok(AllowCredentials { type_, id, transports: None })
        };
        challenge.public_key.allow_credentials = own.iter().map(known).collect::<Result<_, _>>()?;
        Ok((write(&challenge.public_key)?, CeremonyState(write(&state)?)))
    }

    fn identify(&self, credential: &str) -> Result<Assertion, PasskeyRefused> {
        let credential: PublicKeyCredential = read_credential(credential)?;
        let (person, id) = self.webauthn.identify_discoverable_authentication(&credential).map_err(reason)?;
        Ok(Assertion { person: PersonId(person), credential_id: id_as_text(id)? })
    }

    fn credential_id(&self, credential: &str) -> Result<String, PasskeyRefused> {
        let credential: PublicKeyCredential = read_credential(credential)?;
        id_as_text(credential.get_credential_id())
    }

    fn finish_sign_in(
        &self,
        state: &CeremonyState,
        credential: &str,
        passkey: &str,
    ) -> Result<VerifiedPasskey, PasskeyRefused> {
        let state: DiscoverableAuthentication = read("the ceremony's state", &state.0)?;
        let credential: PublicKeyCredential = read_credential(credential)?;
        verify::verify(&self.webauthn, state, &credential, read("the stored passkey", passkey)?)
    }

    fn refuse_unknown(&self, state: &CeremonyState, credential: &str) -> PasskeyRefused {
        let read = || {
            let credential: PublicKeyCredential = read_credential(credential)?;
            let passkey = verify::nobodys(&credential)?;
            Ok((read("the ceremony's state", &state.0)?, credential, passkey))
        };
        match read() {
            Err(unreadable) => unreadable,
            Ok((state, credential, passkey)) => {
                match verify::verify(&self.webauthn, state, &credential, passkey) {
                    Err(refused) => refused,
                    // Whoever has nobody's private key is nobody.
                    Ok(_) => because(Refusal::WrongKey, "signed with the key that is nobody's"),
                }
            }
        }
    }
}

fn refused(text: impl Into<String>) -> PasskeyRefused {
    because(Refusal::Unusable, text)
}

fn because(why: Refusal, text: impl Into<String>) -> PasskeyRefused {
    PasskeyRefused { why, text: text.into() }
}

/// The library's reason. Its sentences are fixed texts, so nothing a stranger sent gets into the log.
fn reason(error: WebauthnError) -> PasskeyRefused {
    let why = match error {
        WebauthnError::CredentialPossibleCompromise => {
            return because(
                Refusal::Cloned,
                "the signature counter did not go forward: the key may have been cloned",
            );
        }
        WebauthnError::InvalidRPOrigin | WebauthnError::CredentialCrossOrigin => Refusal::Origin,
        WebauthnError::InvalidRPIDHash => Refusal::RelyingParty,
        WebauthnError::MismatchedChallenge => Refusal::Challenge,
        WebauthnError::UserNotVerified | WebauthnError::UserNotPresent => Refusal::NotVerified,
        WebauthnError::AuthenticationFailure | WebauthnError::CredentialNotFound => Refusal::WrongKey,
        _ => Refusal::Unusable,
    };
    because(why, error.to_string())
}

/// What the authenticator's data say about what made a key, without anybody vouching for it.
struct MadeBy {
    aaguid: String,
    synced: Option<bool>,
}

/// Reads it beside the credential id that was verified: rpIdHash 32, flags 1, counter 4, aaguid 16, the id's length 2, the id
/// (WebAuthn level 3, section 6.5.1). The library knows the AAGUID of attested keys only.
fn made_by(attestation_object: &[u8], id: &[u8]) -> MadeBy {
    const BEFORE_ID: usize = 32 + 1 + 4 + 16 + 2;
    /// The backup state, in the flags.
    const BACKED_UP: u8 = 0b1_0000;
    let length = u16::try_from(id.len()).unwrap_or(0).to_be_bytes();
    let data = attestation_object.windows(BEFORE_ID + id.len()).find(|data| {
        data.get(BEFORE_ID..) == Some(id) && data.get(BEFORE_ID - 2..BEFORE_ID) == Some(&length[..])
    });
    let aaguid = data.and_then(|data| data.get(37..53)).and_then(|bytes| Uuid::from_slice(bytes).ok());
    let flags = data.and_then(|data| data.get(32));
    MadeBy {
        aaguid: aaguid.filter(|id| !id.is_nil()).map(|id| id.to_string()).unwrap_or_default(),
        synced: flags.map(|flags| flags & BACKED_UP != 0),
    }
}

/// A key that is carried about: only by ways that lead to one, none of which leads to a phone or into this device.
fn is_security_key(transports: &[AuthenticatorTransport]) -> bool {
    use AuthenticatorTransport::{Ble, Nfc, Usb};
    !transports.is_empty() && transports.iter().all(|way| matches!(way, Usb | Nfc | Ble))
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
