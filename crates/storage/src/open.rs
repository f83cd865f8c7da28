//! Opens a database: looks first, copies before changing, migrates under a lock, then starts readers and writer.

use crate::{
    backup::{self, BackupError},
    connect::{Connector, sqlite_url},
    database::{Database, Live, Statements},
    dialect::Engine,
    error,
    exec::Counters,
    file::OpenFile,
    migrate::{self, Found},
    readers::Readers,
    writer::Writer,
};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{AnyConnection, Connection as _, Row as _};
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};
use studio::ports::store::StoreError;

/// What to open.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Where the data are.
    pub url: StoreUrl,
    /// Where a copy goes before the schema of an existing SQLite file changes; made when it is needed.
    pub backup_dir: PathBuf,
    /// This binary's version, part of that copy's name.
    pub version: &'static str,
}

/// Where the data are.
#[derive(Debug, Clone)]
pub enum StoreUrl {
    /// A file on this machine; made (mode 0600) when it is not there. Its folder must be.
    Sqlite(PathBuf),
    /// `postgres://user:password@host:port/database`.
    Postgres(SecretString),
}

/// Why a database was not opened. It was not changed either, except where a migration had begun.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Made by a later version.
    #[error(
        "the database was made by a newer version of the studio (its schema is at {applied}, this version knows \
         {known}); it was not touched. Start the newer version, or restore a backup from before it."
    )]
    Newer {
        /// A migration that this binary does not know.
        applied: i64,
        /// The last one it knows.
        known: i64,
    },
    /// Somebody edited a migration after it was applied.
    #[error(
        "migration {0} is not the one that made this database; it was not touched. This binary was built from other sources."
    )]
    Changed(i64),
    /// A migration stopped in the middle.
    #[error("migration {0} was begun and not finished; restore a backup from before it")]
    Dirty(i64),
    /// It belongs to something else.
    #[error(
        "the database holds tables, and they are not the studio's; it was not touched. Name another one."
    )]
    Foreign,
    /// The engine cannot do what the studio needs.
    #[error("the database cannot be used: {0}")]
    Unfit(String),
    /// A migration failed; where the engine can, it was rolled back.
    #[error("migration {version} failed")]
    Migration {
        /// Which.
        version: i64,
        /// Why.
        source: StoreError,
    },
    /// No copy could be made, so nothing was changed.
    #[error("no backup could be made before the migration, so nothing was changed")]
    Backup(#[source] BackupError),
    /// The file or its folder.
    #[error("{path} cannot be used")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be reached, or said something else.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens a database and starts its writer. Needs a Tokio runtime; [`Database::close`] ends it.
///
/// # Errors
/// A sentence for the operator; see [`OpenError`].
pub async fn open(config: StoreConfig) -> Result<Database, OpenError> {
    open_telling(config, None).await
}

/// The same; the writer's connection is told something more. For tests that need a small disk.
pub(crate) async fn open_telling(
    config: StoreConfig,
    writer: Option<&'static str>,
) -> Result<Database, OpenError> {
    let (connector, found, file, told_at) = match &config.url {
        StoreUrl::Sqlite(path) => {
            let path = std::path::absolute(path).map_err(|source| io_error(path, source))?;
            let found = inspect_file(&path).await?;
            let file = OpenFile::at(&path).map_err(|source| io_error(&path, source))?;
            (Connector::new(Engine::Sqlite, &file_url(&path, "rw")?)?, found, Some(file), None)
        }
        StoreUrl::Postgres(url) => {
            let connector = Connector::new(Engine::Postgres, url.expose_secret())?;
            let mut conn = connector.connect().await?;
            let found = migrate::inspect(&mut conn, Engine::Postgres).await?;
            let _gone = conn.close().await;
            (connector, found, None, Some(url.clone()))
        }
    };
    let engine = connector.engine();
    prepare(&connector, found, &config).await?;

    let counters = Arc::new(Counters::default());
    let writing = writer.map_or_else(|| connector.clone(), |also| connector.telling(also));
    let conn = writing.connect().await?;
    Ok(Statements(Live {
        readers: Readers::new(&connector, Arc::clone(&counters)),
        writer: Writer::start(&writing, conn, &counters),
        connector,
        counters,
        schema_version: migrate::latest(engine),
        file,
        pg_dump: told_at.as_ref().map(|url| backup::pg_dump(url.expose_secret())),
        told_at,
    }))
}

/// Copies and migrates where that is due.
async fn prepare(connector: &Connector, found: Found, config: &StoreConfig) -> Result<(), OpenError> {
    let engine = connector.engine();
    let mut conn = connector.telling(engine.patient()).connect().await?;
    prove_fit(&mut conn, engine).await?;
    if found == Found::Behind && engine == Engine::Sqlite {
        let copy = backup::before_migration(&mut conn, &config.backup_dir, config.version).await;
        let copy = copy.map_err(OpenError::Backup)?;
        tracing::info!(file = %copy.display(), "the database was copied before its schema changes");
    }
    if found != Found::Current {
        migrate::run(&mut conn, engine).await?;
        tracing::info!(%engine, schema = migrate::latest(engine), "the schema is up to date");
    }
    let _gone = conn.close().await;
    Ok(())
}

async fn prove_fit(conn: &mut AnyConnection, engine: Engine) -> Result<(), OpenError> {
    let said = |error: sqlx::Error| OpenError::from(error::from_sqlx(engine, &error));
    let proof = sqlx::query(engine.proof()).fetch_one(conn).await.map_err(said)?;
    match proof.try_get::<String, _>(0).map_err(said)? {
        fine if fine.is_empty() => Ok(()),
        complaint => Err(OpenError::Unfit(complaint)),
    }
}

/// Looks into a SQLite file without changing a byte of it, or makes an empty one.
async fn inspect_file(path: &Path) -> Result<Found, OpenError> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            backup::create_private(path).map_err(|source| io_error(path, source))?;
            return Ok(Found::Empty);
        }
        Err(source) => return Err(io_error(path, source)),
        Ok(about) if about.is_dir() => {
            return Err(io_error(path, io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Ok(_) => {}
    }
    let looking = Connector::new(Engine::Sqlite, &file_url(path, "ro")?)?;
    let mut conn = looking.bare().await?;
    let found = migrate::inspect(&mut conn, Engine::Sqlite).await;
    let _gone = conn.close().await;
    let found = found?;
    make_private(path).map_err(|source| io_error(path, source))?;
    Ok(found)
}

/// SQLite gives its log files the mode of the database.
fn make_private(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
        }
    }
    Ok(())
}

pub(crate) fn file_url(path: &Path, mode: &str) -> Result<String, OpenError> {
    sqlite_url(path, mode).ok_or_else(|| io_error(path, io::Error::other("the path is not UTF-8")))
}

fn io_error(path: &Path, source: io::Error) -> OpenError {
    OpenError::Io { path: path.to_owned(), source }
}
