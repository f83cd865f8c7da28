//! Both databases: SQLite always, PostgreSQL where `VOBIO_TEST_POSTGRES` names a cluster.

use std::{
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// `None` for SQLite, and the address of a fresh database.
#[expect(clippy::disallowed_methods, reason = "a test asks its caller for a database")]
pub fn databases() -> Vec<Option<String>> {
    let Ok(cluster) = std::env::var("VOBIO_TEST_POSTGRES") else {
        println!("PostgreSQL is skipped: VOBIO_TEST_POSTGRES is not set");
        return vec![None];
    };
    let name = format!("server_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let made =
        Command::new("psql").args([&cluster, "-qc", &format!("CREATE DATABASE {name}")]).status().unwrap();
    assert!(made.success(), "a database could not be made");
    let (base, query) =
        cluster.split_once('?').map_or((cluster.as_str(), String::new()), |(b, q)| (b, format!("?{q}")));
    let (host, _) = base.rsplit_once('/').unwrap();
    vec![None, Some(format!("{host}/{name}{query}"))]
}
