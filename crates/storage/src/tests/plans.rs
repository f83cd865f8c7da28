//! How the engine finds rows: every statement, on ten thousand conversations and one long one.

use super::{
    rows::{chat, id, message, put, somebody},
    sqlite,
    tour::tour,
};
use crate::dialect::sqlite_conflict;
use api_types::ConversationId;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::{sync::Arc, time::Instant};
use studio::ports::store::{MessageRow, Store};

const CONVERSATIONS: i64 = 10_000;
const MESSAGES: usize = 2_000;

/// Tables with a handful of rows, where reading all of them is the fastest way.
const SMALL_TABLES: [&str; 5] = ["setup_codes", "processes", "epochs", "organizations", "flag_switches"];

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let (db, folder) = sqlite(None).await;
    let store: Arc<dyn Store> = db.clone();
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", folder.path().join("studio.db").display()))
        .await
        .unwrap();

    // Ten thousand conversations of one person, with a question and a finished run each, and one long conversation.
    let owned = somebody(&store).await;
    let many = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CONVERSATIONS}) \
         INSERT INTO conversations SELECT '{0}', '{1}', printf('00000000-0000-7000-8000-%012d', i), 'T', 'a/b', NULL, NULL, '', NULL, i, i, \
         CASE WHEN i % 100 = 0 THEN i END FROM n; \
         INSERT INTO messages SELECT organization_id, owner_id, id, id, NULL, 'user', 'text', 1, NULL FROM conversations; \
         INSERT INTO runs SELECT organization_id, owner_id, id, 'chat', 'done', NULL, 1, 1, NULL, NULL, NULL, 0, 0, 1, 1, \
         NULL, NULL FROM conversations; \
         INSERT INTO run_commits SELECT organization_id, owner_id, id, 1, id, 1, 'done', '[]', 1, 'chat', 1, '{{}}', 'd' FROM runs; \
         INSERT INTO answers SELECT organization_id, owner_id, id, id, id, 'a/b', 'finished', NULL, 1, 1, \
         1, 0, 1, 1, 1 FROM conversations",
        owned.organization, owned.owner
    );
    sqlx::raw_sql(AssertSqlSafe(many)).execute(&mut conn).await.unwrap();
    let long = chat(&store, owned).await;
    let mut rows: Vec<MessageRow> = Vec::new();
    for _ in 0..MESSAGES {
        rows.push(message(owned, long, rows.last().map(|row| row.id)));
    }
    let (first, last) = (rows[0].id, rows[MESSAGES - 1].id);
    put(&store, move |tx| Box::pin(async move { tx.insert_messages(&rows).await })).await;
    tour(&db).await;

    // Without ANALYZE, which nobody runs here: the plans are those of a fresh installation and stay so.
    let seen = db.0.counters.seen.lock().unwrap().clone();
    assert!(seen.len() > 80, "the tour is complete: {}", seen.len());
    for sql in seen {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        let plan: Vec<String> =
            plan.fetch_all(&mut conn).await.unwrap().iter().map(|row| row.get("detail")).collect();
        for step in &plan {
            // A scan of `branch` or `down` walks what was just found, one of `new` what was handed in, one of `few` a handful, one of `h` the one row of an hour; one over a partial index reads only its part.
            let partial =
                ["answers_one_active", "conversations_bin", "people_owners", "runs_due_at", "audit_unsealed"];
            let fine = !step.starts_with("SCAN ")
                || SMALL_TABLES.iter().any(|table| step.starts_with(&format!("SCAN {table}")))
                || partial.iter().any(|index| step.contains(index))
                || ["SCAN b", "SCAN d", "SCAN down", "SCAN new", "SCAN few", "SCAN n", "SCAN n LEFT-JOIN", "SCAN h", "SCAN CONSTANT ROW", "SCAN 100 CONST", "SCAN 1"]
                    .contains(&step.as_str())
                || step.ends_with("-ROW VALUES CLAUSE")
                // Along the ids of one kind, and no further than the limit on the table itself.
                || (sql.contains("LIMIT 1 OFFSET") && step.starts_with("SCAN ceremonies USING INDEX ceremonies_"))
                || sql.contains("FROM installation LIMIT 1")
                // All of them are counted, at a start.
                // Parts are of answers that are being written, or ended within the hour.
                || (sql.starts_with("DELETE FROM answer_parts WHERE run_id IN (SELECT DISTINCT") && step.starts_with("SCAN p USING"))
                || (sql.contains("COUNT(DISTINCT owner_id)") && step.starts_with("SCAN passkeys USING"))
                // Once, when the studio moves to another host.
                || (sql.contains("WHERE rp_id IS NULL") && step == "SCAN passkeys")
                // Those that are due, to be taken in turns.
                || (sql.contains(") AS waiting") && (step == "SCAN waiting" || step.starts_with("SCAN (subquery")))
                // By hand, on the server.
                || sql.contains(" AS computed FROM spending UNION ALL") || sql.contains(" FROM holds h WHERE h.amount") || sql.contains(") AS sums WHERE rest")
                || (sql.contains("p.name = $1 OR p.id = $1") && step.starts_with("SCAN p"));
            assert!(fine, "{step}\nin {sql}\n{plan:#?}");
        }
    }

    // Not asserted: a busy machine would make it a lie. `cargo test -p storage no_statement -- --nocapture` shows it.
    for limit in [50, 2_000] {
        let since = Instant::now();
        let branch = store.branch(owned, long, last, limit).await.unwrap();
        println!("branch of {}: {:?}", branch.len(), since.elapsed());
    }
    let since = Instant::now();
    assert_eq!(store.youngest_leaf(owned, long, first).await.unwrap(), Some(last));
    println!("youngest leaf, {MESSAGES} down: {:?}", since.elapsed());
    let since = Instant::now();
    let middle = Some((studio::ports::Timestamp(5_000), ConversationId(id())));
    assert_eq!(store.conversations(owned, middle, 50).await.unwrap().len(), 50);
    println!("50 conversations in the middle: {:?}", since.elapsed());
    db.close().await;
}

#[tokio::test]
async fn every_unique_index_has_the_name_that_postgresql_gives_it() {
    let (_db, folder) = sqlite(None).await;
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", folder.path().join("studio.db").display()))
        .await
        .unwrap();
    let indexes = sqlx::query(
        "SELECT m.name AS t, l.name AS i, l.origin AS o, \
         (SELECT group_concat(m.name || '.' || c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(l.name) c) AS c \
         FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" = 1 \
         AND m.name NOT LIKE '@_%' ESCAPE '@'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert!(indexes.len() >= 14);
    for index in indexes {
        let [table, name, origin, columns] =
            ["t", "i", "o", "c"].map(|column| index.get::<String, _>(column));
        let expected = match origin.as_str() {
            "pk" => format!("{table}_pkey"),
            // SQLite does not keep the name of a constraint; there is this one.
            "u" => "messages_conversation".to_owned(),
            _ => name,
        };
        assert_eq!(sqlite_conflict(&format!("UNIQUE constraint failed: {columns}")), expected);
    }
    assert_eq!(sqlite_conflict("CHECK constraint failed: answers_ended"), "answers_ended");
    assert_eq!(sqlite_conflict("NOT NULL constraint failed: answers.model"), "answers.model");
    assert_eq!(sqlite_conflict("FOREIGN KEY constraint failed"), "foreign_key");
}
