//! Copies of the database.

use crate::{connect::Connector, exec};
use sqlx::{AnyConnection, Connection as _};
use std::{
    fs, io,
    path::{Path, PathBuf},
};
use studio::ports::store::StoreError;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// PostgreSQL has a tool of its own; this is how to call it. The password is not in it.
    #[error("PostgreSQL makes its own copies; run: {0}")]
    UsePgDump(String),
    /// There is something already, and it stays.
    #[error("{0} exists already")]
    Exists(PathBuf),
    /// The file could not be written.
    #[error("{path} cannot be written: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Copies a SQLite database into a new file of mode 0600, over a connection of its own.
pub(crate) async fn copy(connector: &Connector, into: &Path) -> Result<(), BackupError> {
    let mut conn = connector.connect().await?;
    let copied = copy_over(&mut conn, into).await;
    let _gone = conn.close().await;
    copied
}

/// The same over a connection that is there.
///
/// The copy is written beside its place and moved there when it is whole and on the disk, so that a file of that name
/// is always a good one. SQLite does not flush what VACUUM INTO writes; this does.
pub(crate) async fn copy_over(conn: &mut AnyConnection, into: &Path) -> Result<(), BackupError> {
    if into.exists() {
        return Err(BackupError::Exists(into.to_owned()));
    }
    let mut part = into.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let copied = write_part(conn, &part).await.and_then(|()| {
        fs::rename(&part, into).and_then(|()| flush_folder(into)).map_err(|source| io_error(into, source))
    });
    if copied.is_err() {
        let _nothing_to_remove = fs::remove_file(&part);
    }
    copied
}

async fn write_part(conn: &mut AnyConnection, part: &Path) -> Result<(), BackupError> {
    let text = part.to_str().ok_or_else(|| io_error(part, io::Error::other("the path is not UTF-8")))?;
    let _left_by_a_crash = fs::remove_file(part);
    create_private(part).map_err(|source| io_error(part, source))?;
    exec::vacuum_into(conn, text).await?;
    let flushed = async { tokio::fs::OpenOptions::new().write(true).open(part).await?.sync_all().await };
    flushed.await.map_err(|source| io_error(part, source))
}

fn io_error(path: &Path, source: io::Error) -> BackupError {
    match source.kind() {
        io::ErrorKind::StorageFull => BackupError::Store(StoreError::Full),
        _ => BackupError::Io { path: path.to_owned(), source },
    }
}

/// Makes an empty file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A new name is on the disk only when its folder is.
fn flush_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A path for a shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Copies a database before its schema changes: `before-<version>-<n>.db` in `folder`. Gives the file's path.
pub(crate) async fn before_migration(
    conn: &mut AnyConnection,
    folder: &Path,
    version: &str,
) -> Result<PathBuf, BackupError> {
    fs::create_dir_all(folder).map_err(|source| io_error(folder, source))?;
    // Every start that migrates makes one; a thousand failed starts in a row are somebody's script.
    for n in 1..=1000 {
        let file = folder.join(format!("before-{version}-{n}.db"));
        match copy_over(conn, &file).await {
            Err(BackupError::Exists(_)) => {}
            other => return other.map(|()| file),
        }
    }
    Err(BackupError::Exists(folder.join(format!("before-{version}-1000.db"))))
}

/// How to copy this PostgreSQL database by hand, without the file and without the password.
pub(crate) fn pg_dump(url: &str) -> String {
    let mut line = "pg_dump --format=custom".to_owned();
    if let Ok(options) = url.parse::<sqlx::postgres::PgConnectOptions>() {
        let host = options.get_socket().map_or(Path::new(options.get_host()), PathBuf::as_path);
        let mut add = |name: &str, value: &Path| line.push_str(&format!(" --{name}={}", quoted(value)));
        add("host", host);
        add("port", Path::new(&options.get_port().to_string()));
        add("username", Path::new(options.get_username()));
        if let Some(database) = options.get_database() {
            add("dbname", Path::new(database));
        }
    }
    line
}
