//! Runs survive: the studio is killed, stopped, and cut off from its power, and nothing that was begun is lost, done twice, or
//! unexplained.
//!
//! What is true of every run afterwards stands in `verdict.rs`. By itself this is the short version; `make crash`, where
//! `VOBIO_TEST_SURVIVE` names a folder, is the long one, and makes docs/crash-matrix.md of what it counted.

mod chance;
mod chaos;
mod matrix;
mod moments;
mod power;
mod provider;
mod rows;
mod stage;
mod stopped;
mod table;
mod told;
mod verdict;
