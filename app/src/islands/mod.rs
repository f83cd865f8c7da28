//! What the browser runs, one file an island. The page works before any of them wakes.
//!
//! An island enhances markup that the server made; it makes none of its own, so there is one source of every piece of it.
//! `dom` holds the few lines of glue to the browser; it is compiled for wasm alone.

#[cfg(target_arch = "wasm32")]
mod answers;
#[cfg(target_arch = "wasm32")]
mod autofill;
#[cfg(target_arch = "wasm32")]
mod ceremony;
#[expect(missing_docs, reason = "the island macro makes a struct of the arguments, without our words")]
pub mod chat;
#[cfg(target_arch = "wasm32")]
mod complaint;
#[cfg(target_arch = "wasm32")]
mod dom;
#[cfg(target_arch = "wasm32")]
mod focus;
#[cfg(target_arch = "wasm32")]
mod growing;
pub mod live;
#[expect(missing_docs, reason = "the island macro makes a struct of the arguments, without our words")]
pub mod passkey;
#[cfg(target_arch = "wasm32")]
mod place;
#[cfg(target_arch = "wasm32")]
mod quote;
pub mod runs;
#[cfg(target_arch = "wasm32")]
mod signal;
#[cfg(target_arch = "wasm32")]
mod touch;

pub use chat::{Chat, ChatPlace};
pub use live::Live;
pub use passkey::{PasskeyAdd, PasskeyJoin, PasskeyRecover, PasskeySetUp, PasskeySignIn};
pub use runs::Runs;

/// The words of the way to where a refusal is explained: an island says it as the server does.
pub(crate) const WHY: &str = "Why was this refused?";
