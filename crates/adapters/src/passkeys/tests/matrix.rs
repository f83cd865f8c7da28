//! Every kind of key against every kind of wrong: a table of cases, not a story.

use super::*;

/// The flags of authenticator data (WebAuthn level 3, section 6.1).
const PRESENT: u8 = 1;
const VERIFIED: u8 = 1 << 2;
const ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;

/// Every way to set these four, with the rest of the byte as it was.
fn all_flags(byte: u8) -> impl Iterator<Item = u8> {
    let four = PRESENT | VERIFIED | ELIGIBLE | BACKED_UP;
    (0..=u8::MAX).filter(move |flags| flags & !four == byte & !four)
}

/// Changes bytes of a base64url field of the response.
fn bytes_of(credential: &str, field: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    edit(credential, |c| {
        let field = &mut c["response"][field];
        let mut bytes = URL_SAFE_NO_PAD.decode(field.as_str().unwrap()).unwrap();
        change(&mut bytes);
        *field = json!(base64url(&bytes));
    })
}

/// Where the authenticator's data begin in an attestation object without attestation: it is the last entry.
fn data_at(object: &[u8]) -> usize {
    let key = b"authData";
    let at = object.windows(key.len()).position(|part| part == key).unwrap() + key.len();
    // A byte string with a length of one or two bytes.
    at + if object[at] == 0x58 { 2 } else { 3 }
}

fn registration(flags: Option<u8>, aaguid: [u8; 16]) -> Result<RegisteredPasskey, PasskeyRefused> {
    let (options, state) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
    let made = Browser::at(ORIGIN).create(&options).unwrap();
    let changed = bytes_of(&made, "attestationObject", |object| {
        let at = data_at(object);
        object[at + 32] = flags.unwrap_or(object[at + 32]);
        object[at + 37..at + 53].copy_from_slice(&aaguid);
    });
    passkeys().finish_registration(&state, &changed)
}

#[test]
fn a_key_is_taken_with_every_flag_that_makes_sense_and_with_no_other() {
    let made = 1 << 6;
    let mut taken = 0;
    for flags in all_flags(made) {
        let has = |flag| flags & flag != 0;
        let result = registration(Some(flags), [7; 16]);
        let expected = has(PRESENT) && has(VERIFIED) && (has(ELIGIBLE) || !has(BACKED_UP));
        match result {
            Ok(key) => {
                assert!(expected, "{flags:#b}");
                assert_eq!(key.synced, Some(has(BACKED_UP)), "{flags:#b}");
                assert_eq!(key.aaguid, "07070707-0707-0707-0707-070707070707");
                taken += 1;
            }
            Err(refused) => {
                assert!(!expected, "{flags:#b}: {refused}");
                let is_unverified = !has(PRESENT) || !has(VERIFIED);
                assert_eq!(refused.why == Refusal::NotVerified, is_unverified, "{flags:#b}: {refused}");
            }
        }
    }
    assert_eq!(taken, 3, "on one device; to be synced; synced");
}

#[test]
fn a_key_that_says_nothing_of_its_maker_has_none() {
    assert_eq!(registration(None, [0; 16]).unwrap().aaguid, "");
}

#[test]
fn what_is_wrong_with_a_key_that_is_not_here_is_what_would_be_wrong_with_one_that_is() {
    let synced = registration(None, [0; 16]).unwrap();
    let on_one_device = registration(Some(1 << 6 | PRESENT | VERIFIED), [0; 16]).unwrap();
    let mut cases = 0;
    for stored in [synced, on_one_device] {
        for elsewhere in [false, true] {
            for other_challenge in [false, true] {
                let (mut eve, _) = registered(person(8));
                let (options, mut state) = passkeys().start_sign_in().unwrap();
                if elsewhere {
                    eve.origin = "http://localhost:9999".to_owned();
                }
                let signed = eve.get(&options).unwrap();
                if other_challenge {
                    state = passkeys().start_sign_in().unwrap().1;
                }
                let signed = edit(&signed, |c| {
                    c["id"] = json!(stored.credential_id);
                    c["rawId"] = json!(stored.credential_id);
                });
                for flags in all_flags(0) {
                    let lie = bytes_of(&signed, "authenticatorData", |data| data[32] = flags);
                    let known = passkeys().finish_sign_in(&state, &lie, &stored.passkey).unwrap_err();
                    let unknown = passkeys().refuse_unknown(&state, &lie);
                    assert_eq!(known.why, unknown.why, "{flags:#b} {elsewhere} {other_challenge}");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 2 * 2 * 2 * 16);
}

#[test]
fn nobodys_key_takes_nothing_even_from_its_own_id() {
    let (mut browser, stored) = registered(person(7));
    let (options, state) = passkeys().start_sign_in().unwrap();
    let honest = browser.get(&options).unwrap();
    assert_eq!(passkeys().refuse_unknown(&state, &honest).why, Refusal::WrongKey);
    assert_eq!(passkeys().refuse_unknown(&state, "nonsense").why, Refusal::Unusable);
    assert!(passkeys().finish_sign_in(&state, &honest, &stored.passkey).is_ok());
}

#[test]
fn a_touch_asks_for_the_keys_of_its_person_and_is_verified_as_a_sign_in() {
    let (mut browser, stored) = registered(person(7));
    let (mut other, theirs) = registered(person(8));
    let own = [stored.credential_id.clone(), base64url(b"another")];
    let (options, state) = passkeys().start_touch(&own).unwrap();
    let asked = parsed(&options);
    let ids: Vec<&str> =
        asked["allowCredentials"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [own[0].as_str(), own[1].as_str()]);
    assert_eq!(asked["userVerification"], "required");
    assert!(!options.contains("null"), "{options}");
    assert!(other.get(&options).is_err(), "a browser without one of them has nothing to say");

    let credential = browser.get(&options).unwrap();
    assert_eq!(passkeys().credential_id(&credential).unwrap(), stored.credential_id);
    let nameless = edit(&credential, |c| c["response"]["userHandle"] = Value::Null);
    assert!(passkeys().finish_sign_in(&state, &nameless, &stored.passkey).is_ok(), "whose it is was known");
    let why = passkeys().finish_sign_in(&state, &credential, &theirs.passkey).unwrap_err().why;
    assert_eq!(why, Refusal::WrongKey);
}

#[test]
fn every_reason_has_its_kind() {
    let sign_in = |change: fn(&mut Browser), options: fn(&mut Value), use_other_state: bool| {
        let (mut browser, stored) = registered(person(7));
        let (asked, mut state) = passkeys().start_sign_in().unwrap();
        change(&mut browser);
        let credential = browser.get(&edit(&asked, options)).unwrap();
        if use_other_state {
            state = passkeys().start_sign_in().unwrap().1;
        }
        passkeys().finish_sign_in(&state, &credential, &stored.passkey).map_err(|refused| refused.why).err()
    };
    let nothing: fn(&mut Browser) = |_| {};
    let as_asked: fn(&mut Value) = |_| {};
    assert_eq!(sign_in(nothing, as_asked, false), None);
    assert_eq!(sign_in(nothing, as_asked, true), Some(Refusal::Challenge));
    let elsewhere: fn(&mut Browser) = |browser| browser.origin = "http://localhost:9".to_owned();
    assert_eq!(sign_in(elsewhere, as_asked, false), Some(Refusal::Origin));
    let unverified: fn(&mut Value) = |options| options["userVerification"] = json!("discouraged");
    assert_eq!(sign_in(nothing, unverified, false), Some(Refusal::NotVerified));
    let no_counter: fn(&mut Browser) = |browser| browser.key.as_mut().unwrap().counter = None;
    assert_eq!(sign_in(no_counter, as_asked, false), None, "zero stays zero");

    let (mut browser, stored) = registered(person(7));
    let mut copy = browser.clone();
    let signed = |browser: &mut Browser, passkey: &str| {
        let (options, state) = passkeys().start_sign_in().unwrap();
        passkeys().finish_sign_in(&state, &browser.get(&options).unwrap(), passkey)
    };
    let stored = signed(&mut browser, &stored.passkey).unwrap();
    assert!(stored.synced);
    assert_eq!(signed(&mut copy, &stored.passkey).unwrap_err().why, Refusal::Cloned);
    assert!(signed(&mut browser, &stored.passkey).is_ok());
}

#[test]
fn a_key_is_taken_however_its_authenticator_is_reached() {
    // Level 3, section 5.8.4 lists six and asks that unknown ones be let be; older browsers say cable.
    let ways: [&[&str]; 11] = [
        &[],
        &["internal"],
        &["usb"],
        &["nfc"],
        &["ble"],
        &["hybrid"],
        &["smart-card"],
        &["cable"],
        &["internal", "hybrid"],
        &["usb", "nfc", "ble"],
        &["by pigeon"],
    ];
    for way in ways {
        for is_told in [true, false] {
            let (options, state) = passkeys().start_registration(person(7), "Ada", &[]).unwrap();
            let mut browser = Browser::at(ORIGIN);
            let made = edit(&browser.create(&options).unwrap(), |c| {
                let response = c["response"].as_object_mut().unwrap();
                response.remove("transports");
                if is_told {
                    response.insert("transports".to_owned(), json!(way));
                }
            });
            let stored = passkeys().finish_registration(&state, &made);
            let stored = stored.unwrap_or_else(|refused| panic!("{way:?}: {refused}"));
            let carried =
                is_told && [&["usb"][..], &["nfc"], &["ble"], &["usb", "nfc", "ble"]].contains(&way);
            assert_eq!(stored.is_security_key, carried, "{way:?}");
            let (options, state) = passkeys().start_sign_in().unwrap();
            let signed = browser.get(&options).unwrap();
            assert!(passkeys().finish_sign_in(&state, &signed, &stored.passkey).is_ok(), "{way:?}");
        }
    }
}

#[test]
fn of_two_authenticators_each_signs_for_itself() {
    let (mut laptop, first) = registered(person(7));
    let (options, state) =
        passkeys().start_registration(person(7), "Ada", std::slice::from_ref(&first.credential_id)).unwrap();
    assert!(laptop.create(&options).is_err(), "the one that has a key makes no second");
    let mut stick = Browser::at(ORIGIN);
    let second = passkeys().finish_registration(&state, &stick.create(&options).unwrap()).unwrap();
    assert_ne!(first.credential_id, second.credential_id);
    for (browser, own, other) in [(&mut laptop, &first, &second), (&mut stick, &second, &first)] {
        let (options, state) = passkeys().start_sign_in().unwrap();
        let signed = browser.get(&options).unwrap();
        assert_eq!(passkeys().credential_id(&signed).unwrap(), own.credential_id);
        let why = passkeys().finish_sign_in(&state, &signed, &other.passkey).unwrap_err().why;
        assert_eq!(why, Refusal::WrongKey);
        // The same answer under the other's name: the signature is not its.
        let lie = edit(&signed, |c| {
            c["id"] = json!(other.credential_id);
            c["rawId"] = json!(other.credential_id);
        });
        assert!(passkeys().finish_sign_in(&state, &lie, &other.passkey).is_err());
        assert!(passkeys().finish_sign_in(&state, &signed, &own.passkey).is_ok());
    }
}
