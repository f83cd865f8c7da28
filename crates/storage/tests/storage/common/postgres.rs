//! PostgreSQL for tests: one database for each, made and dropped.

use super::Fresh;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::sync::Arc;
use storage::{StoreConfig, StoreUrl, open};

/// The server that tests may use, as `postgres://user:password@host:port` with no database name.
#[expect(clippy::disallowed_methods, reason = "tests are told from outside where PostgreSQL is")]
fn server() -> Option<String> {
    std::env::var("VOBIO_TEST_POSTGRES").ok().map(|url| url.trim_end_matches('/').to_owned())
}

/// The address of one of its databases.
pub(crate) fn url(database: &str) -> String {
    format!("{}/{database}", server().unwrap())
}

async fn command(sql: String) {
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(&url("postgres")).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
    conn.close().await.unwrap();
}

/// An empty database; its name.
pub(crate) async fn create_database() -> Option<String> {
    server()?;
    let name = format!("studio_{}", super::rows::id().simple());
    command(format!("CREATE DATABASE {name}")).await;
    Some(name)
}

pub(crate) async fn drop_database(name: &str) {
    command(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
}

/// What opens that database.
pub(crate) fn config(name: &str, folder: &tempfile::TempDir) -> StoreConfig {
    StoreConfig {
        url: StoreUrl::Postgres(url(name).into()),
        backup_dir: folder.path().join("backups"),
        version: "0.0.1",
    }
}

/// An open, fresh database.
pub(crate) async fn fresh() -> Option<Fresh> {
    let name = create_database().await?;
    let folder = tempfile::tempdir().unwrap();
    let config = config(&name, &folder);
    let db = Arc::new(open(config.clone()).await.unwrap());
    Some(Fresh { db, config, folder, postgres: Some(name) })
}
