//! The signed session token: a JWT in the session cookie, or in a program's hands, that names a session row.
//!
//! # Design
//! The row decides whether somebody is signed in; the signature only lets us drop invented session ids before the
//! database is asked. So the token holds no person and no role, and nothing in it has to be revoked. One algorithm is
//! accepted, whatever a token's header says. A browser's token and a program's have an audience each, so that neither passes
//! as the other: a browser's is replaced by newer ones (studio's `rotation.rs`), a program's never is.

use api_types::SessionId;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation,
    crypto::{CryptoProvider, rust_crypto},
    errors::ErrorKind,
};
use serde::{Deserialize, Serialize};
use studio::{SessionToken, ports::Timestamp};

/// The shortest key, in bytes: as long as HS256's digest.
pub const KEY_BYTES_MIN: usize = 32;

/// The longest token that is looked at, in bytes. Ours have about 300.
const TOKEN_BYTES_MAX: usize = 1024;

/// The longest issuer, in bytes, so that our own tokens stay well below the limit.
const ISSUER_BYTES_MAX: usize = 300;

/// What these tokens are for. Tokens for other ends get another word, so that neither passes as the other.
const AUDIENCE: &str = "session";

/// The same for the tokens of programs.
const PROGRAM_AUDIENCE: &str = "program";

/// How far the clocks of two machines may differ, in seconds.
const LEEWAY_SECONDS: i64 = 5;

/// The tokens cannot be made with this key or issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokensError {
    /// The key could be guessed.
    #[error("The key that signs sessions has {0} bytes; at least {KEY_BYTES_MIN} are needed.")]
    KeyTooShort(usize),
    /// The issuer is missing or makes tokens too long for a cookie.
    #[error("The issuer of sessions has {0} bytes; 1 to {ISSUER_BYTES_MAX} are needed.")]
    Issuer(usize),
}

/// Why a token is not taken. For the log: whoever sent it hears only that they are not signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Longer than any of ours.
    #[error("the token is too long")]
    TooLong,
    /// Not a JWT, or not with our claims.
    #[error("the token is malformed")]
    Malformed,
    /// Another algorithm than HS256.
    #[error("the token names another algorithm")]
    Algorithm,
    /// Not signed with our key, or changed since.
    #[error("the token's signature is wrong")]
    Signature,
    /// From another issuer, or for another end.
    #[error("the token is not one of our session tokens")]
    NotOurs,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
}

/// What the token says. Times are seconds since 1970.
#[derive(Serialize, Deserialize)]
struct Claims {
    sid: SessionId,
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    /// Tokens from before there were epochs have none: they are the first of their session.
    #[serde(default)]
    epo: u32,
}

/// Signs and reads session tokens.
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
    program_validation: Validation,
    issuer: String,
}

impl Tokens {
    /// Tokens of `issuer` (the studio's public address), signed with `key` (at least 32 random bytes).
    pub fn new(key: &[u8], issuer: &str) -> Result<Self, TokensError> {
        if key.len() < KEY_BYTES_MIN {
            return Err(TokensError::KeyTooShort(key.len()));
        }
        if issuer.is_empty() || issuer.len() > ISSUER_BYTES_MAX {
            return Err(TokensError::Issuer(issuer.len()));
        }
        // A dependency that turns on the library's other provider too would make the first token panic. Who comes
        // second finds it installed, which is as well.
        let _ = CryptoProvider::install_default(&rust_crypto::DEFAULT_PROVIDER);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[AUDIENCE]);
        // The library would ask the wall clock; `read` compares with the time it is given.
        validation.validate_exp = false;
        let mut program_validation = validation.clone();
        program_validation.set_audience(&[PROGRAM_AUDIENCE]);
        Ok(Self {
            signing: EncodingKey::from_secret(key),
            verifying: DecodingKey::from_secret(key),
            validation,
            program_validation,
            issuer: issuer.to_owned(),
        })
    }

    /// The token of a browser's session, good until `expires`. Three base64url parts; safe in a cookie.
    pub fn issue(&self, token: SessionToken, issued: Timestamp, expires: Timestamp) -> String {
        self.sign(token, AUDIENCE, issued, expires)
    }

    /// The token of a program's session.
    pub fn issue_to_program(&self, token: SessionToken, issued: Timestamp, expires: Timestamp) -> String {
        self.sign(token, PROGRAM_AUDIENCE, issued, expires)
    }

    #[expect(
        clippy::expect_used,
        reason = "HMAC takes a key of any length and the claims are texts and integers: this cannot fail"
    )]
    fn sign(&self, token: SessionToken, audience: &str, issued: Timestamp, expires: Timestamp) -> String {
        let claims = Claims {
            sid: token.session,
            epo: token.epoch,
            iss: self.issuer.clone(),
            aud: audience.to_owned(),
            iat: seconds(issued),
            exp: seconds(expires),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.signing)
            .expect("an HS256 token of plain claims")
    }

    /// What a browser's token names, if we signed it and it is good at `now`, give or take five seconds.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<SessionToken, TokenRefused> {
        self.verify(token, &self.validation, now)
    }

    /// The same of a program's token.
    pub fn read_of_program(&self, token: &str, now: Timestamp) -> Result<SessionToken, TokenRefused> {
        self.verify(token, &self.program_validation, now)
    }

    fn verify(
        &self,
        token: &str,
        validation: &Validation,
        now: Timestamp,
    ) -> Result<SessionToken, TokenRefused> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenRefused::TooLong);
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.verifying, validation)
            .map_err(|error| refusal(error.kind()))?
            .claims;
        if seconds(now) >= claims.exp.saturating_add(LEEWAY_SECONDS) {
            return Err(TokenRefused::Expired);
        }
        Ok(SessionToken { session: claims.sid, epoch: claims.epo })
    }
}

fn seconds(time: Timestamp) -> i64 {
    time.0.div_euclid(1_000_000)
}

fn refusal(kind: &ErrorKind) -> TokenRefused {
    match kind {
        ErrorKind::InvalidAlgorithm => TokenRefused::Algorithm,
        ErrorKind::InvalidSignature => TokenRefused::Signature,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenRefused::NotOurs,
        _ => TokenRefused::Malformed,
    }
}

#[cfg(test)]
mod tests;
