//! What a migration makes of rows that were there before it.

use crate::common::{Fresh, on_both};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use storage::Engine;

const SQLITE: [&str; 3] = [
    include_str!("../../migrations/sqlite/0001_studio.sql"),
    include_str!("../../migrations/sqlite/0002_people.sql"),
    include_str!("../../migrations/sqlite/0003_runs.sql"),
];
const POSTGRES: [&str; 3] = [
    include_str!("../../migrations/postgres/0001_studio.sql"),
    include_str!("../../migrations/postgres/0002_people.sql"),
    include_str!("../../migrations/postgres/0003_runs.sql"),
];

/// Somebody with a passkey, as the first version kept them.
const SOMEBODY: &str = "INSERT INTO organizations (id, name, created_at) VALUES ('o', 'Vobio', 0); \
     INSERT INTO people (organization_id, id, name, role, reviewer, created_at) VALUES ('o', 'p', 'Ana', 'owner', 1, 0); \
     INSERT INTO passkeys (organization_id, owner_id, credential_id, name, passkey, created_at) \
     VALUES ('o', 'p', 'k', 'Laptop', '{}', 0)";

/// An empty place beside the database, and the migrations of its engine.
async fn aside(fresh: &Fresh) -> (AnyConnection, [&'static str; 3]) {
    match fresh.engine() {
        Engine::Sqlite => (AnyConnection::connect("sqlite::memory:").await.unwrap(), SQLITE),
        Engine::Postgres => {
            let mut conn = fresh.outside().await;
            let aside = "CREATE SCHEMA first_version; SET search_path TO first_version";
            sqlx::raw_sql(aside).execute(&mut conn).await.unwrap();
            (conn, POSTGRES)
        }
    }
}

#[tokio::test]
async fn a_passkey_of_the_first_version_belongs_to_the_host_that_was_written_down_if_one_was() {
    for (fact, expected) in [
        (
            "INSERT INTO installation (key, value, updated_at) VALUES ('rp_id', 'a.example', 0)",
            Some("a.example"),
        ),
        ("DELETE FROM installation", None),
    ] {
        on_both(move |fresh| async move {
            let (mut conn, [first, second, _]) = aside(&fresh).await;
            for sql in [first, SOMEBODY, fact, second] {
                sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
            }
            let row = sqlx::query("SELECT rp_id, aaguid FROM passkeys").fetch_one(&mut conn).await.unwrap();
            assert_eq!(row.get::<Option<String>, _>(0).as_deref(), expected);
            assert_eq!(row.get::<String, _>(1), "");
            conn.close().await.unwrap();
        })
        .await;
    }
}

/// A chat of the second version with a run in each state; two of the seven are being written.
const RUNS: &str = "INSERT INTO conversations (organization_id, owner_id, id, title, model, system_prompt, created_at, updated_at) \
     SELECT 'o', 'p', 'c' || n, 'T', 'a/b', '', 0, 0 FROM \
     (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 UNION SELECT 6) AS six; \
     INSERT INTO messages (organization_id, owner_id, conversation_id, id, role, body, created_at) \
     SELECT 'o', 'p', id, 'm' || id, 'assistant', 'Before. ', 0 FROM conversations; \
     INSERT INTO workers (id, seen_at) VALUES ('w', 0)";

#[tokio::test]
async fn runs_of_the_second_version_become_answers_and_those_under_way_keep_their_text() {
    on_both(|fresh| async move {
        let (mut conn, [first, second, third]) = aside(&fresh).await;
        for sql in [first, SOMEBODY, second, RUNS] {
            sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        }
        let states = ["finished", "stopped", "failed", "interrupted", "queued", "running"];
        for (n, state) in states.iter().enumerate() {
            let chat = n + 1;
            let ended = if n < 4 { "9" } else { "NULL" };
            let failure = if *state == "failed" { "'It said no.'" } else { "NULL" };
            let sql = format!(
                "INSERT INTO runs VALUES ('o', 'p', 'r{chat}', 'c{chat}', 'mc{chat}', 'a/b', '{state}', {failure}, 3, 4, 5, 1, 'w', 7, 8, {ended}); \
                 INSERT INTO run_events VALUES ('o', 'p', 'r{chat}', 1, 'started', '', 7); \
                 INSERT INTO run_events VALUES ('o', 'p', 'r{chat}', 3, 'delta', 'world', 8); \
                 INSERT INTO run_events VALUES ('o', 'p', 'r{chat}', 2, 'delta', 'Hello, ', 8)"
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await.unwrap();
        }
        sqlx::raw_sql(third).execute(&mut conn).await.unwrap();
        let rows = sqlx::query(
            "SELECT a.state, r.status, r.kind, r.revision, r.reason, a.failure, a.ended_at, a.cost_micros, m.body, r.changed_at \
             FROM answers a JOIN runs r ON r.id = a.run_id JOIN messages m ON m.id = a.message_id ORDER BY a.run_id",
        )
        .fetch_all(&mut conn)
        .await
        .unwrap();
        let went_down = Some("The studio went down while this was written.");
        let (said, no) = ("Before. ", Some("It said no."));
        let folded = "Before. Hello, world";
        let expected = [
            ("finished", "done", None, None, 9, said),
            ("stopped", "cancelled", None, None, 9, said),
            ("failed", "failed", no, no, 9, said),
            ("interrupted", "failed", went_down, None, 9, said),
            ("interrupted", "failed", went_down, None, 7, folded),
            ("interrupted", "failed", went_down, None, 7, folded),
        ];
        assert_eq!(rows.len(), expected.len());
        for (row, (state, status, reason, failure, ended, body)) in rows.iter().zip(expected) {
            let text = |column: usize| row.get::<Option<String>, _>(column);
            assert_eq!((text(0).as_deref(), text(1).as_deref()), (Some(state), Some(status)));
            assert_eq!((text(2).as_deref(), row.get::<i64, _>(3)), (Some("chat"), 0));
            assert_eq!((text(4).as_deref(), text(5).as_deref()), (reason, failure), "{state}");
            assert_eq!((row.get::<i64, _>(6), row.get::<i64, _>(7), text(8).as_deref()), (ended, 5, Some(body)));
            assert_eq!(row.get::<i64, _>(9), ended, "nothing has changed since");
        }
        conn.close().await.unwrap();
    })
    .await;
}
