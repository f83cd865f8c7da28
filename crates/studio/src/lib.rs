//! The domain.
pub mod ports;
