//! What a migration makes of rows that were there before it.

use crate::common::on_both;
use sqlx::{AnyConnection, Connection as _, Row as _};
use storage::Engine;

const SQLITE: [&str; 2] = [
    include_str!("../../migrations/sqlite/0001_studio.sql"),
    include_str!("../../migrations/sqlite/0002_people.sql"),
];
const POSTGRES: [&str; 2] = [
    include_str!("../../migrations/postgres/0001_studio.sql"),
    include_str!("../../migrations/postgres/0002_people.sql"),
];

/// Somebody with a passkey, as the first version kept them.
const SOMEBODY: &str = "INSERT INTO organizations (id, name, created_at) VALUES ('o', 'Vobio', 0); \
     INSERT INTO people (organization_id, id, name, role, reviewer, created_at) VALUES ('o', 'p', 'Ana', 'owner', 1, 0); \
     INSERT INTO passkeys (organization_id, owner_id, credential_id, name, passkey, created_at) \
     VALUES ('o', 'p', 'k', 'Laptop', '{}', 0)";

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
            let (mut conn, [first, second]) = match fresh.engine() {
                Engine::Sqlite => (AnyConnection::connect("sqlite::memory:").await.unwrap(), SQLITE),
                Engine::Postgres => (fresh.outside().await, POSTGRES),
            };
            if fresh.engine() == Engine::Postgres {
                let aside = "CREATE SCHEMA first_version; SET search_path TO first_version";
                sqlx::raw_sql(aside).execute(&mut conn).await.unwrap();
            }
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
