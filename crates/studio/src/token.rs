//! Personal API tokens: made with a touch, shown once, kept as a digest.
//!
//! # Design
//! A token reads `vobio_`, 52 letters of chance (260 bits) and 6 letters that are a check of them: a scanner of source code
//! knows it when it sees it, and a mistyped one is refused before the database is asked. The digest is a plain SHA-256:
//! what is too long to be guessed needs no slow one.

use crate::{
    InSession, Studio, TOKEN_DAYS_MAX, TOKENS_MAX, Touched,
    account_event::note,
    broken, digest, owned,
    ports::store::{AuditTarget, AuditValue, TokenRow},
    screening::note_marked,
    text,
};
use api_types::{AccountEventKind, Problem, Scope, Scopes, TokenId};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What every token begins with.
const PREFIX: &str = "vobio_";
/// Letters of 5 bits.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const SECRET_LETTERS: usize = 52;
const CHECK_LETTERS: usize = 6;

/// What a new token shall be.
#[derive(Debug, Clone)]
pub struct MakeToken {
    /// What its person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Scopes,
    /// How long it is good.
    pub days: u32,
}

fn letters(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect()
}

fn check(secret: &str) -> String {
    letters(&Sha256::digest(secret.as_bytes())[..CHECK_LETTERS])
}

fn new_token() -> Result<String, Problem> {
    let mut bytes = [0_u8; SECRET_LETTERS];
    getrandom::fill(&mut bytes).map_err(|e| broken("the operating system gave no chance", &e))?;
    let secret = letters(&bytes);
    let check = check(&secret);
    Ok(format!("{PREFIX}{secret}{check}"))
}

/// Whether a text could be one of our tokens.
pub(crate) fn is_token(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(PREFIX) else { return false };
    let is_long = rest.len() == SECRET_LETTERS + CHECK_LETTERS && rest.is_ascii();
    is_long && check(&rest[..SECRET_LETTERS]) == rest[SECRET_LETTERS..]
}

impl Studio {
    /// The person's tokens that are not revoked, the newest first.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn tokens(&self, by: &InSession<'_>) -> Result<Vec<TokenRow>, Problem> {
        Ok(self.store.tokens(owned(by.signed_in()), TOKENS_MAX).await?)
    }

    /// Makes a token; its text is given here once and never again.
    ///
    /// # Errors
    /// `Invalid` for a name, a set of scopes or a time that will not do; `NotPermitted` for the scope of a role one has not;
    /// `SignIn` for who was shut out meanwhile.
    pub async fn make_token(
        &self,
        by: &Touched<'_>,
        wanted: MakeToken,
    ) -> Result<(String, TokenRow), Problem> {
        let by = by.signed_in();
        let name = text::token_name(&wanted.name)?;
        if wanted.scopes.is_empty() {
            return Err(Problem::field("read", "Choose at least one thing that it may do."));
        }
        if wanted.days == 0 || wanted.days > TOKEN_DAYS_MAX {
            return Err(Problem::field("days", format!("Choose 1 to {TOKEN_DAYS_MAX} days.")));
        }
        if wanted.scopes.has(Scope::Admin) {
            by.admin()?;
        }
        if wanted.scopes.has(Scope::Review) {
            by.reviewer()?;
        }
        let marked = self.screen_name(by, "name", &name).await?;
        let (owned, now) = (owned(by), self.now());
        let text = new_token()?;
        let row = TokenRow {
            id: TokenId(self.ids.next()),
            owned,
            digest: digest(&text),
            name,
            scopes: wanted.scopes,
            created_at: now,
            expires_at: now + Duration::from_secs(u64::from(wanted.days) * 24 * 3600),
            last_used_at: None,
            revoked_at: None,
        };
        let event = self
            .account_event(owned, AccountEventKind::TokenMade, row.name.clone())
            .done_in(by.session())
            .on(AuditTarget::token(row.id))
            .audited(|made| {
                made.changing("scopes", AuditValue::Absent, row.scopes).changing(
                    "days",
                    AuditValue::Absent,
                    i64::from(wanted.days),
                )
            });
        let kept = row.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if tx.hold_person(owned).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(Problem::SignIn);
                    }
                    if tx.tokens(owned, TOKENS_MAX).await?.len() >= TOKENS_MAX as usize {
                        let detail =
                            format!("You have {TOKENS_MAX} tokens. Revoke one that is not needed any more.");
                        return Err(Problem::field("name", detail));
                    }
                    tx.insert_token(&kept).await?;
                    tx.insert_account_event(&event).await?;
                    note_marked(tx, marked).await
                })
            })
            .await?;
        note(AccountEventKind::TokenMade, owned.owner);
        Ok((text, row))
    }

    /// Revokes a token: its next request is a stranger's. Without a touch: safety comes first.
    ///
    /// # Errors
    /// `NotFound` when it is revoked already or another person's.
    pub async fn revoke_token(&self, by: &InSession<'_>, id: TokenId) -> Result<(), Problem> {
        let by = by.signed_in();
        let (owned, now) = (owned(by), self.now());
        let tokens = self.store.tokens(owned, TOKENS_MAX).await?;
        let name = tokens.into_iter().find(|token| token.id == id).ok_or(Problem::NotFound)?.name;
        let event = self
            .account_event(owned, AccountEventKind::TokenRevoked, name)
            .done_in(by.session())
            .on(AuditTarget::token(id));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !tx.revoke_token(owned, id, now).await? {
                        return Err(Problem::NotFound);
                    }
                    Ok(tx.insert_account_event(&event).await?)
                })
            })
            .await?;
        note(AccountEventKind::TokenRevoked, owned.owner);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_its_shape() {
        let token = new_token().unwrap();
        assert!(token.len() == 64 && is_token(&token), "{token}");
        assert_ne!(new_token().unwrap(), token);
        let mistyped = token.replacen(&token[10..11], if &token[10..11] == "a" { "b" } else { "a" }, 1);
        for wrong in
            ["", "vobio_", &token[..63], &format!("{token}a"), &token[6..], &token.to_uppercase(), &mistyped]
        {
            assert!(!is_token(wrong), "{wrong}");
        }
        assert!(!is_token(&format!("vobio_{}", "é".repeat(29))));
    }
}
