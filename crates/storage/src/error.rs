//! What went wrong, in the words of the port.

use crate::dialect::{self, Engine, Meaning};
use sqlx::error::{DatabaseError, ErrorKind};
use studio::ports::store::StoreError;

/// Translates an error of the driver. Texts name tables, columns and codes, never what stands in a row.
pub(crate) fn from_sqlx(engine: Engine, error: &sqlx::Error) -> StoreError {
    use sqlx::Error::{
        AnyDriverError, ColumnDecode, ColumnNotFound, Database, Decode, Io, PoolClosed, PoolTimedOut,
        Protocol, Tls, TypeNotFound, WorkerCrashed,
    };
    match error {
        Database(error) => from_database(engine, error.as_ref()),
        Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed => {
            StoreError::Unavailable(error.to_string())
        }
        ColumnDecode { .. } | Decode(_) | ColumnNotFound(_) | TypeNotFound { .. } | AnyDriverError(_) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Fault(error.to_string()),
    }
}

fn from_database(engine: Engine, error: &dyn DatabaseError) -> StoreError {
    let code = error.code().unwrap_or_default();
    let said = || format!("{} ({code})", error.message());
    match engine.meaning(&code) {
        Meaning::Refused => StoreError::Conflict(match engine {
            Engine::Sqlite => dialect::sqlite_conflict(error.message()),
            Engine::Postgres => postgres_conflict(error),
        }),
        Meaning::Full => StoreError::Full,
        Meaning::Unavailable => StoreError::Unavailable(said()),
        Meaning::Damaged => StoreError::Corrupt(said()),
        Meaning::Fault => StoreError::Fault(said()),
    }
}

fn postgres_conflict(error: &dyn DatabaseError) -> String {
    use sqlx::postgres::PgDatabaseError;
    let detail = error.try_downcast_ref::<PgDatabaseError>();
    match error.kind() {
        ErrorKind::ForeignKeyViolation => dialect::FOREIGN_KEY.to_owned(),
        ErrorKind::NotNullViolation => {
            let name = |part: Option<&str>| part.unwrap_or("?").to_owned();
            format!("{}.{}", name(detail.and_then(|d| d.table())), name(detail.and_then(|d| d.column())))
        }
        _ => error.constraint().unwrap_or(error.message()).to_owned(),
    }
}
