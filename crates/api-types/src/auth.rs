//! What programs are answered that sign in, and what a new token is answered with.

use crate::{PersonId, Role, TokenId};
use serde::{Deserialize, Serialize};

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Which person.
    pub user_id: PersonId,
    /// What they are called.
    pub username: String,
    /// Their rung of the ladder.
    pub role: Role,
}

/// A program has signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedIn {
    /// `success`.
    pub status: String,
    /// As whom.
    pub user: User,
    /// To be sent as `Authorization: Bearer …`; signing out ends it.
    pub token: String,
    /// Seconds until it is void, whatever happens.
    pub expires_in: u64,
}

/// A session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedOut {
    /// `success`.
    pub status: String,
}

/// A personal API token was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeToken {
    /// Which.
    pub id: TokenId,
    /// Its text: it is in this answer and nowhere else.
    pub token: String,
    /// What its person calls it.
    pub name: String,
    /// What it may do: words with a space between.
    pub scopes: String,
    /// Void after this; microseconds since 1970.
    pub expires_at: i64,
}
