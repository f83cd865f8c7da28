//! Tests that look inside: plans of statements, a full disk, names of constraints. All others are in `tests/`.

mod full;
mod plans;
#[path = "../../tests/storage/common/rows.rs"]
mod rows;
mod tour;
mod tour_settings;

use crate::{Database, StoreConfig, StoreUrl, open::open_telling};
use std::sync::Arc;

/// A SQLite database in a folder that goes with it; its writer is told something more.
async fn sqlite(told: Option<&'static str>) -> (Arc<Database>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let config = StoreConfig {
        url: StoreUrl::Sqlite(folder.path().join("studio.db")),
        backup_dir: folder.path().join("backups"),
        version: "0.0.1",
    };
    (Arc::new(open_telling(config, told).await.unwrap()), folder)
}
