//! How somebody comes in: by a session's token, a personal token, or a stream that looks again.

use super::{Credential, SignedIn};
use crate::{
    SESSION_SEEN_EVERY, Studio,
    device::session_name,
    ports::store::{AuditTarget, PersonRow, SessionEnd, SessionRow},
    rotation::{Returned, judge},
    session::NewSession,
    token,
};
use api_types::{AccountEventKind, Problem, SessionId};

/// What a signed session token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionToken {
    /// The session.
    pub session: SessionId,
    /// Which of its tokens this is.
    pub epoch: u32,
}

/// Somebody came in by a session token.
#[derive(Debug, Clone)]
pub struct Entered {
    /// Who.
    pub by: SignedIn,
    /// The newer token to go on with, if there is one to hand out.
    pub renewed: Option<NewSession>,
}

/// Why a session token does not let anybody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// What is answered.
    pub problem: Problem,
    /// Why the session was ended before its time, if it was: its person is told at the door.
    pub end: Option<SessionEnd>,
}

impl From<Problem> for Shut {
    fn from(problem: Problem) -> Self {
        Self { problem, end: None }
    }
}

impl From<crate::ports::store::StoreError> for Shut {
    fn from(fault: crate::ports::store::StoreError) -> Self {
        Problem::from(fault).into()
    }
}

impl Studio {
    /// The person behind a session id, for who has shown its token before: an open stream that looks again. One
    /// statement; nothing is cached, so what was ended is over with the next look.
    ///
    /// # Errors
    /// `SignIn` when the session is unknown, ended, too old, or the person is disabled.
    pub async fn signed_in(&self, session: SessionId) -> Result<SignedIn, Problem> {
        let (session, person) = self.living(session).await.map_err(|shut| shut.problem)?;
        self.note_seen(&session, None).await?;
        Ok(SignedIn { credential: Credential::Session(session), person })
    }

    /// The same person once more, whatever they came with.
    ///
    /// # Errors
    /// `SignIn` when that is over.
    pub async fn still_signed_in(&self, by: &SignedIn) -> Result<SignedIn, Problem> {
        match &by.credential {
            Credential::Session(session) => self.signed_in(session.id).await,
            Credential::Token(token) => self.living_token(&token.digest).await,
        }
    }

    /// The person who came with a session token in a cookie; see `rotation.rs`. One read, and a write once a minute, when a
    /// newer token comes back, and when the next one is due.
    ///
    /// # Errors
    /// `SignIn`, with the reason where the session was ended.
    pub async fn enter(&self, token: SessionToken) -> Result<Entered, Shut> {
        let (mut session, person) = self.living(token.session).await?;
        let now = self.now();
        let mut renewed = None;
        match judge(token.epoch, &session, now) {
            Returned::Newest | Returned::BeforeInGrace => self.note_seen(&session, None).await?,
            Returned::NewestFirst => self.note_seen(&session, Some(token.epoch)).await?,
            Returned::BeforeUnconfirmed => {
                renewed = Some(NewSession::from(&session));
                self.note_seen(&session, None).await?;
            }
            Returned::NewestDue => {
                if self.next_epoch(&session).await? {
                    (session.epoch, session.epoch_at) = (session.epoch + 1, now);
                    renewed = Some(NewSession::from(&session));
                }
            }
            Returned::Unknown => return Err(Problem::SignIn.into()),
            Returned::Copied => {
                self.end_copied(&session).await?;
                return Err(Shut { problem: Problem::SignIn, end: Some(SessionEnd::OlderToken) });
            }
        }
        Ok(Entered { by: SignedIn { credential: Credential::Session(session), person }, renewed })
    }

    /// The person who came with a session token of a program, which is never replaced.
    ///
    /// # Errors
    /// `SignIn`.
    pub async fn enter_program(&self, token: SessionToken) -> Result<SignedIn, Problem> {
        self.signed_in(token.session).await
    }

    /// The person who came with a personal token. One read, and a write once a minute.
    ///
    /// # Errors
    /// `SignIn`, whatever is wrong with it.
    pub async fn enter_token(&self, text: &str) -> Result<SignedIn, Problem> {
        if !token::is_token(text) {
            return Err(Problem::SignIn);
        }
        self.living_token(&crate::digest(text)).await
    }

    async fn living_token(&self, digest: &str) -> Result<SignedIn, Problem> {
        let (token, person) = self.store.token_with_person(digest).await?.ok_or(Problem::SignIn)?;
        let now = self.now();
        if token.revoked_at.is_some() || now >= token.expires_at || person.is_shut_out() {
            return Err(Problem::SignIn);
        }
        if token.last_used_at.is_none_or(|last| now.since(last) >= SESSION_SEEN_EVERY) {
            let (owned, id) = (token.owned, token.id);
            self.store
                .write::<_, Problem, _>(move |tx| {
                    Box::pin(async move { Ok(tx.token_used(owned, id, now).await?) })
                })
                .await?;
        }
        Ok(SignedIn { credential: Credential::Token(token), person })
    }

    async fn living(&self, session: SessionId) -> Result<(SessionRow, PersonRow), Shut> {
        let (session, person) = self.store.session_with_person(session).await?.ok_or(Problem::SignIn)?;
        let (now, settings) = (self.now(), &self.settings);
        let is_idle = now.since(session.last_seen_at) > settings.session_idle;
        let is_old = now >= session.expires_at || now.since(session.created_at) >= settings.session_life;
        if session.ended_at.is_some() || is_old || is_idle || person.is_shut_out() {
            let ran_out = session.ended_at.is_none() && (is_old || is_idle);
            let end = session.end_reason.or(ran_out.then_some(SessionEnd::RanOut));
            return Err(Shut { problem: Problem::SignIn, end });
        }
        Ok((session, person))
    }

    /// Notes to the minute that a session was used, and that the token of an epoch came back.
    async fn note_seen(&self, session: &SessionRow, epoch: Option<u32>) -> Result<(), Problem> {
        let (owned, id, now) = (session.owned, session.id, self.now());
        let is_due = now.since(session.last_seen_at) >= SESSION_SEEN_EVERY;
        if !is_due && epoch.is_none() {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if is_due {
                        tx.session_seen(owned, id, now).await?;
                    }
                    if let Some(epoch) = epoch {
                        tx.confirm_epoch(owned, id, epoch, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Begins the next epoch, unless another request was first.
    async fn next_epoch(&self, session: &SessionRow) -> Result<bool, Problem> {
        let (owned, id, epoch, now) = (session.owned, session.id, session.epoch, self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.session_seen(owned, id, now).await?;
                    Ok(tx.advance_epoch(owned, id, epoch, now).await?)
                })
            })
            .await
    }

    /// Ends a session of which somebody has a copy, and writes it down for its person.
    async fn end_copied(&self, session: &SessionRow) -> Result<(), Problem> {
        let (owned, id, now) = (session.owned, session.id, self.now());
        let event = self
            .account_event(owned, AccountEventKind::OlderToken, session_name(session))
            .on(AuditTarget::session(id));
        tracing::warn!(session = %id, "an older token of a session came back: the session was ended");
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if tx.end_session(owned, id, SessionEnd::OlderToken, now).await? {
                        tx.insert_account_event(&event).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
