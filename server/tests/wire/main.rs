//! The real binary over the wire, as its users and its operator meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod bad_input;
mod chat;
mod counts;
mod crash;
mod endpoints;
mod first_owner;
mod logs;
mod operator;
mod people;
mod refused_forms;
mod settings;
mod strangers;
mod support;
mod trouble;
mod upstream;
mod weights;
