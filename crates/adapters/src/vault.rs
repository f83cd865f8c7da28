//! The vault: seals keys of model servers with a key of the studio's own, which is a file.
//!
//! # Design
//! ChaCha20-Poly1305 with a nonce of chance: a studio seals some dozens of keys, and 96 bits are enough for billions. The file holds
//! random bytes; what seals and the name that tells files apart are derived from it (HKDF-SHA-256), so the name says nothing of the
//! key. The place a secret belongs to is authenticated with it: it opens nowhere else. Losing the file loses what was sealed with it
//! and nothing else; it is looked at each time, so a file that is put back works again.

use crate::key_file::{SEALING, load_key, load_or_create};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
};
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;
use studio::ports::{Sealed, Vault, VaultFault};

/// What the file is derived for; another form of sealing gets another word.
const DERIVED_FOR: &[u8] = b"vobio vault 1";

/// How long the name of a key is, in bytes.
const NAME_BYTES: usize = 8;

/// The vault with its key in a file.
#[derive(Debug)]
pub struct FileVault {
    path: PathBuf,
}

impl FileVault {
    /// With the key in this file, which is made when something is sealed for the first time. Its folder must exist.
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

/// What is derived from a file.
struct Key {
    name: String,
    seals: LessSafeKey,
}

/// So many derived bytes.
struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

impl Key {
    fn of(file: &[u8]) -> Result<Self, VaultFault> {
        let derived: Prk = Salt::new(HKDF_SHA256, DERIVED_FOR).extract(file);
        let mut name = [0; NAME_BYTES];
        let named = derived.expand(&[b"name"], Bytes(NAME_BYTES)).and_then(|okm| okm.fill(&mut name));
        named.map_err(|_| impossible())?;
        let seals = derived.expand(&[b"seal"], &CHACHA20_POLY1305).map_err(|_| impossible())?;
        Ok(Self { name: URL_SAFE_NO_PAD.encode(name), seals: LessSafeKey::new(UnboundKey::from(seals)) })
    }
}

fn impossible() -> VaultFault {
    VaultFault::Unusable("The key file of model servers cannot be derived from.".to_owned())
}

fn unusable(error: &impl ToString) -> VaultFault {
    VaultFault::Unusable(error.to_string())
}

impl Vault for FileVault {
    fn key_name(&self) -> Result<Option<String>, VaultFault> {
        let file = load_key(&self.path, SEALING).map_err(|error| unusable(&error))?;
        file.map(|file| Key::of(&file).map(|key| key.name)).transpose()
    }

    fn seal(&self, secret: &SecretString, place: &str) -> Result<Sealed, VaultFault> {
        let file = load_or_create(&self.path, SEALING).map_err(|error| unusable(&error))?;
        let key = Key::of(&file)?;
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|error| unusable(&error))?;
        let mut text = secret.expose_secret().as_bytes().to_vec();
        let bound = Aad::from(place.as_bytes());
        let sealed =
            key.seals.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut text);
        sealed.map_err(|_| impossible())?;
        let text = URL_SAFE_NO_PAD.encode([&nonce[..], &text].concat());
        Ok(Sealed { with: key.name, text })
    }

    fn open(&self, sealed: &Sealed, place: &str) -> Result<SecretString, VaultFault> {
        let file = load_key(&self.path, SEALING).map_err(|error| unusable(&error))?;
        let key = Key::of(&file.ok_or(VaultFault::NoKey)?)?;
        if key.name != sealed.with {
            return Err(VaultFault::AnotherKey);
        }
        let mut bytes = URL_SAFE_NO_PAD.decode(&sealed.text).map_err(|_| VaultFault::Damaged)?;
        let (nonce, text) = bytes.split_first_chunk_mut::<NONCE_LEN>().ok_or(VaultFault::Damaged)?;
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = key.seals.open_in_place(nonce, Aad::from(place.as_bytes()), text);
        let opened = opened.map_err(|_| VaultFault::Damaged)?;
        let opened = std::str::from_utf8(opened).map_err(|_| VaultFault::Damaged)?;
        Ok(SecretString::from(opened.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    fn vault() -> (tempfile::TempDir, FileVault) {
        let folder = tempfile::tempdir().unwrap();
        let vault = FileVault::new(folder.path().join("providers.key"));
        (folder, vault)
    }

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_alone_and_holds_nothing_that_can_be_read() {
        let (folder, vault) = vault();
        assert_eq!(vault.key_name().unwrap(), None, "made at first need");
        let sealed = vault.seal(&secret("sk-classified"), "a place").unwrap();
        assert_eq!(vault.key_name().unwrap().as_ref(), Some(&sealed.with));
        let mode = fs::metadata(folder.path().join("providers.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
        assert_eq!(vault.open(&sealed, "a place").unwrap().expose_secret(), "sk-classified");
        assert_eq!(vault.open(&sealed, "another").map(drop), Err(VaultFault::Damaged));
        let bytes = URL_SAFE_NO_PAD.decode(&sealed.text).unwrap();
        assert!(!bytes.windows(6).any(|window| window == b"classi"), "{sealed:?}");
        let again = vault.seal(&secret("sk-classified"), "a place").unwrap();
        assert_ne!(sealed.text, again.text, "the same key twice does not look the same");
    }

    #[test]
    fn every_changed_byte_is_found() {
        let (_folder, vault) = vault();
        let sealed = vault.seal(&secret("sk-1234567890"), "p").unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&sealed.text).unwrap();
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let text = URL_SAFE_NO_PAD.encode(&changed);
            assert_eq!(
                vault.open(&Sealed { text, ..sealed.clone() }, "p").map(drop),
                Err(VaultFault::Damaged)
            );
        }
        for text in ["", "AAAA", "no base64!", &sealed.text[1..]] {
            let sealed = Sealed { text: text.to_owned(), ..sealed.clone() };
            assert_eq!(vault.open(&sealed, "p").map(drop), Err(VaultFault::Damaged), "{text}");
        }
    }

    #[test]
    fn a_lost_a_foreign_and_an_open_key_file_are_told_apart() {
        let (folder, vault) = vault();
        let path = folder.path().join("providers.key");
        let sealed = vault.seal(&secret("k"), "p").unwrap();
        let kept = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(vault.open(&sealed, "p").map(drop), Err(VaultFault::NoKey));
        vault.seal(&secret("other"), "p").unwrap();
        assert_eq!(vault.open(&sealed, "p").map(drop), Err(VaultFault::AnotherKey));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let said = vault.open(&sealed, "p").map(drop).unwrap_err().to_string();
        assert!(said.contains("chmod 600") && said.contains("given once more"), "{said}");
        fs::write(&path, kept).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(vault.open(&sealed, "p").unwrap().expose_secret(), "k", "put back, it opens again");
    }
}
