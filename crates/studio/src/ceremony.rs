//! What all passkey ceremonies share: a row with a purpose, five minutes, one browser, one use; and the words for what is
//! refused.
//!
//! # Design
//! Whoever is signed in, or holds a valid code, is entitled to a reason and hears it. Everybody else hears one sentence,
//! whoever they are and whatever was wrong.

use crate::{
    CEREMONY_LIFE, Studio,
    account_event::note,
    broken,
    ports::{
        CeremonyState, PasskeyRefused, Refusal, Timestamp, VerifiedPasskey,
        store::{AuditTarget, CeremonyRow, PasskeyRow, StoreError, Tx},
    },
};
use api_types::{AccountEventKind, CeremonyId, CeremonyPurpose, CeremonyStart, Problem};
use serde::{Serialize, de::DeserializeOwned};

impl Studio {
    /// The row of a ceremony that begins now.
    pub(crate) fn ceremony(
        &self,
        purpose: CeremonyPurpose,
        state: CeremonyState,
        memo: &impl Serialize,
        browser: String,
    ) -> Result<CeremonyRow, Problem> {
        let now = self.now();
        let memo =
            serde_json::to_string(memo).map_err(|error| broken("a memo could not be written", &error))?;
        Ok(CeremonyRow {
            id: CeremonyId(self.ids.next()),
            purpose,
            state: state.0,
            memo,
            browser,
            created_at: now,
            expires_at: now + CEREMONY_LIFE,
        })
    }

    /// Keeps it; what the browser is given.
    pub(crate) async fn begin(
        &self,
        ceremony: CeremonyRow,
        options: String,
    ) -> Result<CeremonyStart, Problem> {
        let id = ceremony.id;
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { Ok(tx.insert_ceremony(&ceremony).await?) })
            })
            .await?;
        Ok(CeremonyStart { ceremony: id, options })
    }

    /// Verifies a signature against a stored key. A counter that ran backwards is written down and told to its person.
    pub(crate) async fn verify(
        &self,
        passkey: &PasskeyRow,
        state: &CeremonyState,
        credential: &str,
    ) -> Result<VerifiedPasskey, Refused> {
        let refused = match self.passkeys.finish_sign_in(state, credential, &passkey.passkey) {
            Ok(verified) => return Ok(verified),
            Err(refused) => refused,
        };
        if refused.why == Refusal::Cloned {
            let (owned, id, now) = (passkey.owned, passkey.credential_id.clone(), self.now());
            note(AccountEventKind::PasskeyCloned, owned.owner);
            let event = self
                .account_event(owned, AccountEventKind::PasskeyCloned, passkey.name.clone())
                .on(AuditTarget::passkey(&passkey.credential_id));
            self.store
                .write::<_, Problem, _>(move |tx| {
                    Box::pin(async move {
                        // Told once: whoever holds the copy could fill the list of what happened.
                        if tx.passkey_cloned(owned, &id, now).await? {
                            tx.insert_account_event(&event).await?;
                        }
                        Ok(())
                    })
                })
                .await
                .map_err(Refused::Problem)?;
        }
        Err(Refused::Key(refused))
    }
}

/// Keeps what a signature changed of its passkey; false where that was removed since, or another signature was first.
pub(crate) async fn keep(
    tx: &mut dyn Tx,
    passkey: &PasskeyRow,
    verified: &VerifiedPasskey,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let stored = (passkey.passkey.as_str(), verified.passkey.as_str());
    tx.passkey_used(passkey.owned, &passkey.credential_id, stored, verified.synced, now).await
}

/// Why a signature was not taken.
pub(crate) enum Refused {
    /// The key is not right.
    Key(PasskeyRefused),
    /// The studio is not.
    Problem(Problem),
}

impl Refused {
    /// The word for strangers.
    pub(crate) fn for_strangers(self, what: &str) -> Problem {
        match self {
            Self::Key(refused) => to_strangers(&refused, what),
            Self::Problem(problem) => problem,
        }
    }

    /// The word for the entitled.
    pub(crate) fn for_entitled(self, what: &str) -> Problem {
        match self {
            Self::Key(refused) => to_entitled(&refused, what),
            Self::Problem(problem) => problem,
        }
    }
}

/// One sentence, whatever was wrong. A key that is not here, or whose signature does not fit, says so in its code: its
/// browser may forget it.
pub(crate) fn to_strangers(refused: &PasskeyRefused, what: &str) -> Problem {
    tracing::info!(reason = %refused, "{what} was refused");
    match refused.why {
        Refusal::WrongKey => Problem::KeyUnknown,
        _ => Problem::KeyRefused,
    }
}

/// What was wrong and what to do about it.
pub(crate) fn to_entitled(refused: &PasskeyRefused, what: &str) -> Problem {
    tracing::info!(reason = %refused, "{what} was refused");
    wrong_key(match refused.why {
        Refusal::Origin => {
            "The passkey was used in a page of another address. Open the studio under its own address and try again."
        }
        Refusal::RelyingParty => {
            "The passkey is bound to another name than this studio's. Open the studio under its own address and try again."
        }
        Refusal::Challenge => "That was the answer to another request, or to an earlier one. Begin again.",
        Refusal::NotVerified => {
            "Your device did not make sure that it is you, by finger, face or PIN. Set one of them up, or use another passkey."
        }
        Refusal::WrongKey => {
            "The signature does not fit that passkey. Use another one, and remove that one here."
        }
        Refusal::Cloned => {
            "The counter of that passkey ran backwards: somebody may have a copy. Use another one, and remove that one here."
        }
        Refusal::NotResident => {
            "That key has no room to keep a passkey for this studio. Make room on it, or use another device."
        }
        Refusal::Unusable => {
            "The studio could not use what your browser sent. Try again, or use another browser or key."
        }
    })
}

/// A reason for the entitled.
pub(crate) fn wrong_key(detail: &str) -> Problem {
    Problem::WrongKey { detail: detail.to_owned() }
}

/// Reads back what a ceremony remembers.
pub(crate) fn memo<T: DeserializeOwned>(row: &CeremonyRow) -> Result<T, Problem> {
    serde_json::from_str(&row.memo).map_err(|error| broken("a ceremony's memo cannot be read", &error))
}
