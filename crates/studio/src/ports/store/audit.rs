//! The audit log: rows as they are written, as they are read, and the chain that they are sealed into.
//!
//! # Design
//! What is written is typed, and has no room for a text of a person: words come from this source (`&'static str`), the rest are
//! ids, flags and numbers. What is read is text, column by column: a row that somebody changed by hand has to be read too, or
//! nobody could say which one it is.

use super::{AccountEventRow, StoreError};
use crate::ports::Timestamp;
use api_types::{
    AuditAction, AuditId, InviteId, OrganizationId, PersonId, Role, RunId, Scopes, SessionId, TokenId,
};
use async_trait::async_trait;
use serde::Serialize;
use std::fmt;

/// Which columns are hashed, and how: written into each row, so that a later form can stand beside it.
pub const AUDIT_FORM: i64 = 1;

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditWho {
    /// A person.
    Person(PersonId),
    /// Whoever runs the studio, at the command line.
    Operator,
    /// The studio by itself.
    System,
}

impl AuditWho {
    /// Its word, and the person's id.
    pub fn parts(self) -> (&'static str, Option<PersonId>) {
        match self {
            Self::Person(id) => ("person", Some(id)),
            Self::Operator => ("operator", None),
            Self::System => ("system", None),
        }
    }
}

/// What they came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditVia {
    /// A session.
    Session(SessionId),
    /// A personal API token.
    Token(TokenId),
}

/// `session:ID`, `token:ID`.
impl fmt::Display for AuditVia {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session(id) => write!(f, "session:{id}"),
            Self::Token(id) => write!(f, "token:{id}"),
        }
    }
}

/// What it was done to: a word for the kind, and which one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTarget {
    /// `person`, `token`, …
    pub kind: &'static str,
    /// Its id, or the name that the operator gave it; none where there is only one.
    pub id: Option<String>,
}

impl AuditTarget {
    /// Somebody.
    pub fn person(id: PersonId) -> Self {
        Self::of("person", &id)
    }

    /// A session.
    pub fn session(id: SessionId) -> Self {
        Self::of("session", &id)
    }

    /// A passkey, by the SHA-256 of its credential id: the id itself goes with its person.
    pub fn passkey(credential_id: &str) -> Self {
        Self { kind: "passkey", id: Some(crate::digest(credential_id)) }
    }

    /// A personal API token.
    pub fn token(id: TokenId) -> Self {
        Self::of("token", &id)
    }

    /// An invitation.
    pub fn invite(id: InviteId) -> Self {
        Self::of("invite", &id)
    }

    /// A model server, by its name in the configuration.
    pub fn source(name: &str) -> Self {
        Self { kind: "source", id: Some(name.to_owned()) }
    }

    /// The studio itself.
    pub fn studio() -> Self {
        Self { kind: "studio", id: None }
    }

    /// Any other kind of thing that has an id.
    pub fn of(kind: &'static str, id: &dyn fmt::Display) -> Self {
        Self { kind, id: Some(id.to_string()) }
    }
}

/// What something was, or became. Never a text of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditValue {
    /// It was not there.
    Absent,
    /// Yes or no.
    Flag(bool),
    /// A count, or money in micro-dollars.
    Number(i64),
    /// A word of this source.
    Word(&'static str),
    /// What the operator called something: a host, a model.
    Named(String),
}

impl From<bool> for AuditValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for AuditValue {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Role> for AuditValue {
    fn from(role: Role) -> Self {
        Self::Word(role.as_str())
    }
}

/// The words of scopes are those of the source.
impl From<Scopes> for AuditValue {
    fn from(scopes: Scopes) -> Self {
        Self::Named(scopes.to_string())
    }
}

/// One thing that was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditChange {
    /// What.
    pub what: &'static str,
    /// What it was.
    pub old: AuditValue,
    /// What it became.
    pub new: AuditValue,
}

/// A row as it is written, in the unit of work that does what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Which; they sort by the time they were made.
    pub id: AuditId,
    /// Whose log it is in.
    pub organization: OrganizationId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: AuditWho,
    /// With what.
    pub via: Option<AuditVia>,
    /// What.
    pub action: AuditAction,
    /// To what.
    pub target: AuditTarget,
    /// The rule, or the way it came about, in a word of this source.
    pub why: Option<&'static str>,
    /// What was changed.
    pub change: Vec<AuditChange>,
    /// The run that it was decided for.
    pub run: Option<RunId>,
    /// The request, as the log names it.
    pub trace: Option<String>,
}

/// Something that happened to an account, with its row of the audit log: the one is never written without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// For its person.
    pub event: AccountEventRow,
    /// For the organization.
    pub audit: AuditRow,
}

/// A row as it stands in the database, every column as it is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AuditLine {
    /// Its place in the chain, once it is sealed.
    pub position: Option<u64>,
    /// Its id.
    pub id: String,
    /// See [`AUDIT_FORM`].
    pub form: i64,
    /// Whose log it is in.
    pub organization: String,
    /// When, in microseconds since 1970.
    pub at: i64,
    /// The kind of who did it.
    pub who: String,
    /// Which person.
    pub who_id: Option<String>,
    /// With what.
    pub via: Option<String>,
    /// What was done.
    pub action: String,
    /// The kind of what it was done to.
    pub target: String,
    /// Which one.
    pub target_id: Option<String>,
    /// Why.
    pub why: Option<String>,
    /// What was changed, as JSON.
    pub change: Option<String>,
    /// The run.
    pub run: Option<String>,
    /// The request.
    pub trace: Option<String>,
    /// SHA-256 (hex) of all this and the hash before, once it is sealed.
    pub hash: Option<String>,
    /// The first column that cannot be read at all, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong: Option<String>,
}

/// A row with the names that people have now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAudit {
    /// The row.
    pub line: AuditLine,
    /// Who did it, where they are a person.
    pub who_name: Option<String>,
    /// To whom, where it was done to a person.
    pub target_name: Option<String>,
}

/// Which rows are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    /// Whose log.
    pub organization: OrganizationId,
    /// Rows before this one.
    pub before: Option<AuditId>,
    /// Not earlier.
    pub from: Option<Timestamp>,
    /// Earlier.
    pub until: Option<Timestamp>,
    /// One of these, where any are named.
    pub actions: Vec<AuditAction>,
    /// Done by or to somebody of this id, or with these words in their name.
    pub person: Option<String>,
    /// Decided for this run.
    pub run: Option<String>,
    /// How many at most.
    pub limit: u32,
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditHead {
    /// The last row that is sealed; 0 before the first.
    pub position: u64,
    /// Its hash.
    pub hash: String,
    /// When it was sealed.
    pub sealed_at: Option<Timestamp>,
}

/// The seal of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// The row.
    pub id: String,
    /// Its place.
    pub position: u64,
    /// Its hash.
    pub hash: String,
}

/// Reads of the audit log.
#[async_trait]
pub trait AuditReads: Send + Sync {
    /// Rows of one organization, the newest first.
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<ListedAudit>, StoreError>;

    /// Rows of the chain behind a position, in its order. Of all organizations: the chain is one.
    async fn sealed_audit(&self, after: u64, limit: u32) -> Result<Vec<AuditLine>, StoreError>;

    /// Rows that are not sealed yet, in the order of their ids.
    async fn unsealed_audit(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError>;

    /// The end of the chain; `None` where somebody removed it.
    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError>;
}

/// Writes of the audit log.
#[async_trait]
pub trait AuditWrites: Send {
    /// Writes a row.
    async fn insert_audit(&mut self, row: &AuditRow) -> Result<(), StoreError>;

    /// Takes the end of the chain until the commit; `None` while another process has it (or it is gone). Waits for nobody.
    async fn hold_audit_head(&mut self) -> Result<Option<AuditHead>, StoreError>;

    /// Gives rows their places and hashes, and moves the end of the chain, which is held.
    async fn seal_audit(&mut self, seals: &[AuditSeal], head: &AuditHead) -> Result<(), StoreError>;
}
