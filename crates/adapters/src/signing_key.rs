//! The key that signs session tokens: a file of random bytes that only the studio's user can read.
//!
//! Losing it signs everybody out and harms nothing else; leaking it lets somebody name session rows, but not invent them.

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

/// The key cannot be had. `Display` says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The system refuses.
    #[error("The signing key {} cannot be {doing}: {cause}.", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        doing: &'static str,
        /// The system's words.
        cause: io::Error,
    },
    /// Others may read it.
    #[error(
        "The signing key {} can be read by other users (mode {mode:04o}). Run `chmod 600 {}`, or delete it if \
         somebody may have seen it: everybody then signs in again.",
        path.display(), path.display()
    )]
    ReadableByOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Not a file, or of a length that no key has.
    #[error(
        "The signing key {} is not a key: {what}. Delete it and start again; everybody then signs in again.",
        path.display()
    )]
    NotAKey {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// The system gives no random bytes.
    #[error("The system gives no random bytes for the signing key: {0}.")]
    NoRandomness(getrandom::Error),
}

/// The key in `path`, made there on the first call (mode 0600, on the disk before it is used). Its folder must exist.
///
/// Two processes that start at once get the same key, and a crash leaves no half of one.
pub fn load_or_create_key(path: &Path) -> Result<Vec<u8>, KeyError> {
    match File::open(path) {
        Ok(file) => load(path, file),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            create(path)?;
            let file = File::open(path).map_err(io_error(path, "read"))?;
            load(path, file)
        }
        Err(e) => Err(io_error(path, "read")(e)),
    }
}

fn load(path: &Path, file: File) -> Result<Vec<u8>, KeyError> {
    let not_a_key = |what: String| KeyError::NotAKey { path: path.to_owned(), what };
    let metadata = file.metadata().map_err(io_error(path, "read"))?;
    if !metadata.is_file() {
        return Err(not_a_key("it is not a file".to_owned()));
    }
    let mode = metadata.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(KeyError::ReadableByOthers { path: path.to_owned(), mode });
    }
    let mut key = Vec::with_capacity(KEY_BYTES);
    file.take(KEY_BYTES_MAX + 1).read_to_end(&mut key).map_err(io_error(path, "read"))?;
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
fn create(path: &Path) -> Result<(), KeyError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(KeyError::NoRandomness)?;
    let suffix = getrandom::u64().map_err(KeyError::NoRandomness)?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{suffix:016x}"));
    let draft = PathBuf::from(draft);

    let published = publish(&draft, path, &key);
    let removed = fs::remove_file(&draft);
    published.and(removed).map_err(io_error(path, "written"))
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

fn io_error(path: &Path, doing: &'static str) -> impl FnOnce(io::Error) -> KeyError {
    let path = path.to_owned();
    move |cause| KeyError::Io { path, doing, cause }
}

#[cfg(test)]
mod tests;
