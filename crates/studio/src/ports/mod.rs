//! What the studio needs from the world, as few and wide traits.
//!
//! The store has no fake: use cases are tested on SQLite in a temporary file, the real thing.

mod chance;
mod finder;
mod flags;
mod models;
mod passkeys;
pub mod store;
mod vault;

pub use chance::{Clock, Ids, Timestamp};
pub use finder::{AddressRefused, SourceAddress, SourceFinder};
pub use flags::{FlagContext, FlagDecision, Flags, RemoteFlags, Switches};
pub use models::{
    ChatEvent, ChatRequest, ChatStream, ChatTurn, FinishReason, ModelError, ModelSource, SourceStatus,
};
pub use passkeys::{
    Assertion, CeremonyState, PasskeyRefused, Passkeys, Refusal, RegisteredPasskey, VerifiedPasskey,
};
pub use vault::{Sealed, Vault, VaultFault};
