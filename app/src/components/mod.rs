//! Markup without state. docs/look.md shows each of them.

pub mod composer;
pub mod conversation;
pub mod frame;
pub mod icon;
pub mod notice;
pub mod settings;
pub mod theme;
pub mod toast;
pub mod turn;
pub mod when;
