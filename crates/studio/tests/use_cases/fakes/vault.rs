//! A vault whose key file a test can lose.

use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex};
use studio::ports::{Sealed, Vault, VaultFault};

/// Seals so that one sees whether it was sealed, and for which place. Copies have the same key file.
#[derive(Clone, Default)]
pub(crate) struct FakeVault {
    key: Arc<Mutex<Option<String>>>,
}

impl FakeVault {
    /// The key file is this one now, or none.
    pub(crate) fn has(&self, key: Option<&str>) {
        *self.key.lock().unwrap() = key.map(str::to_owned);
    }
}

fn turned(text: &str) -> String {
    text.chars().rev().collect()
}

impl Vault for FakeVault {
    fn key_name(&self) -> Result<Option<String>, VaultFault> {
        Ok(self.key.lock().unwrap().clone())
    }

    fn seal(&self, secret: &SecretString, place: &str) -> Result<Sealed, VaultFault> {
        let with = self.key.lock().unwrap().get_or_insert_with(|| "first".to_owned()).clone();
        Ok(Sealed { with, text: turned(&format!("{place}\n{}", secret.expose_secret())) })
    }

    fn open(&self, sealed: &Sealed, place: &str) -> Result<SecretString, VaultFault> {
        match &*self.key.lock().unwrap() {
            None => return Err(VaultFault::NoKey),
            Some(key) if *key != sealed.with => return Err(VaultFault::AnotherKey),
            Some(_) => {}
        }
        let opened = turned(&sealed.text);
        let secret = opened.strip_prefix(&format!("{place}\n")).ok_or(VaultFault::Damaged)?;
        Ok(SecretString::from(secret.to_owned()))
    }
}
