//! The database as the rest of the house holds it.

use crate::{
    backup::{self, BackupError},
    connect::Connector,
    dialect::Engine,
    exec::{self, Counters, Line, Statement},
    file::OpenFile,
    listen::{Deaf, Ear},
    readers::Readers,
    writer::Writer,
};
use async_trait::async_trait;
use secrecy::SecretString;
use sqlx::{Connection as _, any::AnyRow};
use std::{fmt, path::Path, sync::Arc, time::Duration};
use studio::ports::store::{RunListener, Store, StoreError, Work};
use tokio::time::timeout;

/// Longest wait for the answer to [`Store::ping`].
const PING_TIME_MAX: Duration = Duration::from_secs(2);

/// The statements of all nouns, over one way to the database: readers and writer, or a unit of work.
pub struct Statements<L>(pub(crate) L);

/// An open database.
///
/// Reads go to a few connections that can do nothing else; writes to the one writer. It keeps itself alive: a lost
/// connection costs those who were using it an [`StoreError::Unavailable`], and the next one finds a new connection.
pub type Database = Statements<Live>;

/// Readers and writer.
pub struct Live {
    pub(crate) connector: Connector,
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
    pub(crate) counters: Arc<Counters>,
    pub(crate) schema_version: i64,
    /// The file, on SQLite.
    pub(crate) file: Option<OpenFile>,
    /// What a person can do instead of a backup by this process, on PostgreSQL.
    pub(crate) pg_dump: Option<String>,
    /// Where it is heard what other processes keep, on PostgreSQL.
    pub(crate) told_at: Option<SecretString>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({}, schema {})", self.engine(), self.0.schema_version)
    }
}

impl Line for Live {
    async fn rows(&self, statement: Statement) -> Result<Vec<AnyRow>, StoreError> {
        self.readers.rows(statement).await
    }
}

impl Database {
    /// Which engine it is on.
    pub fn engine(&self) -> Engine {
        self.0.connector.engine()
    }

    /// The number of the last migration.
    pub fn schema_version(&self) -> i64 {
        self.0.schema_version
    }

    /// SQL statements since the start, reads and writes; transaction control is not counted.
    pub fn statements(&self) -> u64 {
        self.0.counters.statements()
    }

    /// Commits since the start.
    pub fn commits(&self) -> u64 {
        self.0.counters.commits()
    }

    /// The ear of this process for commits of runs. Where there is no other process it hears nothing.
    pub fn listener(&self) -> Box<dyn RunListener> {
        match &self.0.told_at {
            Some(url) => Box::new(Ear::new(url.clone())),
            None => Box::new(Deaf),
        }
    }

    /// Takes no more work, commits what waits, and closes every connection. On SQLite the log is written into the file,
    /// which then stands alone. What comes later gets [`StoreError::Unavailable`]; a second call does nothing.
    pub async fn close(&self) {
        let conn = self.0.writer.close().await;
        self.0.readers.close().await;
        if let Some(mut conn) = conn {
            let engine = self.engine();
            if let Some(tidy) = engine.farewell()
                && let Err(error) = exec::control(&mut conn, tidy, engine).await
            {
                // Nothing is lost: the next start reads the log.
                tracing::warn!(%error, "the log was not written into the database file");
            }
            let _gone = conn.close().await;
        }
    }

    /// Copies the whole database, as it is at one moment, into a new file, while everybody goes on working.
    ///
    /// # Errors
    /// On PostgreSQL always [`BackupError::UsePgDump`]; on SQLite when the file exists or cannot be written.
    pub async fn backup(&self, into: &Path) -> Result<(), BackupError> {
        match &self.0.pg_dump {
            Some(line) => Err(BackupError::UsePgDump(format!("{line} --file={}", backup::quoted(into)))),
            None => backup::copy(&self.0.connector, into).await,
        }
    }
}

#[async_trait]
impl Store for Database {
    async fn write_boxed(&self, work: Work) -> Result<(), StoreError> {
        self.0.file.as_ref().map_or(Ok(()), OpenFile::check)?;
        self.0.writer.write(work).await
    }

    async fn barrier(&self) -> Result<(), StoreError> {
        self.0.writer.barrier().await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        if !self.0.writer.is_open() {
            return Err(StoreError::Unavailable("it is closed".to_owned()));
        }
        // A table, not a constant: SQLite would answer a constant without looking at the file.
        let asking = self.0.rows(Statement::new("SELECT key FROM installation LIMIT 1"));
        match timeout(PING_TIME_MAX, asking).await {
            Ok(answered) => answered.map(drop),
            Err(_) => Err(StoreError::Unavailable("no answer within two seconds".to_owned())),
        }
    }

    fn statements(&self) -> u64 {
        self.0.counters.statements()
    }

    fn commits(&self) -> u64 {
        self.0.counters.commits()
    }
}
