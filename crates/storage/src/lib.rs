//! State: SQL on SQLite and PostgreSQL, behind the traits of `studio::ports::store`.
//!
//! One file per noun holds its statements and its row mapping, `dialect.rs` is the only place where the engines
//! differ, `writer.rs` commits together what waits together, `readers.rs` reads beside it.
//!
//! Never here: a rule of the product. A statement stores and finds what it is told, for the owner it is told.
//!
//! To add a statement: its promise goes into the trait in `studio/src/ports/store`, its SQL into the noun's file (text
//! that both engines understand; a difference goes to `dialect.rs`), its test into `tests/`, where it runs on both.
//! To add a column or table: a new file in both folders of `migrations/`; a file that was released never changes.

mod account;
mod account_events;
mod answers;
mod audit;
mod backup;
mod checkpoints;
mod commits;
mod connect;
mod conversations;
#[cfg(debug_assertions)]
mod crash;
mod database;
mod dialect;
mod error;
mod exec;
mod file;
mod flags;
mod installation;
mod invites;
mod keys;
mod ledger;
mod listen;
mod look;
mod memories;
mod messages;
mod migrate;
mod models;
mod open;
mod people;
mod processes;
mod providers;
mod rates;
mod readers;
mod recovery;
mod refusals;
mod requests;
mod row;
mod runs;
mod sessions;
#[cfg(test)]
mod tests;
mod together;
mod tokens;
mod unit;
mod writer;

pub use backup::BackupError;
pub use database::{Database, Live, Statements};
pub use dialect::Engine;
pub use look::{Condition, look};
pub use open::{OpenError, StoreConfig, StoreUrl, open};
pub use writer::{BATCH_UNITS_MAX, UNIT_TIME_MAX, UNITS_WAITING_MAX, WRITERS_POSTGRES};
