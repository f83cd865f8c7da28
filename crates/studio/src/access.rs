//! The proofs. Their fields are private and they are made only here: forgetting a check does not compile.

use crate::{
    SESSION_SEEN_EVERY, Studio, TOUCH_LIFE,
    device::session_name,
    ports::{
        Timestamp,
        store::{Owned, PersonRow, SessionEnd, SessionRow, TokenRow},
    },
    rotation::{Returned, judge},
    session::NewSession,
    token,
};
use api_types::{AccountEventKind, PersonId, Problem, Role, Scope, Scopes, SessionId, TokenId};

/// A person with a living session or personal token, read from the database for this very request.
#[derive(Debug, Clone)]
pub struct SignedIn {
    credential: Credential,
    person: PersonRow,
}

/// What somebody came with.
#[derive(Debug, Clone)]
enum Credential {
    Session(SessionRow),
    Token(TokenRow),
}

impl SignedIn {
    /// Whose rows they may touch.
    pub fn owned(&self) -> Owned {
        Owned { organization: self.person.organization, owner: self.person.id }
    }

    /// Who.
    pub fn person(&self) -> PersonId {
        self.person.id
    }

    /// Their row, as it was when this request came.
    pub(crate) fn row(&self) -> &PersonRow {
        &self.person
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// Their rung of the ladder.
    pub fn role(&self) -> Role {
        self.person.role
    }

    /// The session they came with. Of a personal token it is an id that no session has.
    pub fn session(&self) -> SessionId {
        match &self.credential {
            Credential::Session(session) => session.id,
            Credential::Token(token) => SessionId(token.id.0),
        }
    }

    /// The personal token they came with, if it is one, and what it may do.
    pub fn token(&self) -> Option<(TokenId, Scopes)> {
        match &self.credential {
            Credential::Session(_) => None,
            Credential::Token(token) => Some((token.id, token.scopes)),
        }
    }

    /// Whether this may be done: a session may do all that its person may, a personal token what it was made for.
    ///
    /// # Errors
    /// `OutOfScope`.
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        match self.token() {
            Some((_, scopes)) if !scopes.has(scope) => Err(Problem::OutOfScope {
                detail: format!(
                    "This API token is not for that: it takes the scope {}. Make another one under Settings, API tokens.",
                    scope.as_str()
                ),
            }),
            _ => Ok(()),
        }
    }

    /// The passkey it was opened with, as far as that is known.
    pub fn credential_id(&self) -> Option<&str> {
        match &self.credential {
            Credential::Session(session) => session.credential_id.as_deref(),
            Credential::Token(_) => None,
        }
    }

    /// Proof of being an administrator.
    ///
    /// # Errors
    /// `NotPermitted`, `OutOfScope`.
    pub fn admin(&self) -> Result<Admin<'_>, Problem> {
        self.may(Scope::Admin)?;
        if self.person.role >= Role::Admin { Ok(Admin(self)) } else { Err(Problem::NotPermitted) }
    }

    /// Proof of a passkey touched in this session within [`TOUCH_LIFE`]. A personal token never has it.
    ///
    /// # Errors
    /// `TouchNeeded`, `OutOfScope`.
    pub fn touched(&self, now: Timestamp) -> Result<Touched<'_>, Problem> {
        match &self.credential {
            Credential::Session(session) if now.since(session.touched_at) <= TOUCH_LIFE => Ok(Touched(self)),
            Credential::Session(_) => Err(Problem::TouchNeeded),
            Credential::Token(_) => Err(not_for_tokens()),
        }
    }

    /// What they are here: `Administrator, reviewer`.
    pub fn role_titled(&self) -> String {
        self.person.role.titled(self.person.reviewer)
    }

    /// Proof of being a reviewer.
    ///
    /// # Errors
    /// `NotPermitted`, `OutOfScope`.
    pub fn reviewer(&self) -> Result<Reviewer<'_>, Problem> {
        self.may(Scope::Review)?;
        if self.person.reviewer { Ok(Reviewer(self)) } else { Err(Problem::NotPermitted) }
    }

    /// Proof of a session, for what no personal token may do.
    ///
    /// # Errors
    /// `OutOfScope`.
    pub fn in_session(&self) -> Result<InSession<'_>, Problem> {
        match &self.credential {
            Credential::Session(_) => Ok(InSession(self)),
            Credential::Token(_) => Err(not_for_tokens()),
        }
    }
}

/// What a personal token is told that asks for what no token may do.
pub fn not_for_tokens() -> Problem {
    Problem::OutOfScope {
        detail: "No API token can do this. Sign in to the studio with a passkey and do it there.".to_owned(),
    }
}

macro_rules! proofs {
    ($($(#[$doc:meta])* $name:ident,)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a>(&'a SignedIn);

        impl $name<'_> {
            /// The person behind it.
            pub fn signed_in(&self) -> &SignedIn {
                self.0
            }
        }
    )+};
}

proofs! {
    /// A signed-in administrator (or owner).
    Admin,
    /// A signed-in reviewer.
    Reviewer,
    /// Somebody signed in whose passkey was touched in this session a moment ago.
    Touched,
    /// Somebody signed in with a session, not with a personal token.
    InSession,
}

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
            return Err(Shut { problem: Problem::SignIn, end: session.end_reason });
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
        let event = self.account_event(owned, AccountEventKind::OlderToken, session_name(session));
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
