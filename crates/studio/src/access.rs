//! The proofs. Their fields are private and they are made only here and in `access/enter.rs`: forgetting a check does not
//! compile.

mod enter;

pub use enter::{Entered, SessionToken, Shut};

use crate::{
    TOUCH_LIFE,
    ports::{
        Timestamp,
        store::{Owned, PersonRow, SessionRow, TokenRow},
    },
};
use api_types::{PersonId, Problem, Role, Scope, Scopes, SessionId, TokenId};

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

    /// Proof of both: an administrator whose passkey was touched a moment ago, for what changes people.
    ///
    /// # Errors
    /// `NotPermitted`, `TouchNeeded`, `OutOfScope`.
    pub fn touched_admin(&self, now: Timestamp) -> Result<TouchedAdmin<'_>, Problem> {
        self.admin()?;
        self.touched(now)?;
        Ok(TouchedAdmin(self))
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
    /// A signed-in administrator whose passkey was touched in this session a moment ago.
    TouchedAdmin,
    /// Somebody signed in with a session, not with a personal token.
    InSession,
}
