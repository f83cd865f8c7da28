//! Passkey ceremonies, as the browser sees them.

use crate::CeremonyId;
use serde::{Deserialize, Serialize};

/// What a ceremony is for. It decides what may start it and what its end allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CeremonyPurpose {
    /// The first owner makes the first passkey.
    SetUp,
    /// Somebody signs in.
    SignIn,
    /// Somebody who was invited makes the first passkey.
    Join,
    /// Somebody signed in adds another passkey.
    Add,
    /// Somebody signed in touches a passkey again, for what needs a fresh touch.
    Touch,
    /// Somebody with a recovery code, or an owner code of their own, makes a new passkey.
    Recover,
}

impl CeremonyPurpose {
    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::SignIn => "sign_in",
            Self::Join => "join",
            Self::Add => "add",
            Self::Touch => "touch",
            Self::Recover => "recover",
        }
    }

    /// Is of somebody who is signed in, about their own keys; the others begin before the door.
    pub const fn is_own(self) -> bool {
        matches!(self, Self::Add | Self::Touch)
    }

    /// Reads [`CeremonyPurpose::as_str`] back.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::SetUp, Self::SignIn, Self::Join, Self::Add, Self::Touch, Self::Recover]
            .into_iter()
            .find(|purpose| purpose.as_str() == text)
    }
}

/// A ceremony has begun: what to hand to the browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CeremonyStart {
    /// Names the state the server keeps; send it back with the credential.
    pub ceremony: CeremonyId,
    /// JSON for `PublicKeyCredential.parseCreationOptionsFromJSON` or `parseRequestOptionsFromJSON`.
    pub options: String,
}
