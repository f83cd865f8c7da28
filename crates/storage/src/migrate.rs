//! Looks at a database before touching it, and brings its schema up to date.

use crate::{dialect::Engine, error, open::OpenError};
use sqlx::{
    AnyConnection, Connection as _, Row as _,
    migrate::{Migrate as _, MigrateError},
};

/// Where the driver keeps the list of applied migrations.
const LIST: &str = "_sqlx_migrations";

/// What there is before anything was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// No tables at all.
    Empty,
    /// A database of ours, made by an older binary.
    Behind,
    /// Nothing to do.
    Current,
}

/// The number of the last migration that this binary knows.
pub(crate) fn latest(engine: Engine) -> i64 {
    engine.migrations().iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Looks, and changes nothing. A database that this binary must not touch is an error.
pub(crate) async fn inspect(conn: &mut AnyConnection, engine: Engine) -> Result<Found, OpenError> {
    let said = |error: sqlx::Error| OpenError::from(error::from_sqlx(engine, &error));
    let counts = sqlx::query(engine.count_tables()).fetch_one(&mut *conn).await.map_err(said)?;
    let tables: i64 = counts.try_get(0).map_err(said)?;
    let lists: i64 = counts.try_get(1).map_err(said)?;
    if lists == 0 {
        return if tables == 0 { Ok(Found::Empty) } else { Err(OpenError::Foreign) };
    }
    if let Some(version) = conn.dirty_version(LIST).await.map_err(|e| refused(engine, &e))? {
        return Err(OpenError::Dirty(version));
    }
    let applied = conn.list_applied_migrations(LIST).await.map_err(|e| refused(engine, &e))?;
    let known = engine.migrations();
    for done in &applied {
        match known.iter().find(|migration| migration.version == done.version) {
            None => return Err(OpenError::Newer { applied: done.version, known: latest(engine) }),
            Some(migration) if migration.checksum != done.checksum => {
                return Err(OpenError::Changed(done.version));
            }
            Some(_) => {}
        }
    }
    let all = known.iter().all(|migration| applied.iter().any(|done| done.version == migration.version));
    Ok(if all { Found::Current } else { Found::Behind })
}

/// Applies what is missing, under a lock: of several processes one does it, and the others find it done.
pub(crate) async fn run(conn: &mut AnyConnection, engine: Engine) -> Result<(), OpenError> {
    let migrations = engine.migrations();
    let said = |error: sqlx::Error| OpenError::from(error::from_sqlx(engine, &error));
    match engine.begin_migrations() {
        None => migrations.run(conn).await.map_err(|error| refused(engine, &error)),
        Some(begin) => {
            let mut all_or_nothing = conn.begin_with(begin).await.map_err(said)?;
            migrations.run(&mut *all_or_nothing).await.map_err(|error| refused(engine, &error))?;
            all_or_nothing.commit().await.map_err(said)
        }
    }
}

fn refused(engine: Engine, error: &MigrateError) -> OpenError {
    match error {
        MigrateError::VersionMissing(applied) => {
            OpenError::Newer { applied: *applied, known: latest(engine) }
        }
        MigrateError::VersionMismatch(version) => OpenError::Changed(*version),
        MigrateError::Dirty(version) => OpenError::Dirty(*version),
        MigrateError::Execute(error) => error::from_sqlx(engine, error).into(),
        MigrateError::ExecuteMigration(error, version) => {
            OpenError::Migration { version: *version, source: error::from_sqlx(engine, error) }
        }
        other => OpenError::Migration {
            version: latest(engine),
            source: studio::ports::store::StoreError::Fault(other.to_string()),
        },
    }
}
