//! Keys of the studio's own: files of random bytes that only the studio's user can read.
//!
//! Losing the one that signs session tokens signs everybody out and harms nothing else; leaking it lets somebody name session rows,
//! but not invent them. What becomes of the one that seals keys of model servers is said in `vault.rs`.

use crate::token::KEY_BYTES_MIN;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// How long a new key is, in bytes: HS256's block.
const KEY_BYTES: usize = 64;

/// The longest key that is read, in bytes.
const KEY_BYTES_MAX: u64 = 4096;

/// What a key is for, in the words of its complaints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPurpose {
    /// What it is called.
    what: &'static str,
    /// What follows when it is deleted.
    lost: &'static str,
}

/// It signs session tokens.
pub const SIGNING: KeyPurpose = KeyPurpose { what: "signing key", lost: "everybody then signs in again" };

/// It seals keys of model servers.
pub const SEALING: KeyPurpose = KeyPurpose {
    what: "key file of model servers",
    lost: "the keys of model servers that were sealed with it then have to be given once more",
};

/// The key cannot be had. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refuses.
    #[error("The {} {} cannot be {doing}: {cause}.", purpose.what, path.display())]
    Io {
        /// What it is for.
        purpose: KeyPurpose,
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// The system's words.
        cause: io::Error,
    },
    /// Others may read it.
    #[error(
        "The {} {} can be read by other users (mode {mode:04o}). Run `chmod 600 {}`, or delete it if \
         somebody may have seen it: {}.",
        purpose.what, path.display(), path.display(), purpose.lost
    )]
    ReadableByOthers {
        /// What it is for.
        purpose: KeyPurpose,
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not a file, or of a length that no key has.
    #[error(
        "The {} {} is not a key: {what}. Delete it and start again; {}.",
        purpose.what, path.display(), purpose.lost
    )]
    NotAKey {
        /// What it is for.
        purpose: KeyPurpose,
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// The system gives no random bytes.
    #[error("The system gives no random bytes for a key: {0}.")]
    NoRandomness(getrandom::Error),
}

/// The key in `path` that signs session tokens; made there on the first call.
///
/// # Errors
/// What is wrong with the file.
pub fn load_or_create_key(path: &Path) -> Result<Vec<u8>, KeyError> {
    load_or_create(path, SIGNING)
}

/// The key in `path`, made there on the first call (mode 0600, on the disk before it is used). Its folder must exist.
///
/// Two processes that start at once get the same key, and a crash leaves no half of one.
///
/// # Errors
/// What is wrong with the file.
pub fn load_or_create(path: &Path, purpose: KeyPurpose) -> Result<Vec<u8>, KeyError> {
    match load_key(path, purpose)? {
        Some(key) => Ok(key),
        None => {
            create(path, purpose)?;
            let file = File::open(path).map_err(io_error(path, purpose, "read"))?;
            load(path, purpose, file)
        }
    }
}

/// The key in `path`, if there is one.
///
/// # Errors
/// What is wrong with the file.
pub fn load_key(path: &Path, purpose: KeyPurpose) -> Result<Option<Vec<u8>>, KeyError> {
    match File::open(path) {
        Ok(file) => load(path, purpose, file).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io_error(path, purpose, "read")(e)),
    }
}

fn load(path: &Path, purpose: KeyPurpose, file: File) -> Result<Vec<u8>, KeyError> {
    let not_a_key = |what: String| KeyError::NotAKey { purpose, path: path.to_owned(), what };
    let metadata = file.metadata().map_err(io_error(path, purpose, "read"))?;
    if !metadata.is_file() {
        return Err(not_a_key("it is not a file".to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyError::ReadableByOthers { purpose, path: path.to_owned(), mode });
    }
    let mut key = Vec::with_capacity(KEY_BYTES);
    file.take(KEY_BYTES_MAX + 1).read_to_end(&mut key).map_err(io_error(path, purpose, "read"))?;
    match key.len() {
        0 => Err(not_a_key("it is empty".to_owned())),
        n if n < KEY_BYTES_MIN => {
            Err(not_a_key(format!("it has {n} bytes, and a key has at least {KEY_BYTES_MIN}")))
        }
        n if n as u64 > KEY_BYTES_MAX => Err(not_a_key(format!("it has more than {KEY_BYTES_MAX} bytes"))),
        _ => Ok(key),
    }
}

/// Writes a new key beside `path` and links it there: the name appears at once and whole, or belongs to whoever was first.
fn create(path: &Path, purpose: KeyPurpose) -> Result<(), KeyError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(KeyError::NoRandomness)?;
    let suffix = getrandom::u64().map_err(KeyError::NoRandomness)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{suffix:016x}"));
    let draft = PathBuf::from(draft);

    let published = publish(&draft, path, &key);
    let removed = fs::remove_file(&draft);
    published.and(removed).map_err(io_error(path, purpose, "written"))
}

fn publish(draft: &Path, path: &Path, key: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(key)?;
    file.sync_all()?;
    match fs::hard_link(draft, path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    // The name itself is on the disk only when its folder is.
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => File::open(folder)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}

fn io_error(path: &Path, purpose: KeyPurpose, doing: &'static str) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |cause| KeyError::Io { purpose, path, doing, cause }
}

#[cfg(test)]
mod tests;
