//! What the engine promises.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test says what is wrong by panicking, and starts processes that it kills"
)]

mod aside;
mod branches;
mod chat;
mod doors;
mod effects;
mod faults;
mod interrupts;
mod model;
mod parts;
mod pictures;
mod processes;
mod shapes;
mod suite;
mod tickets;
mod travel;
mod turns;
mod waits;
mod world;
