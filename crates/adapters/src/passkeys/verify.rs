//! Verifying a signature, against a stored key or against nobody's.

use super::{because, read, reason, refused, write};
use studio::ports::{PasskeyRefused, Refusal, VerifiedPasskey};
use webauthn_rs::prelude::{
    DiscoverableAuthentication, Passkey, PublicKeyCredential, Webauthn, WebauthnError,
};
use webauthn_rs_proto::CollectedClientData;

/// Verifies `credential` against `passkey`.
pub(super) fn verify(
    webauthn: &Webauthn,
    state: DiscoverableAuthentication,
    credential: &PublicKeyCredential,
    mut passkey: Passkey,
) -> Result<VerifiedPasskey, PasskeyRefused> {
    let again = write(&state)?;
    let result = match webauthn.finish_discoverable_authentication_v2(credential, state, &passkey) {
        Ok(result) => result,
        // Judged before the signature: without the signature it is nobody's to say.
        Err(
            changed @ (WebauthnError::CredentialBackupEligibilityInconsistent
            | WebauthnError::CredentialMayNotBeHardwareBound),
        ) => {
            let other = with(&passkey, "backup_eligible", &(!is_eligible(&passkey)?).into())?;
            let state = read("the ceremony's state", &again)?;
            return Err(match webauthn.finish_discoverable_authentication_v2(credential, state, &other) {
                Err(WebauthnError::AuthenticationFailure) => reason(WebauthnError::AuthenticationFailure),
                _ => reason(changed),
            });
        }
        Err(error) => return Err(reason(error)),
    };
    // webauthn-rs looks at this in registrations only.
    let client: CollectedClientData = serde_json::from_slice(&credential.response.client_data_json)
        .map_err(|_| refused("the client data is not JSON"))?;
    if client.cross_origin == Some(true) {
        return Err(because(Refusal::Origin, "the sign-in happened inside another site's page"));
    }
    passkey.update_credential(&result);
    Ok(VerifiedPasskey { synced: result.backup_state(), passkey: write(&passkey)? })
}

/// A key as it is stored, whose private half nobody has: the point is made of digits.
const NOBODYS: &str = include_str!("nobodys.json");

/// Nobody's key under the id that `credential` names.
pub(super) fn nobodys(credential: &PublicKeyCredential) -> Result<Passkey, PasskeyRefused> {
    let passkey: Passkey = read("nobody's passkey", NOBODYS)?;
    with(&passkey, "cred_id", &super::id_as_text(credential.get_credential_id())?.into())
}

/// The passkey with one part of its stored form changed: the library has no other door.
fn with(passkey: &Passkey, part: &str, value: &serde_json::Value) -> Result<Passkey, PasskeyRefused> {
    let mut stored = serde_json::to_value(passkey).map_err(|_| refused("JSON could not be written"))?;
    if let Some(slot) = stored.get_mut("cred").and_then(|cred| cred.get_mut(part)) {
        *slot = value.clone();
    }
    serde_json::from_value(stored).map_err(|_| refused("a passkey could not be changed"))
}

fn is_eligible(passkey: &Passkey) -> Result<bool, PasskeyRefused> {
    let stored = serde_json::to_value(passkey).map_err(|_| refused("JSON could not be written"))?;
    Ok(stored["cred"]["backup_eligible"].as_bool().unwrap_or(false))
}
