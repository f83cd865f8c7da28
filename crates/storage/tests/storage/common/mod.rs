//! A database of its own for every test, on both engines, and rows to put into it.

pub(crate) mod postgres;
pub(crate) mod rows;

use std::{path::PathBuf, sync::Arc, time::Duration};
use storage::{Database, Engine, StoreConfig, StoreUrl, open};
use studio::ports::store::{Store, StoreError, Tx};

/// A fresh database and where it lives.
pub(crate) struct Fresh {
    pub(crate) db: Arc<Database>,
    pub(crate) config: StoreConfig,
    /// Removed with the test.
    pub(crate) folder: tempfile::TempDir,
    /// PostgreSQL only: the name of the database made for this test.
    pub(crate) postgres: Option<String>,
}

impl Fresh {
    pub(crate) fn engine(&self) -> Engine {
        self.db.engine()
    }

    /// As the rest of the house sees it.
    pub(crate) fn store(&self) -> Arc<dyn Store> {
        self.db.clone()
    }

    /// The file, on SQLite.
    pub(crate) fn file(&self) -> PathBuf {
        match &self.config.url {
            StoreUrl::Sqlite(path) => path.clone(),
            StoreUrl::Postgres(_) => panic!("this database has no file"),
        }
    }

    /// A connection beside the studio's, for what the ports do not offer.
    pub(crate) async fn outside(&self) -> sqlx::AnyConnection {
        use sqlx::Connection as _;
        sqlx::any::install_default_drivers();
        match (&self.config.url, &self.postgres) {
            (StoreUrl::Sqlite(path), _) => {
                sqlx::AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap()
            }
            (_, name) => {
                sqlx::AnyConnection::connect(&postgres::url(name.as_deref().unwrap())).await.unwrap()
            }
        }
    }
}

/// A SQLite file in a folder of its own.
pub(crate) async fn sqlite() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        url: StoreUrl::Sqlite(folder.path().join("studio.db")),
        backup_dir: folder.path().join("backups"),
        version: "0.0.1",
    };
    let db = Arc::new(open(config.clone()).await.unwrap());
    Fresh { db, config, folder, postgres: None }
}

/// Runs a test on a fresh SQLite file, and on a fresh PostgreSQL database when `VOBIO_TEST_POSTGRES` names a server.
pub(crate) async fn on_both<F, Fut>(test: F)
where
    F: Fn(Arc<Fresh>) -> Fut,
    Fut: Future<Output = ()>,
{
    let fresh = Arc::new(sqlite().await);
    test(Arc::clone(&fresh)).await;
    fresh.db.close().await;
    on_postgres(test).await;
}

/// Runs a test on a fresh PostgreSQL database, or says that it was skipped.
pub(crate) async fn on_postgres<F, Fut>(test: F)
where
    F: Fn(Arc<Fresh>) -> Fut,
    Fut: Future<Output = ()>,
{
    let Some(fresh) = postgres::fresh().await else {
        println!("skipped on PostgreSQL: VOBIO_TEST_POSTGRES is not set");
        return;
    };
    let fresh = Arc::new(fresh);
    test(Arc::clone(&fresh)).await;
    fresh.db.close().await;
    postgres::drop_database(fresh.postgres.as_deref().unwrap()).await;
}

/// A unit of work whose closure borrows nothing.
pub(crate) async fn write<F>(store: &Arc<dyn Store>, work: F) -> Result<(), StoreError>
where
    F: for<'t> FnOnce(&'t mut dyn Tx) -> futures::future::BoxFuture<'t, Result<(), StoreError>>
        + Send
        + 'static,
{
    store.write_boxed(Box::new(work)).await
}

/// Generous on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);
