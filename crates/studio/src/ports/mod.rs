//! What the studio needs from the world, as few and wide traits.
//!
//! The store has no fake: use cases are tested on SQLite in a temporary file, the real thing.

mod chance;
mod finder;
mod models;
mod passkeys;
pub mod store;
mod vault;

pub use chance::{Clock, Ids, Timestamp};
pub use finder::{AddressRefused, SourceAddress, SourceFinder};
pub use models::{
    ChatEvent, ChatRequest, ChatStream, ChatTurn, FinishReason, ModelError, ModelSource, SourceStatus,
};
pub use passkeys::{
    Assertion, CeremonyState, PasskeyRefused, Passkeys, Refusal, RegisteredPasskey, VerifiedPasskey,
};
pub use vault::{Sealed, Vault, VaultFault};
