//! The real binary over the wire, as its users and its operator meet it.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod addresses;
mod audit;
mod bad_input;
mod budgets;
mod channels;
mod chat;
mod contract;
mod conversations;
mod counts;
mod crash;
mod endpoints;
mod first_owner;
mod flags;
mod gone;
mod guesses;
mod hang_ups;
mod hosts;
mod logs;
mod memory;
mod models;
mod once;
mod operator;
mod passkeys;
mod people;
mod proxies;
mod rates;
mod refused_forms;
mod run_events;
mod sessions;
mod settings;
mod strangers;
mod support;
mod survive;
mod tls;
mod tokens;
mod trouble;
mod unreadable;
mod upstream;
mod weights;
