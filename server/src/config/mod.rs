//! The configuration: read once at boot from the environment, `.env` and `vobio.toml`, in this order of precedence.
//!
//! Every setting is a row of [`table::SETTINGS`]; `.env.example` is made from it. An unknown key or a value that makes
//! no sense stops the start with a sentence that names it.

mod address;
mod flags;
mod prices;
mod read;
mod table;
mod typed;

pub(crate) use address::TlsFiles;
pub(crate) use prices::price_sheet;
pub(crate) use read::{RawConfig, read};
pub(crate) use table::{NOT_YET, SETTINGS, example};
pub(crate) use typed::{Config, LogFormat};

/// What is wrong with the configuration, in a sentence that names the setting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct ConfigError(pub(crate) String);
