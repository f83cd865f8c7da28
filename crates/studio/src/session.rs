//! Signing in and out, and where one is signed in.

use crate::{
    API_SESSION_LIFE, CEREMONY_LIFE, CREDENTIAL_BYTES_MAX, InSession, SESSIONS_SHOWN_MAX, SignedIn, Studio,
    WRONG_TOO_OFTEN,
    account_event::note,
    ceremony::{Refused, keep, to_strangers},
    device::session_name,
    digest, owned,
    ports::{
        CeremonyState, Timestamp,
        store::{API_CLIENT, AuditRow, AuditTarget, AuditWho, CeremonyRow, Owned, SessionEnd, SessionRow},
    },
    too_many,
};
use api_types::{
    AccountEventKind, AuditAction, CeremonyId, CeremonyPurpose, CeremonyStart, Problem, SessionId,
};

/// What a session's token is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewSession {
    /// Which.
    pub id: SessionId,
    /// Which of its tokens.
    pub epoch: u32,
    /// Since when this one is its newest.
    pub issued_at: Timestamp,
    /// Void after this.
    pub expires_at: Timestamp,
}

impl From<&SessionRow> for NewSession {
    fn from(row: &SessionRow) -> Self {
        Self { id: row.id, epoch: row.epoch, issued_at: row.epoch_at, expires_at: row.expires_at }
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
    /// `KeyRefused` and `KeyUnknown` for every reason that is about the key, `WrongKey` for a right one of who is shut out,
    /// `RateLimited` for what is wrong too often, `Expired` for the ceremony.
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
            let refused = to_strangers(&self.passkeys.refuse_unknown(&state, credential), WHAT);
            return Err(self.slowed(&claimed.credential_id, refused));
        };
        let verified = self.verify(&passkey, &state, credential).await.map_err(|refused| match refused {
            Refused::Problem(problem) => problem,
            key @ Refused::Key(_) => self.slowed(&claimed.credential_id, key.for_strangers(WHAT)),
        })?;
        if person.id != claimed.person {
            tracing::info!(person = %person.id, "a sign-in was refused: the passkey is not of the person it names");
            return Err(Problem::KeyRefused);
        }
        let session = self.session_row(passkey.owned, &passkey.credential_id, user_agent, browser);
        let opened = NewSession::from(&session);
        let (owner, now) = (passkey.owned.owner, session.created_at);
        let new_device = self
            .account_event(passkey.owned, AccountEventKind::NewDevice, session_name(&session))
            .done_in(session.id)
            .on(AuditTarget::session(session.id))
            .audited(|row| row.because("new_device"));
        let refused = self
            .audit(
                passkey.owned.organization,
                AuditWho::Person(owner),
                AuditAction::SignInRefused,
                AuditTarget::passkey(&passkey.credential_id),
            )
            .because("shut_out");
        let signed_in = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    // Person and key as they are now: the one may have been shut out, the other removed, since it was read.
                    let person = tx.hold_person(passkey.owned).await?;
                    if person.is_some_and(|person| person.is_shut_out()) {
                        tracing::info!(person = %owner, "a sign-in was refused: the person is shut out");
                        return Err(closed());
                    }
                    if !keep(tx, &passkey, &verified, now).await? {
                        tracing::info!(person = %owner, "a sign-in was refused: the passkey was removed or used meanwhile");
                        return Err(Problem::KeyRefused);
                    }
                    let is_known = tx.has_opened_like(&session).await?;
                    // Who signs in for the first time at all was told of their account a moment ago.
                    if !is_known && tx.has_opened_session(session.owned).await? {
                        tx.insert_account_event(&new_device).await?;
                    } else {
                        tx.insert_audit(&AuditRow { why: None, ..new_device.audit }).await?;
                    }
                    Ok(tx.insert_session(&session).await?)
                })
            })
            .await;
        // Said of a right key alone, so that nobody else can fill the log with it.
        if matches!(signed_in, Err(Problem::WrongKey { .. })) {
            self.record(refused).await?;
        }
        signed_in?;
        tracing::info!(person = %owner, session = %opened.id, "somebody signed in");
        Ok(opened)
    }

    /// Ends the session for good: the next request with its cookie is a stranger's.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn sign_out(&self, by: &SignedIn) -> Result<(), Problem> {
        let (owned, session, now) = (owned(by), by.session(), self.now());
        let row = self.audit_by(by, AuditAction::SignedOut, AuditTarget::session(session));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    if tx.end_session(owned, session, SessionEnd::SignedOut, now).await? {
                        tx.insert_audit(&row).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        tracing::info!(person = %owned.owner, %session, "somebody signed out");
        Ok(())
    }

    /// Where the person is signed in, the latest used first.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn sessions(&self, by: &InSession<'_>) -> Result<Vec<SessionRow>, Problem> {
        let now = self.now();
        let idle_since = now - self.settings.session_idle;
        Ok(self.store.sessions(owned(by.signed_in()), now, idle_since, SESSIONS_SHOWN_MAX).await?)
    }

    /// Ends one of the person's sessions, in every process at once. Without a touch: safety comes first.
    ///
    /// # Errors
    /// `NotFound` when it is over already or another person's.
    pub async fn end_session(&self, by: &InSession<'_>, id: SessionId) -> Result<(), Problem> {
        let by = by.signed_in();
        let (owned, now) = (owned(by), self.now());
        let name = match self.store.session_with_person(id).await? {
            Some((session, _)) if session.owned == owned => session_name(&session),
            _ => return Err(Problem::NotFound),
        };
        let event = self
            .account_event(owned, AccountEventKind::SessionEnded, name)
            .done_in(by.session())
            .on(AuditTarget::session(id));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if !tx.end_session(owned, id, SessionEnd::Ended, now).await? {
                        return Err(Problem::NotFound);
                    }
                    Ok(tx.insert_account_event(&event).await?)
                })
            })
            .await?;
        note(AccountEventKind::SessionEnded, owned.owner);
        Ok(())
    }

    /// Ends all of them but this one; how many there were.
    ///
    /// # Errors
    /// `SignIn` for who was deleted meanwhile.
    pub async fn end_other_sessions(&self, by: &InSession<'_>) -> Result<u64, Problem> {
        let by = by.signed_in();
        let (owned, this, now) = (owned(by), by.session(), self.now());
        let event = self.account_event(owned, AccountEventKind::OthersEnded, String::new()).done_in(this);
        let ended = self
            .store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    // As who removes a passkey does, and ends sessions in another order.
                    tx.hold_person(owned).await?.ok_or(Problem::SignIn)?;
                    let ended = tx.end_sessions(owned, Some(this), SessionEnd::Ended, now).await?;
                    if ended > 0 {
                        tx.insert_account_event(&event).await?;
                    }
                    Ok(ended)
                })
            })
            .await?;
        note(AccountEventKind::OthersEnded, owned.owner);
        Ok(ended)
    }

    /// Forgets sessions that ended long ago, a part at a time; how many there were.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn purge_sessions(&self) -> Result<u64, Problem> {
        let before = self.now() - crate::SESSION_KEPT;
        self.store.write(move |tx| Box::pin(async move { Ok(tx.purge_sessions(before).await?) })).await
    }

    /// Whether somebody has signed in in this browser before.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn knows_browser(&self, browser: &str) -> Result<bool, Problem> {
        Ok(self.store.knows_browser(browser).await?)
    }

    /// Counts what was wrong against the key it names, be it one of ours or not, so that the refusal tells nobody which. Only
    /// the wrong one is slowed: whoever comes with the right one was let in before this is asked.
    fn slowed(&self, credential_id: &str, refused: Problem) -> Problem {
        match self.failures.take(digest(credential_id), self.now()) {
            Ok(()) => refused,
            Err(wait) => too_many(WRONG_TOO_OFTEN, wait),
        }
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

    /// A new session. `browser` is the digest of the browser's binding cookie, or [`API_CLIENT`].
    pub(crate) fn session_row(
        &self,
        owned: Owned,
        credential_id: &str,
        user_agent: &str,
        browser: &str,
    ) -> SessionRow {
        let now = self.now();
        let life = self.settings.session_life;
        let life = if browser == API_CLIENT { life.min(API_SESSION_LIFE) } else { life };
        SessionRow {
            id: SessionId(self.ids.next()),
            owned,
            user_agent: user_agent.chars().filter(|c| !c.is_control()).take(300).collect(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + life,
            ended_at: None,
            end_reason: None,
            epoch: 0,
            epoch_at: now,
            epoch_seen_at: None,
            // What takes a touch is for who is at a browser: the token of a program may lie anywhere.
            touched_at: if browser == API_CLIENT { Timestamp(0) } else { now },
            credential_id: Some(credential_id.to_owned()),
            browser: browser.to_owned(),
        }
    }
}

/// Told to who has the right key, and so to nobody else.
fn closed() -> Problem {
    Problem::WrongKey {
        detail: "An administrator has closed this account. Ask them to let you in again.".to_owned(),
    }
}
