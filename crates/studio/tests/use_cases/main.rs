//! The use cases, on SQLite in a temporary file; everything else of the world is a fake.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod accounts;
mod answers;
mod audit;
mod conversations;
mod counts;
mod fakes;
mod faults;
mod flags;
mod held;
mod hosts;
mod house;
mod invites;
mod leaving;
mod limits;
mod marks;
mod meanwhile;
mod memories;
mod messages;
mod once;
mod passkeys;
mod people;
mod prices;
mod providers;
mod rates;
mod recovery;
mod refusals;
mod rotation;
mod run_events;
mod runs;
mod schedules;
mod sending;
mod sessions;
mod setup;
mod sources;
mod spending;
mod tokens;
mod touch;
mod two_processes;
mod unreadable;
