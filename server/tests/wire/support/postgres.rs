//! Both databases: SQLite always, PostgreSQL where `VOBIO_TEST_POSTGRES` names a cluster.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// `None` for SQLite, and the address of a fresh database.
#[expect(clippy::disallowed_methods, reason = "a test asks its caller for a database")]
pub(crate) fn databases() -> Vec<Option<String>> {
    let Ok(cluster) = std::env::var("VOBIO_TEST_POSTGRES") else {
        println!("PostgreSQL is skipped: VOBIO_TEST_POSTGRES is not set");
        return vec![None];
    };
    let name = format!("server_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let made =
        Command::new("psql").args([&cluster, "-qc", &format!("CREATE DATABASE {name}")]).status().unwrap();
    assert!(made.success(), "a database could not be made");
    vec![None, Some(format!("{}/{name}", cluster.trim_end_matches('/')))]
}
