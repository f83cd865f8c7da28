//! Opening, migrating, refusing, copying.

use crate::common::{
    Fresh, on_both, on_postgres, postgres,
    rows::{at, put, somebody},
    sqlite,
};
use futures::future::{join, join_all};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::{fs, path::Path, sync::Arc};
use storage::{BackupError, Engine, OpenError, StoreConfig, StoreUrl, open};
use studio::ports::store::{PeopleReads as _, Store, StoreError};

async fn tell(conn: &mut AnyConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.unwrap();
}

async fn number(conn: &mut AnyConnection, sql: &'static str) -> i64 {
    sqlx::query(sql).fetch_one(conn).await.unwrap().get(0)
}

/// Closes the studio's database and does something to it from outside.
async fn tamper(fresh: &Fresh, sql: &str) {
    fresh.db.close().await;
    let mut conn = fresh.outside().await;
    tell(&mut conn, sql).await;
    conn.close().await.unwrap();
}

/// What must not change when a database is refused.
async fn fingerprint(fresh: &Fresh) -> Vec<u8> {
    match fresh.engine() {
        Engine::Sqlite => fs::read(fresh.file()).unwrap(),
        Engine::Postgres => {
            let mut conn = fresh.outside().await;
            let tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'public'";
            let list = "SELECT COUNT(*) FROM _sqlx_migrations";
            vec![number(&mut conn, tables).await as u8, number(&mut conn, list).await as u8]
        }
    }
}

#[tokio::test]
async fn opening_twice_changes_nothing() {
    on_both(|fresh| async move {
        let store = fresh.store();
        somebody(&store).await;
        fresh.db.close().await;
        let before = fingerprint(&fresh).await;
        let again = open(fresh.config.clone()).await.unwrap();
        assert!(again.has_owner().await.unwrap());
        assert_eq!((again.engine(), again.schema_version()), (fresh.engine(), fresh.db.schema_version()));
        again.close().await;
        assert_eq!(fingerprint(&fresh).await, before);
        assert!(!fresh.config.backup_dir.exists(), "no migration, no copy");
    })
    .await;
}

#[tokio::test]
async fn a_newer_changed_or_unfinished_database_is_refused_untouched() {
    for (sql, expected) in [
        (
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
             SELECT 9999, 'from the future', success, checksum, 1 FROM _sqlx_migrations WHERE version = 1",
            "newer version",
        ),
        ("UPDATE _sqlx_migrations SET checksum = '\\x00'", "other sources"),
        ("UPDATE _sqlx_migrations SET success = false", "not finished"),
    ] {
        on_both(|fresh| async move {
            tamper(&fresh, sql).await;
            let before = fingerprint(&fresh).await;
            let refused = open(fresh.config.clone()).await.unwrap_err();
            assert!(refused.to_string().contains(expected), "{refused}");
            assert_eq!(fingerprint(&fresh).await, before);
            assert!(!fresh.config.backup_dir.exists());
        })
        .await;
    }
}

#[tokio::test]
async fn somebody_elses_database_is_refused_untouched() {
    on_both(|fresh| async move {
        tamper(&fresh, "DROP TABLE _sqlx_migrations").await;
        let before = match fresh.engine() {
            Engine::Sqlite => fingerprint(&fresh).await,
            Engine::Postgres => Vec::new(),
        };
        let refused = open(fresh.config.clone()).await.unwrap_err();
        assert!(matches!(refused, OpenError::Foreign), "{refused}");
        if fresh.engine() == Engine::Sqlite {
            assert_eq!(fingerprint(&fresh).await, before);
        }
    })
    .await;
}

fn file_config(path: &Path) -> StoreConfig {
    StoreConfig {
        url: StoreUrl::Sqlite(path.to_owned()),
        backup_dir: path.with_extension("backups"),
        version: "0.0.1",
    }
}

/// An error with its causes, as the operator reads it.
fn told(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[tokio::test]
async fn what_is_no_database_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "not a database, but somebody's notes\n".repeat(200)).unwrap();
    let before = fs::read(&text).unwrap();
    for (path, expected) in [
        (text.clone(), "not a database"),
        (folder.path().to_owned(), "is a directory"),
        (folder.path().join("no/such/folder/studio.db"), "No such file"),
    ] {
        let refused = told(&open(file_config(&path)).await.unwrap_err());
        assert_eq!(refused.matches(expected).count(), 1, "{refused}");
    }
    assert_eq!(fs::read(&text).unwrap(), before);
}

#[tokio::test]
async fn a_path_may_hold_any_character() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a b.db", "%41.db", "what?mode=memory.db", "#1.db", "größe 蛋.db", "a'b\".db"] {
        let path = folder.path().join(name);
        let db = open(file_config(&path)).await.unwrap();
        db.close().await;
        assert!(fs::metadata(&path).unwrap().len() > 0, "{name}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_of_the_process_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let fresh = sqlite().await;
    somebody(&fresh.store()).await;
    let log = fresh.file().with_extension("db-wal");
    assert_eq!((mode(&fresh.file()), mode(&log)), (0o600, 0o600));
    fresh.db.close().await;
    assert!(!log.exists(), "closing leaves one file");
    fs::set_permissions(fresh.file(), fs::Permissions::from_mode(0o644)).unwrap();
    open(fresh.config.clone()).await.unwrap().close().await;
    assert_eq!(mode(&fresh.file()), 0o600);
}

#[tokio::test]
async fn an_older_file_is_copied_before_it_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    // What an older binary would leave: its list of migrations without ours, and a table.
    sqlx::any::install_default_drivers();
    let mut conn = AnyConnection::connect(&format!("sqlite://{}?mode=rwc", path.display())).await.unwrap();
    tell(
        &mut conn,
        "CREATE TABLE _sqlx_migrations (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
         installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, \
         checksum BLOB NOT NULL, execution_time BIGINT NOT NULL); \
         CREATE TABLE old (n BIGINT); INSERT INTO old VALUES (42)",
    )
    .await;
    conn.close().await.unwrap();

    let mut config = file_config(&path);
    config.version = "9.9.9";
    let db = open(config.clone()).await.unwrap();
    assert!(!db.has_owner().await.unwrap());
    db.close().await;
    let copy = config.backup_dir.join("before-9.9.9-1.db");
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", copy.display())).await.unwrap();
    assert_eq!(number(&mut conn, "SELECT n FROM old").await, 42);
    assert_eq!(number(&mut conn, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'people'").await, 0);

    // Where no copy can be made, nothing is migrated.
    tamper_file(&path, "DROP TABLE answer_parts; DELETE FROM _sqlx_migrations").await;
    fs::remove_dir_all(&config.backup_dir).unwrap();
    fs::write(&config.backup_dir, "in the way").unwrap();
    let refused = open(config.clone()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Backup(_)), "{refused}");
    fs::remove_file(&config.backup_dir).unwrap();
    // A migration that fails is rolled back whole; and the copy stays.
    let refused = open(config.clone()).await.unwrap_err();
    assert!(matches!(refused, OpenError::Migration { version: 1, .. }), "{refused}");
    assert!(config.backup_dir.join("before-9.9.9-1.db").exists());
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    assert_eq!(number(&mut conn, "SELECT COUNT(*) FROM _sqlx_migrations").await, 0);
}

async fn tamper_file(path: &Path, sql: &str) {
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    tell(&mut conn, sql).await;
    conn.close().await.unwrap();
}

#[tokio::test]
async fn several_processes_may_start_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut configs = vec![file_config(&folder.path().join("studio.db"))];
    let name = postgres::create_database().await;
    configs.extend(name.as_deref().map(|name| postgres::config(name, &folder)));
    for config in configs {
        let opened = join_all((0..5).map(|_| open(config.clone()))).await;
        for db in opened {
            let db = db.unwrap();
            let store: Arc<dyn Store> = Arc::new(db);
            put(&store, |tx| Box::pin(async move { tx.set_fact("k", "v", at(0)).await })).await;
        }
    }
    if let Some(name) = name {
        postgres::drop_database(&name).await;
    }
}

#[tokio::test]
async fn a_copy_made_while_writing_is_whole() {
    let fresh = sqlite().await;
    let store = fresh.store();
    somebody(&store).await;
    let into = fresh.folder.path().join("copy.db");
    let done = std::cell::Cell::new(false);
    // Pairs are written in one unit of work: a copy holds both or none.
    let writing = async {
        let mut n = 0;
        while !done.get() {
            let (a, b) = (format!("a{n}"), format!("b{n}"));
            put(&store, move |tx| {
                Box::pin(async move {
                    tx.set_fact(&a, "x", at(0)).await?;
                    tx.set_fact(&b, "x", at(0)).await
                })
            })
            .await;
            n += 1;
        }
    };
    let copying = async {
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        fresh.db.backup(&into).await.unwrap();
        done.set(true);
    };
    join(writing, copying).await;
    assert!(matches!(fresh.db.backup(&into).await, Err(BackupError::Exists(_))));
    let lost = fresh.folder.path().join("no/such/folder/copy.db");
    assert!(matches!(fresh.db.backup(&lost).await, Err(BackupError::Io { .. })));

    let names: Vec<_> = fs::read_dir(fresh.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!names.iter().any(|name| name.to_string_lossy().ends_with(".part")), "{names:?}");
    let copy = open(file_config(&into)).await.unwrap();
    assert!(copy.has_owner().await.unwrap());
    copy.close().await;
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", into.display())).await.unwrap();
    let broken =
        sqlx::query("PRAGMA integrity_check").fetch_one(&mut conn).await.unwrap().get::<String, _>(0);
    assert_eq!(broken, "ok");
    let odd = "SELECT COUNT(*) FROM installation a WHERE NOT EXISTS \
               (SELECT 1 FROM installation b WHERE substr(b.key, 2) = substr(a.key, 2) AND b.key <> a.key)";
    assert_eq!(number(&mut conn, odd).await, 0);
}

#[tokio::test]
async fn on_postgresql_a_copy_is_pg_dumps_work() {
    on_postgres(|fresh| async move {
        let said = fresh.db.backup(Path::new("/var/backups/it's.dump")).await.unwrap_err();
        let BackupError::UsePgDump(line) = &said else { panic!("{said}") };
        assert!(line.starts_with("pg_dump --format=custom --host="), "{line}");
        assert!(line.contains(fresh.postgres.as_deref().unwrap()), "{line}");
        assert!(line.ends_with(r"--file='/var/backups/it'\''s.dump'"), "{line}");
    })
    .await;
}

#[tokio::test]
async fn a_password_is_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    for url in
        ["postgres://ada:s3cret@127.0.0.1:1/studio", "postgres://ada:s3cret@[nonsense/studio", "s3cret"]
    {
        let config = StoreConfig {
            url: StoreUrl::Postgres(url.to_owned().into()),
            backup_dir: folder.path().to_owned(),
            version: "0.0.1",
        };
        assert!(!format!("{config:?}").contains("s3cret"));
        let error = open(config).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
        assert!(
            matches!(error, OpenError::Store(StoreError::Unavailable(_) | StoreError::Fault(_))),
            "{error:?}"
        );
    }
}
