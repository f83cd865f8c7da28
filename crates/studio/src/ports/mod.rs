//! What the studio needs from the world, as few and wide traits.
//!
//! Models, passkeys, the clock and ids have fakes in [`crate::fakes`]; the store has none: use cases are tested on
//! SQLite in a temporary file, the real thing.

mod chance;
mod models;
mod passkeys;
pub mod store;

pub use chance::{Clock, Ids, Timestamp};
pub use models::{
    ChatEvent, ChatRequest, ChatStream, ChatTurn, FinishReason, ModelError, ModelSource, SourceStatus,
};
pub use passkeys::{Assertion, CeremonyState, PasskeyRefused, Passkeys, RegisteredPasskey};

