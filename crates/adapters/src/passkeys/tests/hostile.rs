//! Clients and pages that lie.

use super::*;
use proptest::prelude::*;
use std::sync::LazyLock;

/// The client data of an honest page, to be made dishonest.
fn client_data(options: &str) -> Value {
    json!({ "type": "webauthn.get", "challenge": parsed(options)["challenge"], "origin": ORIGIN })
}

/// Why the studio refuses an answer whose client data had `change` done to it before it was signed.
fn client_data_refusal(change: impl FnOnce(&mut Value)) -> Option<String> {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let mut data = client_data(&options);
    change(&mut data);
    let credential = get_with_client_data(&mut browser, &options, &data);
    passkeys().finish_sign_in(&state, &credential, &stored.passkey).err().map(|refused| refused.text)
}

#[test]
fn another_origin_is_refused_even_on_the_same_host() {
    let (mut browser, stored) = registered(person(7));
    browser.origin = "http://localhost:9999".to_owned();
    let reason = sign_in_refusal(&mut browser, &stored.passkey, |_| {});
    assert!(reason.contains("origin"), "{reason}");

    let (options, state) = passkeys().start_registration(person(8), "Eve", &[]).unwrap();
    let elsewhere = Browser::at("http://localhost:9999").create(&options).unwrap();
    assert!(passkeys().finish_registration(&state, &elsewhere).unwrap_err().text.contains("origin"));
}

#[test]
fn a_key_of_another_relying_party_is_refused() {
    let studio = WebauthnPasskeys::new("https://studio.example.org", "S").unwrap();
    let mut browser = Browser::at("https://studio.example.org");
    let (options, state) = studio.start_registration(person(7), "Ada", &[]).unwrap();
    let stored = studio.finish_registration(&state, &browser.create(&options).unwrap()).unwrap();

    // A page may name its parent domain, and the browser signs for that one.
    let (options, state) = studio.start_sign_in().unwrap();
    let credential = browser.get(&edit(&options, |o| o["rpId"] = json!("example.org"))).unwrap();
    let reason = studio.finish_sign_in(&state, &credential, &stored.passkey).unwrap_err().text;
    assert!(reason.contains("relying party id"), "{reason}");

    let (options, state) = studio.start_registration(person(7), "Ada", &[]).unwrap();
    let wider = edit(&options, |o| o["rp"]["id"] = json!("example.org"));
    let credential = Browser::at("https://studio.example.org").create(&wider).unwrap();
    assert!(studio.finish_registration(&state, &credential).unwrap_err().text.contains("relying party id"));
}

#[test]
fn an_answer_counts_for_its_own_challenge_only() {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let (_, other_state) = passkeys().start_sign_in().unwrap();
    let credential = browser.get(&options).unwrap();
    let reason = passkeys().finish_sign_in(&other_state, &credential, &stored.passkey).unwrap_err().text;
    assert!(reason.contains("challenge"), "{reason}");
    passkeys().finish_sign_in(&state, &credential, &stored.passkey).unwrap();
}

#[test]
fn a_touch_without_verification_is_refused() {
    let (mut browser, stored) = registered(person(7));
    let reason =
        sign_in_refusal(&mut browser, &stored.passkey, |o| o["userVerification"] = json!("discouraged"));
    assert!(reason.contains("user verified"), "{reason}");

    let (options, state) = passkeys().start_registration(person(8), "Eve", &[]).unwrap();
    let weaker = edit(&options, |o| o["authenticatorSelection"]["userVerification"] = json!("discouraged"));
    let credential = Browser::at(ORIGIN).create(&weaker).unwrap();
    let reason = passkeys().finish_registration(&state, &credential).unwrap_err().text;
    assert!(reason.contains("user verified"), "{reason}");
}

#[test]
fn one_persons_key_does_not_open_anothers_account() {
    let (_, ada) = registered(person(7));
    let (mut eve, stored) = registered(person(8));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let credential = eve.get(&options).unwrap();
    assert_eq!(passkeys().identify(&credential).unwrap().person, person(8));
    assert!(passkeys().finish_sign_in(&state, &credential, &ada.passkey).is_err());

    // Nobody signs the user handle: whoever calls compares it with the row of the credential id.
    let lie = edit(&credential, |c| c["response"]["userHandle"] = json!(base64url(person(7).0.as_bytes())));
    let claim = passkeys().identify(&lie).unwrap();
    assert_eq!(claim, Assertion { person: person(7), credential_id: stored.credential_id });

    // Nor the credential id: with Ada's on it, Eve's signature has to fit Ada's key.
    let lie = edit(&lie, |c| {
        c["id"] = json!(ada.credential_id);
        c["rawId"] = json!(ada.credential_id);
    });
    assert_eq!(passkeys().identify(&lie).unwrap().credential_id, ada.credential_id);
    assert!(passkeys().finish_sign_in(&state, &lie, &ada.passkey).is_err());
}

#[test]
fn what_the_client_signs_about_the_page_has_to_be_right() {
    assert_eq!(client_data_refusal(|_| {}), None, "the honest one passes");
    let refused_for = |part: &str, change: fn(&mut Value)| {
        let reason = client_data_refusal(change).unwrap();
        assert!(reason.contains(part), "{reason}");
    };
    refused_for("another site", |d| d["crossOrigin"] = json!(true));
    refused_for("origin", |d| d["origin"] = json!("https://localhost:8000"));
    refused_for("origin", |d| d["origin"] = json!("http://localhost.evil.example:8000"));
    refused_for("webauthn.<method>", |d| d["type"] = json!("webauthn.create"));
    refused_for("challenge", |d| d["challenge"] = json!(""));
}

#[test]
fn a_user_handle_that_is_no_person_is_refused() {
    let (mut browser, _) = registered(person(7));
    let credential = browser.get(&passkeys().start_sign_in().unwrap().0).unwrap();
    for handle in
        [json!(null), json!(""), json!(base64url(b"ada")), json!(base64url(&[0; 17])), json!("%"), json!(7)]
    {
        let changed = edit(&credential, |c| c["response"]["userHandle"] = handle.clone());
        assert!(passkeys().identify(&changed).is_err(), "{handle}");
    }
}

#[test]
fn a_key_that_is_not_resident_is_refused_at_once() {
    let (options, state) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
    let credential = Browser::at(ORIGIN).create(&options).unwrap();
    let visitor = edit(&credential, |c| c["clientExtensionResults"]["credProps"] = json!({ "rk": false }));
    assert!(passkeys().finish_registration(&state, &visitor).unwrap_err().text.contains("resident"));
    let silent = edit(&credential, |c| c["clientExtensionResults"] = json!({ "credProps": {} }));
    assert!(passkeys().finish_registration(&state, &silent).is_ok());
}

#[test]
fn a_credential_id_is_at_most_1023_bytes_long() {
    let (options, state) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
    let credential = Browser::at(ORIGIN).create(&options).unwrap();
    let with_id_of = |length: u16| {
        let data = parsed(&credential)["response"]["authenticatorData"].as_str().unwrap().to_owned();
        let data = URL_SAFE_NO_PAD.decode(data).unwrap();
        // rpIdHash 32, flags 1, counter 4, aaguid 16, then the id's length and the id (WebAuthn, section 6.1).
        let (head, tail) = data.split_at(53);
        let old = usize::from(u16::from_be_bytes([tail[0], tail[1]]));
        let id = vec![7; usize::from(length)];
        let data = [head, &length.to_be_bytes(), &id, &tail[2 + old..]].concat();
        let size = u16::try_from(data.len()).unwrap().to_be_bytes();
        let object = [b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59", &size[..], &data].concat();
        edit(&credential, |c| c["response"]["attestationObject"] = json!(base64url(&object)))
    };
    assert!(passkeys().finish_registration(&state, &with_id_of(1023)).is_ok());
    let reason = passkeys().finish_registration(&state, &with_id_of(1024)).unwrap_err().text;
    assert!(reason.contains("1024 bytes"), "{reason}");
}

#[test]
fn garbage_is_refused_and_not_repeated_in_the_log() {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let (_, registration) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
    let honest = browser.get(&options).unwrap();
    let garbage = [
        String::new(),
        "null".to_owned(),
        "{}".to_owned(),
        "\"SECRET\"".to_owned(),
        "\u{0}SECRET".to_owned(),
        "[".repeat(60_000),
        r#"{"id":"SECRET","rawId":"SECRET","type":"SECRET","response":{}}"#.to_owned(),
        edit(&honest, |c| c["response"]["signature"] = json!("SECRET=")),
        edit(&honest, |c| c["response"]["clientDataJSON"] = json!(base64url(b"SECRET"))),
        edit(&honest, |c| c["response"]["authenticatorData"] = json!(base64url(b"SECRET"))),
        edit(&honest, |c| c["padding"] = json!("x".repeat(1_000_000))),
    ];
    for text in &garbage {
        for reason in [
            passkeys().finish_sign_in(&state, text, &stored.passkey).unwrap_err().text,
            passkeys().finish_registration(&registration, text).unwrap_err().text,
        ] {
            assert!(!reason.contains("SECRET") && reason.len() < 200, "{reason}");
        }
    }
    assert!(passkeys().identify(&garbage[10]).unwrap_err().text.contains("too long"));
    // Ceremonies and stored keys that are not ours to read.
    assert!(passkeys().finish_sign_in(&registration, &honest, &stored.passkey).is_err());
    assert!(passkeys().finish_registration(&state, &honest).is_err());
    assert!(passkeys().finish_sign_in(&state, &honest, "{}").is_err());
    assert!(passkeys().finish_sign_in(&CeremonyState("{}".to_owned()), &honest, &stored.passkey).is_err());
    assert!(passkeys().start_registration(person(7), "Ada", &["not base64!".to_owned()]).is_err());
    assert!(passkeys().start_registration(person(7), "", &[]).is_err());
}

/// One honest sign-in and one honest registration, to break over and over: state, credential, stored passkey.
static SIGN_IN: LazyLock<(CeremonyState, String, String)> = LazyLock::new(|| {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    (state, browser.get(&options).unwrap(), stored.passkey)
});
static REGISTRATION: LazyLock<(CeremonyState, String)> = LazyLock::new(|| {
    let (options, state) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
    (state, Browser::at(ORIGIN).create(&options).unwrap())
});

/// Flips one bit of a base64url field of the response.
fn flip(credential: &str, field: &str, bit: usize) -> String {
    edit(credential, |c| {
        let field = &mut c["response"][field];
        let mut bytes = URL_SAFE_NO_PAD.decode(field.as_str().unwrap()).unwrap();
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        *field = json!(base64url(&bytes));
    })
}

proptest! {
    #[test]
    fn one_changed_bit_spoils_a_sign_in(
        field in prop::sample::select(vec!["authenticatorData", "clientDataJSON", "signature"]),
        bit: usize,
    ) {
        let (state, credential, passkey) = &*SIGN_IN;
        prop_assert!(passkeys().finish_sign_in(state, &flip(credential, field, bit), passkey).is_err());
    }

    // A registration signs nothing (attestation "none"), so some bits may change; none may bring the studio down.
    #[test]
    fn no_changed_bits_in_a_registration_bring_the_studio_down(bits in prop::collection::vec(any::<usize>(), 1..4)) {
        let (state, credential) = &*REGISTRATION;
        let changed = bits.into_iter().fold(credential.clone(), |c, bit| flip(&c, "attestationObject", bit));
        let _ = passkeys().finish_registration(state, &changed);
    }

    #[test]
    fn cut_off_attestations_are_refused(keep: prop::sample::Index) {
        let (state, credential) = &*REGISTRATION;
        let cut = edit(credential, |c| {
            let object = &mut c["response"]["attestationObject"];
            let bytes = URL_SAFE_NO_PAD.decode(object.as_str().unwrap()).unwrap();
            *object = json!(base64url(&bytes[..keep.index(bytes.len())]));
        });
        prop_assert!(passkeys().finish_registration(state, &cut).is_err());
    }
}
