//! What a reader sees, whatever a model writes.

mod golden;
mod hostile;
mod pieces;
mod size;
