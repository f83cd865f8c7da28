//! What the engine promises.

mod branches;
mod chat;
mod effects;
mod interrupts;
mod model;
mod parts;
mod processes;
mod suite;
mod travel;
mod waits;
mod world;
