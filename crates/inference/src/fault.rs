//! What can be wrong with weights, in sentences for the person who has to do something about it.

use std::path::Path;

/// Why a GGUF file cannot be used. `Display` names the file and says what to do; it holds no folder, so it may be
/// shown to everybody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsFault {
    /// No file is configured.
    #[error("No local model is set up. `make run` fetches the small default model; or connect another one.")]
    NotConfigured,
    /// The file is not there.
    #[error("There is no file {file}. `make run` fetches the default weights; or name another GGUF file.")]
    Missing {
        /// Its name.
        file: String,
    },
    /// The operating system does not let us read it.
    #[error("{file} cannot be read ({why}). Check the disk and the file's permissions.")]
    Unreadable {
        /// Its name.
        file: String,
        /// The operating system's words.
        why: String,
    },
    /// It ends too early.
    #[error(
        "{file} is incomplete: it has {bytes} bytes of at least {bytes_min}. Delete it and fetch it again."
    )]
    Incomplete {
        /// Its name.
        file: String,
        /// What it has.
        bytes: u64,
        /// What its own header asks for.
        bytes_min: u64,
    },
    /// Its contents contradict themselves or their digest.
    #[error("{file} is damaged or not a GGUF file ({what}). Delete it and fetch it again.")]
    Damaged {
        /// Its name.
        file: String,
        /// What was found.
        what: String,
    },
    /// A sound file, of a kind that does not run here.
    #[error(
        "{file} does not run inside the studio: {what}. Serve it with llama-server or Ollama and connect that, \
         or use a llama-family GGUF file."
    )]
    Unsupported {
        /// Its name.
        file: String,
        /// Which kind.
        what: String,
    },
    /// The machine has not enough memory left.
    #[error(
        "{file} needs about {mib_needed} MiB of memory and {mib_free} MiB are free. Use a smaller model, or free some."
    )]
    TooLarge {
        /// Its name.
        file: String,
        /// Weights and working memory, in MiB.
        mib_needed: u64,
        /// What the operating system has left, in MiB.
        mib_free: u64,
    },
}

/// A file's name without its folders, for sentences.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

impl WeightsFault {
    /// An error of the operating system.
    pub(crate) fn io(path: &Path, error: &std::io::Error) -> Self {
        let file = file_name(path);
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::Missing { file },
            _ => Self::Unreadable { file, why: error.kind().to_string() },
        }
    }

    /// [`WeightsFault::Damaged`].
    pub(crate) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { file: file_name(path), what: what.into() }
    }

    /// [`WeightsFault::Unsupported`].
    pub(crate) fn unsupported(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsupported { file: file_name(path), what: what.into() }
    }
}
