//! What the engine promises.

mod chat;
mod effects;
mod interrupts;
mod world;
