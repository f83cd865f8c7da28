//! Server functions, one file per noun, bodies of a few lines: the proof, one call of the studio, the receipt.
//!
//! Each takes JSON or a form ([`codec::FormOrJson`]) and answers JSON; what is refused is `application/problem+json`.
//! To add one: write it here, add its row to the endpoint × role table in `server/tests/wire/addresses.rs`.

#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod account;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod account_event;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod auth;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod chat;
pub mod codec;
#[cfg(feature = "ssr")]
pub mod context;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod conversation;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod flag;
#[cfg(feature = "ssr")]
pub mod form;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod invite;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod join;
#[cfg(feature = "ssr")]
pub mod kept;
#[cfg(feature = "ssr")]
pub mod local_path;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod memory;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod message;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod model;
pub mod number;
#[cfg(feature = "ssr")]
pub mod once;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod passkey;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod person;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod provider;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod recovery;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod run;
#[cfg(feature = "ssr")]
pub mod scopes;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod session;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod setup;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod source;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod token;
#[expect(missing_docs, reason = "the macro's argument structs repeat the arguments")]
pub mod touch;

pub use codec::Refused;
