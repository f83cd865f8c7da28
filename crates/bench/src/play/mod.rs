//! Both sides of a studio, played: servers with state that was there before, people at them, a model server behind them.

pub(crate) mod engine;
mod events;
mod home;
mod person;
mod seed;
mod talk;
mod upstream;

pub(crate) use events::{Events, Shown};
pub(crate) use home::{Home, Server};
pub(crate) use person::{Person, browser};
pub(crate) use seed::{Member, Seed};
pub(crate) use upstream::{FIRST_TOKEN_AFTER, Upstream};

use anyhow::{Context, Result};
use std::net::TcpListener;

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
