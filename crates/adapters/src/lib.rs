//! What we do not own and that is neither SQL nor a model server, each behind a port of `studio` or a small type:
//! passkeys, the signed session token and its key, the vault of other keys, flags.
//!
//! Never here: a rule (who may, how long, how often), a clock, a table, another adapter's library.
//!
//! To add one: write its port in `studio/src/ports`, implement it here in a file of the port's name, and let
//! `server/src/boot.rs` make it. A third-party type does not leave this crate.

pub mod flags;
pub mod key_file;
pub mod passkeys;
pub mod token;
pub mod vault;

pub use flags::OpenFeatureFlags;
pub use key_file::{KeyError, load_or_create_key};
pub use passkeys::{OriginRefused, WebauthnPasskeys};
pub use token::{TokenRefused, Tokens, TokensError};
pub use vault::FileVault;
