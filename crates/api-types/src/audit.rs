//! What the audit log says was done.
//!
//! To add an action: one line below, and the use case that writes it, in the unit of work that does it; a test of the use cases
//! fails for an action that nothing writes. A word that was released is never changed or given to something else: it is hashed.

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $title:literal;)+) => {
        /// Something that was done, or was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum AuditAction {
            $($(#[$doc])* #[serde(rename = $word)] $name,)+
        }

        impl AuditAction {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The word in the database, in an export and in what is hashed.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $word,)+
                }
            }

            /// A few words for people.
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                }
            }

            /// Reads [`AuditAction::as_str`] back.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$name),)+
                    _ => None,
                }
            }
        }
    };
}

actions! {
    /// A session was opened with a passkey.
    SignedIn = "session.opened", "Signed in";
    /// A right passkey was refused: its person is shut out.
    SignInRefused = "session.refused", "Sign-in refused";
    /// A session was ended by its own request.
    SignedOut = "session.closed", "Signed out";
    /// A session was ended from another one, or because it was not who it was said to be.
    SessionEnded = "session.ended", "Session ended";
    /// All sessions of somebody but one were ended by them.
    OtherSessionsEnded = "session.others_ended", "All other sessions ended";
    /// An older token of a session came back, and the session was ended.
    SessionCopied = "session.copied", "Session ended: somebody may have had a copy";
    /// Somebody came to be, with a first passkey.
    PersonJoined = "person.joined", "Joined";
    /// Somebody has another name. Neither name is written here.
    PersonRenamed = "person.renamed", "Changed their name";
    /// Role or reviewer flag of somebody were changed.
    RoleChanged = "person.role_changed", "Role changed";
    /// What somebody may spend was changed.
    LimitsChanged = "person.limits_changed", "Limits changed";
    /// Somebody was shut out.
    PersonDisabled = "person.disabled", "Disabled";
    /// Somebody was let in again.
    PersonEnabled = "person.enabled", "Let in again";
    /// Somebody was deleted with all that was theirs, by themselves or by an administrator.
    PersonDeleted = "person.deleted", "Deleted";
    /// A passkey was added.
    PasskeyAdded = "passkey.added", "Passkey added";
    /// A passkey was removed.
    PasskeyRemoved = "passkey.removed", "Passkey removed";
    /// The counter of a passkey ran backwards.
    PasskeyCloned = "passkey.cloned", "Passkey refused: there may be a copy";
    /// New recovery codes were made, the earlier ones are void.
    CodesMade = "recovery.codes_made", "Recovery codes made";
    /// A code that brings somebody back in was made on the server.
    CodeMade = "recovery.code_made", "Code made on the server";
    /// A code was used to make a new passkey.
    CodeUsed = "recovery.code_used", "Came back with a code";
    /// A personal API token was made.
    TokenMade = "token.made", "API token made";
    /// A personal API token was revoked.
    TokenRevoked = "token.revoked", "API token revoked";
    /// An invitation was made.
    InviteMade = "invite.made", "Invitation made";
    /// Somebody joined with an invitation.
    InviteUsed = "invite.used", "Invitation used";
    /// An invitation was made void.
    InviteRevoked = "invite.revoked", "Invitation revoked";
    /// A model server was connected.
    SourceConnected = "source.connected", "Model server connected";
    /// A model server was disconnected.
    SourceDisconnected = "source.disconnected", "Model server disconnected";
    /// A flag was switched, for everybody or for somebody.
    FlagChanged = "flag.changed", "Flag switched";
    /// A model server was added with its address, and a key where it has one.
    ProviderAdded = "provider.added", "Model server added";
    /// Kind, address or key of a model server were changed. Neither address nor key is written here.
    ProviderChanged = "provider.changed", "Model server changed";
    /// A model server was removed, and its key with it.
    ProviderRemoved = "provider.removed", "Model server removed";
    /// What a model costs from a day on was set.
    PriceSet = "price.set", "Price set";
    /// The model that new chats begin with was set.
    DefaultModelSet = "default_model.set", "Default model set";
    /// The gate refused an operation of somebody.
    Refused = "gate.refused", "Operation refused";
    /// The screen found something in a text and let it through, marked.
    Marked = "gate.marked", "Text let through, marked";
    /// The studio's passkeys are bound to another host.
    HostMoved = "host.moved", "Moved to another host";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn an_action_has_one_word_everywhere_and_no_two_have_the_same() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(*action));
            assert_eq!(serde_json::to_value(action).unwrap(), action.as_str());
            // The store looks for one of several words between bars.
            assert!(action.as_str().bytes().all(|b| b.is_ascii_lowercase() || b"._".contains(&b)));
        }
        let words: BTreeSet<_> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
        assert_eq!(words.len(), AuditAction::ALL.len());
        assert_eq!(AuditAction::parse("nothing"), None);
    }
}
