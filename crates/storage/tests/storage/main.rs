//! Every statement on both engines, and what happens when a database has a bad day.
//!
//! SQLite always runs; PostgreSQL when `VOBIO_TEST_POSTGRES=postgres://user:password@host:port` names a server on which
//! databases may be made. One crate, so that the drivers are linked once.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says what is wrong by panicking"
)]

mod answers;
mod audit;
mod audit_changed;
mod audit_processes;
mod common;
mod conversations;
mod engine;
mod flags;
mod held;
mod invites;
mod ledger;
mod memories;
mod messages;
mod models;
mod opening;
mod order;
mod people;
mod providers;
mod rates;
mod recovery;
mod refusals;
mod requests;
mod runs;
mod sessions;
mod tree;
mod trouble;
mod units;
mod unreadable;
mod upgrade;
