//! Looks at a database without changing a byte of it.

use crate::{
    connect::Connector,
    dialect::Engine,
    migrate::{self, Found},
    open::{OpenError, StoreUrl, file_url},
};
use secrecy::ExposeSecret as _;
use sqlx::Connection as _;

/// What [`open`](crate::open) would find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing: opening makes it.
    Absent,
    /// A schema of an earlier version: opening brings it to this one.
    Behind,
    /// This version's schema.
    Current,
}

/// Which engine it is, and what opening would find.
///
/// # Errors
/// What opening would refuse, with the same sentence.
pub async fn look(url: &StoreUrl) -> Result<(Engine, Condition), OpenError> {
    let connector = match url {
        StoreUrl::Sqlite(path) if !path.exists() => return Ok((Engine::Sqlite, Condition::Absent)),
        StoreUrl::Sqlite(path) => Connector::new(Engine::Sqlite, &file_url(path, "ro")?)?,
        StoreUrl::Postgres(url) => Connector::new(Engine::Postgres, url.expose_secret())?,
    };
    let engine = connector.engine();
    let mut conn = connector.bare().await?;
    let found = migrate::inspect(&mut conn, engine).await;
    let _gone = conn.close().await;
    let condition = match found? {
        Found::Empty => Condition::Absent,
        Found::Behind => Condition::Behind,
        Found::Current => Condition::Current,
    };
    Ok((engine, condition))
}
