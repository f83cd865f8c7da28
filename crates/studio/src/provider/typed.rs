//! What is typed of a model server, checked; each refusal names the field and says what to do.

use crate::{API_KEY_BYTES_MAX, BASE_URL_BYTES_MAX, PROVIDER_NAME_CHARS_MAX};
use api_types::Problem;
use secrecy::{ExposeSecret, SecretString};

/// Names of what is no server.
const RESERVED: [&str; 2] = ["local", "mock"];

/// A name: small letters, digits and dashes, the first a letter or a digit.
pub(super) fn name(text: &str) -> Result<String, Problem> {
    let name = text.trim();
    let wrong = |why: String| Err(Problem::field("name", why));
    if name.is_empty() {
        return wrong("Give it a short name: the names of its models begin with it.".to_owned());
    }
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !is_plain || name.starts_with('-') {
        return wrong("Use small letters, digits and dashes, like openai or my-server.".to_owned());
    }
    if name.len() > PROVIDER_NAME_CHARS_MAX {
        return wrong(format!(
            "At most {PROVIDER_NAME_CHARS_MAX} characters fit here; this has {}.",
            name.len()
        ));
    }
    if RESERVED.contains(&name) {
        return wrong(format!("{name} is what the studio calls a model of its own. Give it another name."));
    }
    Ok(name.to_owned())
}

/// An address without what each request adds; whether it can be one is the adapter's to say.
pub(super) fn base_url(text: &str) -> Result<String, Problem> {
    let address = text.trim().trim_end_matches('/');
    if address.is_empty() {
        return Err(Problem::field("base_url", "Give its address, like https://api.example.com/v1."));
    }
    if address.len() > BASE_URL_BYTES_MAX || address.contains(|c: char| c.is_control() || c.is_whitespace()) {
        return Err(Problem::field(
            "base_url",
            "This is no address: it is too long, or has blanks in it. Write it like https://api.example.com/v1.",
        ));
    }
    Ok(address.to_owned())
}

/// A key without the blanks around it that copying brings; none where nothing is left.
pub(super) fn key(key: Option<SecretString>) -> Result<Option<SecretString>, Problem> {
    let Some(key) = key else { return Ok(None) };
    let trimmed = key.expose_secret().trim();
    if trimmed.len() > API_KEY_BYTES_MAX {
        return Err(Problem::field("key", "This is too long to be an API key. Copy the key alone."));
    }
    Ok((!trimmed.is_empty()).then(|| SecretString::from(trimmed.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain_and_no_word_of_the_studios_own() {
        assert_eq!(name(" my-server2 ").unwrap(), "my-server2");
        let long = "a".repeat(PROVIDER_NAME_CHARS_MAX + 1);
        for wrong in ["", " ", "My", "a b", "a/b", "a*", "-a", "ä", "local", "mock", &long, "a\0"] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_and_a_key_are_taken_without_what_copying_brings() {
        assert_eq!(base_url(" https://a.example/v1/ ").unwrap(), "https://a.example/v1");
        for wrong in ["", "/", "https://a b", "https://a\nb", &"a".repeat(BASE_URL_BYTES_MAX + 1)] {
            assert!(base_url(wrong).is_err(), "{wrong:?}");
        }
        let typed = |text: &str| key(Some(SecretString::from(text.to_owned())));
        assert_eq!(typed(" sk-1\n").unwrap().unwrap().expose_secret(), "sk-1");
        assert!(typed("  ").unwrap().is_none() && key(None).unwrap().is_none());
        assert!(typed(&"k".repeat(API_KEY_BYTES_MAX + 1)).is_err());
    }
}
