//! The ceremonies, against a client that is not webauthn-rs.

mod browser;
mod hostile;
mod matrix;

use super::*;
use browser::{Browser, edit, get_with_client_data};
use serde_json::{Value, json};
use webauthn_rs::prelude::Uuid;

const ORIGIN: &str = "http://localhost:8000";

fn passkeys() -> WebauthnPasskeys {
    WebauthnPasskeys::new(ORIGIN, "Vobio AI Studio").unwrap()
}

fn person(n: u128) -> PersonId {
    PersonId(Uuid::from_u128(n))
}

fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn parsed(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

/// A browser with a key for `person`, and what the studio stored of it.
fn registered(person: PersonId) -> (Browser, RegisteredPasskey) {
    let mut browser = Browser::at(ORIGIN);
    let (options, state) = passkeys().start_registration(person, "Ada", &[]).unwrap();
    let stored = passkeys().finish_registration(&state, &browser.create(&options).unwrap()).unwrap();
    (browser, stored)
}

/// Why the studio refuses what `browser` answers after `change` was done to the options.
fn sign_in_refusal(browser: &mut Browser, passkey: &str, change: impl FnOnce(&mut Value)) -> String {
    let (options, state) = passkeys().start_sign_in().unwrap();
    let credential = browser.get(&edit(&options, change)).unwrap();
    passkeys().finish_sign_in(&state, &credential, passkey).unwrap_err().text
}

#[test]
fn a_person_registers_and_signs_in_without_a_name() {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let credential = browser.get(&options).unwrap();

    let claim = passkeys().identify(&credential).unwrap();
    assert_eq!(claim, Assertion { person: person(7), credential_id: stored.credential_id.clone() });
    assert!(!stored.credential_id.contains(['=', '+', '/']));

    let updated = passkeys().finish_sign_in(&state, &credential, &stored.passkey).unwrap();
    assert_eq!(parsed(&stored.passkey)["cred"]["counter"], 0);
    assert_eq!(parsed(&updated.passkey)["cred"]["counter"], 1);
}

#[test]
fn creation_options_are_what_a_browser_parses_and_ask_for_a_resident_key_and_a_verified_person() {
    let (options, state) = passkeys().start_registration(person(7), "Ada", &[base64url(b"old key")]).unwrap();
    let options = parsed(&options);
    assert_eq!(options["rp"], json!({ "id": "localhost", "name": "Vobio AI Studio" }));
    assert_eq!(options["user"]["name"], "Ada");
    assert_eq!(options["user"]["id"], base64url(person(7).0.as_bytes()));
    assert_eq!(options["excludeCredentials"][0]["id"], base64url(b"old key"));
    let selection = &options["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["requireResidentKey"], true);
    assert_eq!(selection["userVerification"], "required");
    assert!(options["challenge"].as_str().unwrap().len() >= 43, "32 random bytes");
    // A browser reads null as the text "null", or throws.
    assert!(!options.to_string().contains("null"), "{options}");
    assert!(state.0.contains("challenge"));
}

#[test]
fn request_options_name_nobody_and_have_no_mediation() {
    let (options, _) = passkeys().start_sign_in().unwrap();
    let options = parsed(&options);
    assert_eq!(options["rpId"], "localhost");
    assert_eq!(options["userVerification"], "required");
    assert_eq!(options["allowCredentials"], json!([]));
    assert_eq!(options.get("mediation"), None);
    assert_eq!(options.get("publicKey"), None);
    assert!(!options.to_string().contains("null"), "{options}");
}

#[test]
fn every_ceremony_has_its_own_challenge() {
    let challenge = |options: String| parsed(&options)["challenge"].clone();
    let first = challenge(passkeys().start_sign_in().unwrap().0);
    assert_ne!(first, challenge(passkeys().start_sign_in().unwrap().0));
}

#[test]
fn an_authenticator_that_has_a_key_already_makes_no_second_one() {
    let (mut browser, stored) = registered(person(7));
    let (options, _) = passkeys().start_registration(person(7), "Ada", &[stored.credential_id]).unwrap();
    assert!(browser.create(&options).is_err());
    assert!(Browser::at(ORIGIN).create(&options).is_ok(), "another one does");
}

#[test]
fn a_cloned_key_is_noticed_by_its_counter() {
    let (mut browser, stored) = registered(person(7));
    let mut clone = browser.clone();
    let (options, state) = passkeys().start_sign_in().unwrap();
    let stored =
        passkeys().finish_sign_in(&state, &browser.get(&options).unwrap(), &stored.passkey).unwrap().passkey;

    let reason = sign_in_refusal(&mut clone, &stored, |_| {});
    assert!(reason.contains("cloned"), "{reason}");

    // The person's own key goes on.
    let (options, state) = passkeys().start_sign_in().unwrap();
    passkeys().finish_sign_in(&state, &browser.get(&options).unwrap(), &stored).unwrap();
}

#[test]
fn a_key_without_a_counter_signs_in_again_and_again() {
    let (mut browser, mut stored) = registered(person(7));
    browser.key.as_mut().unwrap().counter = None;
    for _ in 0..3 {
        let (options, state) = passkeys().start_sign_in().unwrap();
        let credential = browser.get(&options).unwrap();
        stored.passkey = passkeys().finish_sign_in(&state, &credential, &stored.passkey).unwrap().passkey;
    }
}

#[test]
fn passkeys_are_made_for_https_and_for_localhost() {
    for origin in [
        "http://localhost:8000",
        "http://localhost",
        "http://studio.localhost:8000",
        "https://studio.example.org",
        "https://studio.example.org:8443/",
    ] {
        assert!(WebauthnPasskeys::new(origin, "S").is_ok(), "{origin}");
    }
    let refusal = |origin: &str| WebauthnPasskeys::new(origin, "S").err().unwrap();
    for origin in ["http://127.0.0.1:8000", "https://192.168.1.5", "http://[::1]:8000"] {
        assert_eq!(refusal(origin), OriginRefused::IpAddress(origin.to_owned()));
    }
    for origin in ["http://studio.example.org", "http://studio", "http://localhost.example.org"] {
        assert_eq!(refusal(origin), OriginRefused::Insecure(origin.to_owned()));
    }
    for origin in ["", "localhost:8000", "ftp://localhost", "https://a.example/app", "https://u:p@a.example"]
    {
        assert_eq!(refusal(origin), OriginRefused::NotAnOrigin(origin.to_owned()));
    }
    assert!(refusal("http://127.0.0.1:8000").to_string().contains("http://localhost"));
}
