//! Holds back the beginning of a character until the rest of it has come.

/// Bytes in, whole characters out.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    pending: Vec<u8>,
}

impl Hold {
    /// The characters that are complete now; may be none. A byte that can never become one comes out as U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut text = String::new();
        let mut rest = self.pending.as_slice();
        loop {
            match std::str::from_utf8(rest) {
                Ok(whole) => {
                    text.push_str(whole);
                    rest = &[];
                    break;
                }
                Err(error) => {
                    let (whole, after) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(whole));
                    rest = after;
                    let Some(bad) = error.error_len() else { break };
                    text.push(char::REPLACEMENT_CHARACTER);
                    rest = &rest[bad..];
                }
            }
        }
        self.pending = rest.to_vec();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_comes_out_when_its_last_byte_has_come() {
        let mut hold = Hold::default();
        let out: Vec<String> = "é日🙂".bytes().map(|byte| hold.push(&[byte])).collect();
        assert_eq!(out, ["", "é", "", "", "日", "", "", "", "🙂"]);
    }

    #[test]
    fn bytes_that_are_no_character_do_not_hold_up_the_rest() {
        let mut hold = Hold::default();
        assert_eq!(hold.push(b"a\xFFb"), "a\u{FFFD}b");
        assert_eq!(hold.push(b"\xE6\x97"), "");
        assert_eq!(hold.push(b"c"), "\u{FFFD}c");
        assert_eq!(hold.push(b"\xC3"), "");
        assert!(hold.pending.len() == 1, "an unfinished character is not text");
    }
}
