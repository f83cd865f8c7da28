//! The proofs. Their fields are private and they are made only here: forgetting a check does not compile.

use crate::{
    SESSION_IDLE, SESSION_SEEN_EVERY, Studio, TOUCH_LIFE,
    ports::{
        Timestamp,
        store::{Owned, PersonRow, SessionRow},
    },
};
use api_types::{PersonId, Problem, Role, SessionId};

/// A person with a living session, read from the database for this very request.
#[derive(Debug, Clone)]
pub struct SignedIn {
    session: SessionRow,
    person: PersonRow,
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

    /// What they are called.
    pub fn name(&self) -> &str {
        &self.person.name
    }

    /// Their rung of the ladder.
    pub fn role(&self) -> Role {
        self.person.role
    }

    /// The session they came with.
    pub fn session(&self) -> SessionId {
        self.session.id
    }

    /// The passkey it was opened with, as far as that is known.
    pub fn credential_id(&self) -> Option<&str> {
        self.session.credential_id.as_deref()
    }

    /// Proof of being an administrator.
    ///
    /// # Errors
    /// `NotPermitted`.
    pub fn admin(&self) -> Result<Admin<'_>, Problem> {
        if self.person.role >= Role::Admin { Ok(Admin(self)) } else { Err(Problem::NotPermitted) }
    }

    /// Proof of a passkey touched in this session within [`TOUCH_LIFE`].
    ///
    /// # Errors
    /// `TouchNeeded`.
    pub fn touched(&self, now: Timestamp) -> Result<Touched<'_>, Problem> {
        let is_fresh = now.since(self.session.touched_at) <= TOUCH_LIFE;
        if is_fresh { Ok(Touched(self)) } else { Err(Problem::TouchNeeded) }
    }

    /// Proof of being a reviewer.
    ///
    /// # Errors
    /// `NotPermitted`.
    pub fn reviewer(&self) -> Result<Reviewer<'_>, Problem> {
        if self.person.reviewer { Ok(Reviewer(self)) } else { Err(Problem::NotPermitted) }
    }
}

/// A signed-in administrator (or owner).
#[derive(Debug, Clone, Copy)]
pub struct Admin<'a>(&'a SignedIn);

impl Admin<'_> {
    /// The person behind it.
    pub fn signed_in(&self) -> &SignedIn {
        self.0
    }
}

/// A signed-in reviewer.
#[derive(Debug, Clone, Copy)]
pub struct Reviewer<'a>(&'a SignedIn);

impl Reviewer<'_> {
    /// The person behind it.
    pub fn signed_in(&self) -> &SignedIn {
        self.0
    }
}

/// Somebody signed in whose passkey was touched in this session a moment ago.
#[derive(Debug, Clone, Copy)]
pub struct Touched<'a>(&'a SignedIn);

impl Touched<'_> {
    /// The person behind it.
    pub fn signed_in(&self) -> &SignedIn {
        self.0
    }
}

impl Studio {
    /// The person behind a session id that a valid token named. One statement; nothing is cached, so what was ended is
    /// over with the next request.
    ///
    /// # Errors
    /// `SignIn` when the session is unknown, ended, too old, or the person is disabled.
    pub async fn signed_in(&self, session: SessionId) -> Result<SignedIn, Problem> {
        let (session, person) = self.store.session_with_person(session).await?.ok_or(Problem::SignIn)?;
        let now = self.now();
        let idle = now.since(session.last_seen_at) > SESSION_IDLE;
        let is_shut_out = person.disabled_at.is_some() || person.deleted_at.is_some();
        if session.ended_at.is_some() || now >= session.expires_at || idle || is_shut_out {
            return Err(Problem::SignIn);
        }
        if now.since(session.last_seen_at) >= SESSION_SEEN_EVERY {
            let (owned, id) = (session.owned, session.id);
            self.store
                .write::<_, Problem, _>(move |tx| {
                    Box::pin(async move { Ok(tx.session_seen(owned, id, now).await?) })
                })
                .await?;
        }
        Ok(SignedIn { session, person })
    }
}
