//! Makes connections that have been told everything they must know.

use crate::{dialect::Engine, error, exec};
use sqlx::{AnyConnection, ConnectOptions as _, any::AnyConnectOptions};
use std::{path::Path, time::Duration};
use studio::ports::store::StoreError;
use tokio::time::timeout;

/// Longest wait for a new connection.
pub(crate) const CONNECT_TIME_MAX: Duration = Duration::from_secs(6);

/// Where to connect, and how.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    engine: Engine,
    options: AnyConnectOptions,
    /// Told last, to some connections only.
    also: Option<&'static str>,
}

impl Connector {
    /// A way to the database that this address names.
    pub(crate) fn new(engine: Engine, url: &str) -> Result<Self, StoreError> {
        sqlx::any::install_default_drivers();
        let options = url.parse().map_err(|error| error::from_sqlx(engine, &error))?;
        Ok(Self { engine, options, also: None })
    }

    /// The same, for connections that are told something more.
    pub(crate) fn telling(&self, also: &'static str) -> Self {
        Self { also: Some(also), ..self.clone() }
    }

    /// Which engine.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// A connection that knows its duties.
    pub(crate) async fn connect(&self) -> Result<AnyConnection, StoreError> {
        let connecting = async {
            let mut conn = self.bare().await?;
            exec::control(&mut conn, self.engine.greeting(), self.engine).await?;
            if let Some(also) = self.also {
                exec::control(&mut conn, also, self.engine).await?;
            }
            Ok(conn)
        };
        timeout(CONNECT_TIME_MAX, connecting)
            .await
            .unwrap_or_else(|_| Err(StoreError::Unavailable("connecting took too long".to_owned())))
    }

    /// A connection that was told nothing: it leaves a file as it is.
    pub(crate) async fn bare(&self) -> Result<AnyConnection, StoreError> {
        self.options.connect().await.map_err(|error| error::from_sqlx(self.engine, &error))
    }
}

/// The address of a SQLite file. `mode` is SQLite's: `rw`, `ro`. `None` when the path is not UTF-8.
pub(crate) fn sqlite_url(path: &Path, mode: &str) -> Option<String> {
    let mut url = String::from("sqlite://");
    for &byte in path.to_str()?.as_bytes() {
        // The driver undoes percent signs; whatever could mean something to an address is written with one.
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(char::from(byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Some(url + "?mode=" + mode)
}
