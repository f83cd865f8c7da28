use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const KEY: &[u8; 32] = b"0123456789abcdef0123456789abcdef";
const ISSUER: &str = "https://studio.example.org";
const ISSUED: Timestamp = Timestamp(1_800_000_000_000_000);
const EXPIRES: Timestamp = Timestamp(ISSUED.0 + 3_600_000_000);

fn tokens() -> Tokens {
    Tokens::new(KEY, ISSUER).unwrap()
}

fn session() -> SessionId {
    "0193a5b2-7c1e-7000-8000-000000000001".parse().unwrap()
}

fn named() -> SessionToken {
    SessionToken { session: session(), epoch: 3 }
}

fn honest() -> String {
    tokens().issue(named(), ISSUED, EXPIRES)
}

fn claims() -> Value {
    json!({ "sid": session(), "iss": ISSUER, "aud": "session", "iat": 1_800_000_000, "exp": 1_800_003_600, "epo": 3 })
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with any header and claims, signed with our own key as `algorithm` would.
fn forged(header: &Value, claims: &Value, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(KEY), algorithm).unwrap();
    format!("{message}.{signature}")
}

fn refusal(token: &str) -> TokenRefused {
    tokens().read(token, ISSUED).unwrap_err()
}

fn with_claims(change: impl FnOnce(&mut Value)) -> Result<SessionToken, TokenRefused> {
    let mut changed = claims();
    change(&mut changed);
    tokens().read(&forged(&json!({ "alg": "HS256", "typ": "JWT" }), &changed, Algorithm::HS256), ISSUED)
}

#[test]
fn a_token_names_its_session() {
    assert_eq!(tokens().read(&honest(), ISSUED), Ok(named()));
    assert_eq!(with_claims(|_| {}), Ok(named()), "the forger's tools work");
    assert!(honest().len() < 400, "{} bytes", honest().len());
    let cookie_safe = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    assert!(honest().chars().all(cookie_safe));
}

#[test]
fn another_process_with_the_same_key_reads_it() {
    assert_eq!(Tokens::new(KEY, ISSUER).unwrap().read(&honest(), ISSUED), Ok(named()));
}

#[test]
fn time_is_what_the_caller_says() {
    let second = |n: i64| Timestamp(EXPIRES.0 + n * 1_000_000);
    assert_eq!(tokens().read(&honest(), second(-1)), Ok(named()));
    assert_eq!(tokens().read(&honest(), second(4)), Ok(named()), "clocks differ a little");
    assert_eq!(tokens().read(&honest(), second(5)), Err(TokenRefused::Expired));
    assert_eq!(tokens().read(&honest(), Timestamp(i64::MAX)), Err(TokenRefused::Expired));
    let ancient = tokens().issue(named(), Timestamp(0), Timestamp(1_000_000));
    assert_eq!(tokens().read(&ancient, Timestamp(0)), Ok(named()), "the wall clock is not asked");
}

#[test]
fn unsigned_tokens_are_refused() {
    for alg in ["none", "None", "NONE", ""] {
        let header = part(&json!({ "alg": alg, "typ": "JWT" }));
        let claims = part(&claims());
        assert!(tokens().read(&format!("{header}.{claims}."), ISSUED).is_err(), "{alg}");
        let signature = honest().rsplit('.').next().unwrap().to_owned();
        assert!(tokens().read(&format!("{header}.{claims}.{signature}"), ISSUED).is_err(), "{alg}");
    }
    let (message, _) = honest().rsplit_once('.').map(|(m, s)| (m.to_owned(), s.to_owned())).unwrap();
    assert_eq!(refusal(&format!("{message}.")), TokenRefused::Signature);
}

#[test]
fn another_algorithm_is_refused_even_with_our_key() {
    for (name, algorithm) in [("HS512", Algorithm::HS512), ("HS384", Algorithm::HS384)] {
        let token = forged(&json!({ "alg": name, "typ": "JWT" }), &claims(), algorithm);
        assert_eq!(refusal(&token), TokenRefused::Algorithm, "{name}");
    }
}

#[test]
fn a_public_key_header_over_an_hmac_is_refused() {
    for name in ["RS256", "PS256", "ES256", "EdDSA"] {
        let token = forged(&json!({ "alg": name, "typ": "JWT" }), &claims(), Algorithm::HS256);
        assert_eq!(refusal(&token), TokenRefused::Algorithm, "{name}");
    }
    // Nor does a key that comes with the token count.
    let own_key = json!({ "alg": "HS256", "jwk": { "kty": "oct", "k": URL_SAFE_NO_PAD.encode([0; 32]) } });
    let message = format!("{}.{}", part(&own_key), part(&claims()));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(&[0; 32]), Algorithm::HS256);
    assert!(tokens().read(&format!("{message}.{}", signature.unwrap()), ISSUED).is_err());
}

#[test]
fn a_changed_payload_is_refused() {
    let token = honest();
    let parts: Vec<&str> = token.split('.').collect();
    let mut changed = claims();
    changed["sid"] = json!("0193a5b2-7c1e-7000-8000-000000000002");
    assert_eq!(refusal(&format!("{}.{}.{}", parts[0], part(&changed), parts[2])), TokenRefused::Signature);
    let other_key = Tokens::new(&[9; 32], ISSUER).unwrap().issue(named(), ISSUED, EXPIRES);
    assert_eq!(refusal(&other_key), TokenRefused::Signature);
}

#[test]
fn another_issuer_or_audience_is_refused() {
    assert_eq!(with_claims(|c| c["iss"] = json!("https://evil.example")), Err(TokenRefused::NotOurs));
    assert_eq!(with_claims(|c| c["aud"] = json!("api")), Err(TokenRefused::NotOurs));
    let elsewhere = Tokens::new(KEY, "https://other.example").unwrap().issue(named(), ISSUED, EXPIRES);
    assert_eq!(refusal(&elsewhere), TokenRefused::NotOurs);
    // A list that has ours among others is not how we write it.
    assert!(with_claims(|c| c["aud"] = json!(["session", "api"])).is_err());
    assert!(with_claims(|c| c["iss"] = json!([ISSUER, "https://evil.example"])).is_err());
}

#[test]
fn every_claim_is_needed() {
    for claim in ["sid", "iss", "aud", "iat", "exp"] {
        for absent in [None, Some(json!(null)), Some(json!({})), Some(json!(-1.5))] {
            let read = with_claims(|c| match &absent {
                None => drop(c.as_object_mut().unwrap().remove(claim)),
                Some(value) => c[claim] = value.clone(),
            });
            assert!(read.is_err(), "{claim} = {absent:?}");
        }
    }
    assert!(with_claims(|c| c["sid"] = json!("../etc/passwd")).is_err());
    assert!(with_claims(|c| c["exp"] = json!(1e30)).is_err());
}

#[test]
fn cut_off_overlong_and_empty_tokens_are_refused() {
    let token = honest();
    for end in 0..token.len() {
        assert!(tokens().read(&token[..end], ISSUED).is_err(), "{end} bytes");
    }
    assert!(tokens().read(&format!("{token}x"), ISSUED).is_err());
    assert!(tokens().read(&format!("{token}.x"), ISSUED).is_err());
    assert_eq!(refusal(&"a".repeat(100_000)), TokenRefused::TooLong);
    assert_eq!(refusal(&format!("{token}{}", "A".repeat(100_000))), TokenRefused::TooLong);
    for nonsense in ["", ".", "..", "...", "ü.ü.ü", "\0", "null"] {
        assert_eq!(refusal(nonsense), TokenRefused::Malformed, "{nonsense}");
    }
}

#[test]
fn a_guessable_key_and_a_missing_issuer_stop_the_start() {
    let error = |key: &[u8], issuer: &str| Tokens::new(key, issuer).err();
    assert_eq!(error(&KEY[..31], ISSUER), Some(TokensError::KeyTooShort(31)));
    assert_eq!(error(&[], ISSUER), Some(TokensError::KeyTooShort(0)));
    assert_eq!(error(KEY, ""), Some(TokensError::Issuer(0)));
    assert_eq!(error(KEY, &"i".repeat(301)), Some(TokensError::Issuer(301)));
    let longest = Tokens::new(KEY, &"i".repeat(300)).unwrap();
    assert_eq!(longest.read(&longest.issue(named(), ISSUED, EXPIRES), ISSUED), Ok(named()));
}

#[test]
fn a_token_without_an_epoch_is_the_first_of_its_session() {
    let read = with_claims(|c| drop(c.as_object_mut().unwrap().remove("epo")));
    assert_eq!(read, Ok(SessionToken { session: session(), epoch: 0 }));
    assert!(with_claims(|c| c["epo"] = json!(-1)).is_err());
    assert!(with_claims(|c| c["epo"] = json!("3")).is_err());
}

#[test]
fn a_browsers_token_is_none_of_a_program_and_the_other_way_round() {
    let of_program = tokens().issue_to_program(named(), ISSUED, EXPIRES);
    assert_eq!(tokens().read_of_program(&of_program, ISSUED), Ok(named()));
    assert_eq!(refusal(&of_program), TokenRefused::NotOurs);
    assert_eq!(tokens().read_of_program(&honest(), ISSUED), Err(TokenRefused::NotOurs));
}
