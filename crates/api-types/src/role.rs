//! Who a person is, and who wrote a message.

use serde::{Deserialize, Serialize};

/// A ladder: each rung may do what those below it may. `reviewer` is a flag beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Uses the studio.
    Member,
    /// Also looks after people and settings.
    Admin,
    /// Also cannot be locked out.
    Owner,
}

impl Role {
    /// The word in the database and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The word for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Member => "Member",
            Self::Admin => "Administrator",
            Self::Owner => "Owner",
        }
    }

    /// What somebody of this role is: `Administrator, reviewer`.
    pub fn titled(self, reviewer: bool) -> String {
        format!("{}{}", self.title(), if reviewer { ", reviewer" } else { "" })
    }

    /// Reads [`Role::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::Owner].into_iter().find(|role| role.as_str() == text)
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageRole {
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl MessageRole {
    /// The word in the database, on the wire and in model requests.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    /// Reads [`MessageRole::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::Assistant].into_iter().find(|role| role.as_str() == text)
    }
}
