//! Ids: UUIDv7, so that they sort by the time they were made; text on the wire and in the database.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{borrow::Cow, fmt, str::FromStr};
use uuid::Uuid;

/// The text is not an id of this studio.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = Cow::<str>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Only the hyphenated form in small letters: one id has one spelling.
                if text.len() != 36 || text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }
    )+};
}

ids! {
    /// An organization: every row belongs to one.
    OrganizationId,
    /// A person.
    PersonId,
    /// A signed-in session.
    SessionId,
    /// A passkey ceremony that is under way.
    CeremonyId,
    /// A one-time owner code.
    SetupCodeId,
    /// An invitation.
    InviteId,
    /// A personal API token.
    TokenId,
    /// Something that happened to an account.
    AccountEventId,
    /// A row of the audit log.
    AuditId,
    /// A conversation.
    ConversationId,
    /// A message in a conversation's tree.
    MessageId,
    /// A run: one AI operation from admission to settlement.
    RunId,
    /// Something that is remembered.
    MemoryId,
    /// What an operation may cost, put aside.
    HoldId,
    /// A model server that was added on the page.
    ProviderId,
    /// What a model costs from a day on.
    PriceId,
    /// Something that the gate refused.
    RefusalId,
    /// One HTTP request, as named in the log.
    RequestId,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_spelling() {
        let text = "0193a5b2-7c1e-7000-8000-000000000001";
        let id: ConversationId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert!("0193a5b27c1e70008000000000000001".parse::<ConversationId>().is_err());
        assert!("{0193a5b2-7c1e-7000-8000-000000000001}".parse::<ConversationId>().is_err());
        assert!("../etc/passwd".parse::<ConversationId>().is_err());
        assert!(text.to_uppercase().parse::<ConversationId>().is_err());
        let json = |text: &str| serde_json::from_str::<ConversationId>(&format!("\"{text}\""));
        assert_eq!(json(text).unwrap(), id);
        assert!(json("0193a5b27c1e70008000000000000001").is_err());
        assert!(json("urn:uuid:0193a5b2-7c1e-7000-8000-000000000001").is_err());
    }
}
