//! Signing in and out.

use crate::{
    CEREMONY_LIFE, CREDENTIAL_BYTES_MAX, SESSION_LIFE, SignedIn, Studio,
    ceremony::to_strangers,
    owned,
    ports::{
        CeremonyState, Timestamp, VerifiedPasskey,
        store::{CeremonyRow, Owned, SessionEnd, SessionRow},
    },
};
use api_types::{CeremonyId, CeremonyPurpose, CeremonyStart, Problem, SessionId};

/// A session that was just opened: what the cookie's token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSession {
    /// Which.
    pub id: SessionId,
    /// Opened.
    pub created_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
}

impl From<&SessionRow> for NewSession {
    fn from(row: &SessionRow) -> Self {
        Self { id: row.id, created_at: row.created_at, expires_at: row.expires_at }
    }
}

pub(crate) fn ceremony_expired() -> Problem {
    Problem::Expired {
        detail: "This took longer than five minutes, or it was used already. Please begin again.".to_owned(),
    }
}

pub(crate) fn ceremony_elsewhere() -> Problem {
    Problem::Expired {
        detail:
            "This was begun in another browser or session, or for something else. Please begin again here."
                .to_owned(),
    }
}

impl Studio {
    /// Begins a sign-in; says the same whoever asks. `browser` is the digest of the browser's binding cookie.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn start_sign_in(&self, browser: String) -> Result<CeremonyStart, Problem> {
        let (options, state) = self
            .passkeys
            .start_sign_in()
            .map_err(|refused| crate::broken("a sign-in could not begin", &refused))?;
        let now = self.now();
        let id = CeremonyId(self.ids.next());
        let ceremony = CeremonyRow {
            id,
            purpose: CeremonyPurpose::SignIn,
            state: state.0,
            memo: String::new(),
            browser,
            created_at: now,
            expires_at: now + CEREMONY_LIFE,
        };
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { Ok(tx.insert_ceremony(&ceremony).await?) })
            })
            .await?;
        Ok(CeremonyStart { ceremony: id, options })
    }

    /// Ends it and opens a session.
    ///
    /// # Errors
    /// `KeyRefused` for every reason that is about the key or the person, `Expired` for the ceremony.
    pub async fn finish_sign_in(
        &self,
        ceremony: CeremonyId,
        credential: &str,
        browser: &str,
        user_agent: &str,
    ) -> Result<NewSession, Problem> {
        let row = self.take_ceremony(ceremony, CeremonyPurpose::SignIn, browser, credential).await?;
        const WHAT: &str = "a sign-in";
        let state = CeremonyState(row.state);
        let claimed = self.passkeys.identify(credential).map_err(|r| to_strangers(&r, WHAT))?;
        let Some((passkey, person)) = self.store.passkey_with_person(&claimed.credential_id).await? else {
            return Err(to_strangers(&self.passkeys.refuse_unknown(&state, credential), WHAT));
        };
        let verified = self.verify(&passkey, &state, credential).await.map_err(|r| r.for_strangers(WHAT))?;
        let is_shut_out = person.disabled_at.is_some() || person.deleted_at.is_some();
        if person.id != claimed.person || is_shut_out {
            tracing::info!(
                is_shut_out,
                "a sign-in was refused: the person is not who may sign in with this passkey"
            );
            return Err(Problem::KeyRefused);
        }
        let session = self.session_row(passkey.owned, &passkey.credential_id, user_agent);
        let opened = NewSession::from(&session);
        let now = self.now();
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let VerifiedPasskey { passkey: stored, synced } = verified;
                    tx.passkey_used(passkey.owned, &passkey.credential_id, &stored, synced, now).await?;
                    Ok(tx.insert_session(&session).await?)
                })
            })
            .await?;
        Ok(opened)
    }

    /// Ends the session for good: the next request with its cookie is a stranger's.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn sign_out(&self, by: &SignedIn) -> Result<(), Problem> {
        let (owned, session, now) = (owned(by), by.session(), self.now());
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { Ok(tx.end_session(owned, session, SessionEnd::SignedOut, now).await?) })
            })
            .await?;
        Ok(())
    }

    /// Takes a ceremony out of the store, so that it is used once whatever follows, and judges it.
    pub(crate) async fn take_ceremony(
        &self,
        id: CeremonyId,
        purpose: CeremonyPurpose,
        browser: &str,
        credential: &str,
    ) -> Result<CeremonyRow, Problem> {
        if credential.len() > CREDENTIAL_BYTES_MAX {
            return Err(Problem::KeyRefused);
        }
        let row = self
            .store
            .write::<_, Problem, _>(move |tx| Box::pin(async move { Ok(tx.take_ceremony(id).await?) }))
            .await?
            .ok_or_else(ceremony_expired)?;
        if row.purpose != purpose || row.browser != browser {
            return Err(ceremony_elsewhere());
        }
        if self.now() >= row.expires_at {
            return Err(ceremony_expired());
        }
        Ok(row)
    }

    pub(crate) fn session_row(&self, owned: Owned, credential_id: &str, user_agent: &str) -> SessionRow {
        let now = self.now();
        SessionRow {
            id: SessionId(self.ids.next()),
            owned,
            user_agent: user_agent.chars().filter(|c| !c.is_control()).take(300).collect(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + SESSION_LIFE,
            ended_at: None,
            end_reason: None,
            epoch: 0,
            epoch_at: now,
            epoch_seen_at: None,
            touched_at: now,
            credential_id: Some(credential_id.to_owned()),
        }
    }
}
