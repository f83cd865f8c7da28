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
}

/// Whose key signed, before anything is verified: the row to look up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// From the user handle.
    pub person: PersonId,
    /// base64url of the credential id.
    pub credential_id: String,
}

/// The ceremony did not succeed. For the log, not for strangers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PasskeyRefused(pub String);

/// WebAuthn. Resident keys and user verification are always required.
pub trait Passkeys: Send + Sync {
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

    /// Reads whose key it claims to be; verifies nothing.
    fn identify(&self, credential: &str) -> Result<Assertion, PasskeyRefused>;

    /// Verifies a sign-in against the stored passkey; the passkey to store again (counter, backup state).
    fn finish_sign_in(
        &self,
        state: &CeremonyState,
        credential: &str,
        passkey: &str,
    ) -> Result<String, PasskeyRefused>;
}
