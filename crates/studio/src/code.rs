//! One-time codes: made from the operating system's chance, stored as digests only.

use crate::fault::broken;
use api_types::Problem;
use sha2::{Digest, Sha256};

/// Letters that are not mistaken for one another when read aloud or typed.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 16 letters of 5 bits: 80 bits, out of reach of guessing.
const LETTERS: usize = 16;

/// Hex SHA-256.
pub fn digest(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A new code like `ABCD-EFGH-JKLM-NPQR`.
pub(crate) fn new_code() -> Result<String, Problem> {
    let mut bytes = [0_u8; LETTERS];
    getrandom::fill(&mut bytes).map_err(|e| broken("the operating system gave no chance", &e))?;
    let letters: Vec<char> = bytes.iter().map(|b| char::from(ALPHABET[usize::from(b % 32)])).collect();
    Ok(letters.chunks(4).map(|four| four.iter().collect::<String>()).collect::<Vec<_>>().join("-"))
}

/// What a person typed, as it was made: case, spaces and dashes do not matter.
pub(crate) fn digest_of_typed(typed: &str) -> String {
    let plain: Vec<char> =
        typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let grouped: Vec<String> = plain.chunks(4).map(|four| four.iter().collect()).collect();
    digest(&grouped.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_again_however_it_is_typed() {
        let code = new_code().unwrap();
        assert_eq!(code.len(), 19);
        let sloppy = format!("  {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(digest_of_typed(&sloppy), digest(&code));
        assert_ne!(digest_of_typed(&new_code().unwrap()), digest(&code));
    }
}
