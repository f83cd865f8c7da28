//! Markup without state. docs/look.md shows each of them.

pub mod account;
pub mod composer;
pub mod conversation;
pub mod deletion;
pub mod door;
pub mod frame;
pub mod icon;
pub mod notice;
pub mod once;
pub mod own_settings;
pub mod parts;
pub mod passkey;
pub mod run;
pub mod search;
pub mod settings;
pub mod signal;
pub mod theme;
pub mod toast;
pub mod touch;
pub mod turn;
pub mod when;
