//! The passkey ceremonies' cryptography. Rules (who may start one, how long it lives) are in the use cases.

use api_types::PersonId;

/// What the server keeps between start and finish; opaque JSON, a row of `ceremonies`, never sent to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CeremonyState(pub String);

/// A passkey as it comes out of a registration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredPasskey {
    /// base64url of the credential id.
    pub credential_id: String,
    /// The public key and counters; opaque JSON, for the adapter alone.
    pub passkey: String,
    /// The model of what made it, hyphenated; empty where that was not said.
    pub aaguid: String,
    /// Whether its browser reached it by USB, NFC or Bluetooth alone: a security key. Nobody vouches for it.
    pub is_security_key: bool,
    /// Whether it is copied between devices; `None` where that was not said.
    pub synced: Option<bool>,
}

/// A stored passkey after a signature was verified against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPasskey {
    /// To be stored in the place of the old one (counter, backup state).
    pub passkey: String,
    /// Whether it is copied between devices now.
    pub synced: bool,
}

/// Whose key signed, before anything is verified: the row to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// From the user handle.
    pub person: PersonId,
    /// base64url of the credential id.
    pub credential_id: String,
}

/// What was wrong, as far as it decides what the entitled are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It was used in a page of another address.
    Origin,
    /// It is bound to another name than the studio's.
    RelyingParty,
    /// It answers another ceremony.
    Challenge,
    /// Nobody made sure who touched it.
    NotVerified,
    /// The signature does not fit the key that it names, or there is no such key.
    WrongKey,
    /// The signature fits, and its counter ran backwards.
    Cloned,
    /// It cannot be found without a name, so it could never sign in.
    NotResident,
    /// Anything else: it cannot be read, or says what no browser would.
    Unusable,
}

/// The ceremony did not succeed. Its text is for the log, not for strangers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct PasskeyRefused {
    /// What was wrong.
    pub why: Refusal,
    /// The same in words, without anything that was sent.
    pub text: String,
}

/// WebAuthn. Resident keys and user verification are always required.
pub trait Passkeys: Send + Sync {
    /// The name that passkeys are bound to.
    fn rp_id(&self) -> &str;

    /// A person as passkeys name them (base64url).
    fn user_handle(&self, person: PersonId) -> String;

    /// Begins a registration: options (JSON for `parseCreationOptionsFromJSON`) and the state to keep.
    ///
    /// `existing` are credential ids (base64url) the authenticator must not register again.
    fn start_registration(
        &self,
        person: PersonId,
        name: &str,
        existing: &[String],
    ) -> Result<(String, CeremonyState), PasskeyRefused>;

    /// Ends a registration with the browser's `PublicKeyCredential.toJSON()`.
    fn finish_registration(
        &self,
        state: &CeremonyState,
        credential: &str,
    ) -> Result<RegisteredPasskey, PasskeyRefused>;

    /// Begins a sign-in without a name: options (JSON for `parseRequestOptionsFromJSON`) and the state to keep.
    fn start_sign_in(&self) -> Result<(String, CeremonyState), PasskeyRefused>;

    /// The same for somebody who is known: only these credential ids (base64url) are asked for.
    fn start_touch(&self, own: &[String]) -> Result<(String, CeremonyState), PasskeyRefused>;

    /// Reads whose key it claims to be; verifies nothing.
    fn identify(&self, credential: &str) -> Result<Assertion, PasskeyRefused>;

    /// Reads which key it claims to be (base64url), where it may not say whose; verifies nothing.
    fn credential_id(&self, credential: &str) -> Result<String, PasskeyRefused>;

    /// Verifies a signature against the stored passkey.
    fn finish_sign_in(
        &self,
        state: &CeremonyState,
        credential: &str,
        passkey: &str,
    ) -> Result<VerifiedPasskey, PasskeyRefused>;

    /// Takes as long as [`Passkeys::finish_sign_in`] and refuses for the same reasons in the same order, for a key that is
    /// not stored: whoever asks cannot tell the two apart.
    fn refuse_unknown(&self, state: &CeremonyState, credential: &str) -> PasskeyRefused;
}
