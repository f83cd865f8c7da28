//! The screen of every text that goes to a model, and of names and titles: what in it looks like an attack, a secret or personal data.
//!
//! What this room is for: one pure function from a text to what was found in it.
//! What is never here: IO, a clock, a model; and no wall: what a text may do is decided by capability and approval.
