//! What happens to an account and its keys, as its person is told.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)+) => {
        /// Something that happened to an account. Its detail is a name the person knows (of a key, a device, a token).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum AccountEventKind {
            $($(#[$doc])* $name,)+
        }

        impl AccountEventKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the database and on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// Reads [`AccountEventKind::as_str`] back.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// The account came to be; the detail is the first passkey's name.
    Joined = "joined",
    /// A sign-in from a browser that was not seen before; the detail is the device.
    NewDevice = "new_device",
    /// A passkey was added; the detail is its name.
    PasskeyAdded = "passkey_added",
    /// A passkey was removed; the detail is its name.
    PasskeyRemoved = "passkey_removed",
    /// The counter of a passkey ran backwards; the detail is its name.
    PasskeyCloned = "passkey_cloned",
    /// New recovery codes were made, the earlier ones are void.
    CodesMade = "codes_made",
    /// A recovery code was used, or an owner code by its owner; the detail is the new passkey's name.
    CodeUsed = "code_used",
    /// An older token of a session came back: somebody may have a copy; the detail is the device.
    OlderToken = "older_token",
    /// A session was ended from another one; the detail is its device.
    SessionEnded = "session_ended",
    /// All other sessions were ended.
    OthersEnded = "others_ended",
    /// An API token was made; the detail is its name.
    TokenMade = "token_made",
    /// An API token was revoked; the detail is its name.
    TokenRevoked = "token_revoked",
    /// An administrator changed the role; the detail is the new one.
    RoleChanged = "role_changed",
    /// An administrator disabled the account, or let it in again; the detail says which.
    AccessChanged = "access_changed",
}

impl AccountEventKind {
    /// Whether its person should know of it at once: it may have been somebody else.
    pub const fn matters(self) -> bool {
        matches!(
            self,
            Self::NewDevice
                | Self::PasskeyAdded
                | Self::PasskeyCloned
                | Self::CodeUsed
                | Self::OlderToken
                | Self::TokenMade
        )
    }
}

/// What an invitation says to who holds its code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Who invites.
    pub by: String,
    /// What one will be: `Administrator, reviewer`.
    pub role: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_has_one_word_in_the_database_and_on_the_wire() {
        for kind in AccountEventKind::ALL {
            assert_eq!(AccountEventKind::parse(kind.as_str()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        let words: std::collections::BTreeSet<_> =
            AccountEventKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(words.len(), AccountEventKind::ALL.len());
        assert_eq!(AccountEventKind::parse("nothing"), None);
    }
}
