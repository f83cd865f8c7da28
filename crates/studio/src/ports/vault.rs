//! Where secrets of others are sealed, so that who reads the database reads none of them.

use secrecy::SecretString;

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The name of the key it was sealed with: it tells keys apart and says nothing of them.
    pub with: String,
    /// What only that key opens.
    pub text: String,
}

/// Why something is not sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultFault {
    /// There is no key here yet, or no more.
    #[error("there is no key file")]
    NoKey,
    /// It was sealed with another key.
    #[error("it was sealed with another key file")]
    AnotherKey,
    /// It is not what was sealed, or not in its place.
    #[error("it was changed or belongs to something else")]
    Damaged,
    /// The key cannot be used; a sentence says why and what to do.
    #[error("{0}")]
    Unusable(String),
}

/// Seals secrets with a key of the studio's own.
pub trait Vault: Send + Sync {
    /// The name of the key that is here; `None` where there is none yet.
    ///
    /// # Errors
    /// `Unusable`.
    fn key_name(&self) -> Result<Option<String>, VaultFault>;

    /// Seals a secret for one place; it opens nowhere else. Makes the key where there is none.
    ///
    /// # Errors
    /// `Unusable`.
    fn seal(&self, secret: &SecretString, place: &str) -> Result<Sealed, VaultFault>;

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// Any of them.
    fn open(&self, sealed: &Sealed, place: &str) -> Result<SecretString, VaultFault>;
}
