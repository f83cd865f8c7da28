//! Everything that may be done to the audit log behind the studio's back, and what is found of it.

use crate::{
    audit::{ROWS, by_hand, chain, insert, known, line, verified},
    common::{
        on_both,
        rows::{at, audit_row},
    },
};
use sqlx::{AnyConnection, Connection as _};
use std::sync::Arc;
use storage::Engine;
use studio::{AUDIT_GENESIS, Finding, KnownHead, audit_hash, ports::store::Store, seal_audit};

#[tokio::test]
async fn whatever_column_of_a_row_is_changed_that_row_is_named() {
    const COLUMNS: [&str; 14] = [
        "id",
        "organization_id",
        "form",
        "at",
        "who",
        "who_id",
        "via",
        "action",
        "target",
        "target_id",
        "why",
        "change",
        "run_id",
        "trace_id",
    ];
    on_both(async |fresh| {
        let store = fresh.store();
        chain(&store).await;
        let mut conn = fresh.outside().await;
        for position in [1, 3, ROWS] {
            for column in COLUMNS {
                let is_number = matches!(column, "form" | "at");
                let mut others = vec![if is_number { format!("{column} + 1") } else { "'x'".to_owned() }];
                if matches!(column, "who_id" | "via" | "target_id" | "why" | "change" | "run_id" | "trace_id") {
                    // What is empty is something else than an empty text.
                    let swapped = format!("CASE WHEN {column} IS NULL THEN '' END");
                    others.push(swapped);
                }
                for other in others {
                    by_hand(
                        &mut conn,
                        format!(
                            "CREATE TABLE kept AS SELECT * FROM audit WHERE position = {position}; \
                             UPDATE audit SET {column} = {other} WHERE position = {position}"
                        ),
                    )
                    .await;
                    let found = verified(&store).await;
                    let id = line(&store, position).await.id;
                    assert_eq!(found, Err(Finding::Changed { position, id, column: None }), "{column} = {other}");
                    by_hand(
                        &mut conn,
                        format!(
                            "UPDATE audit SET {column} = (SELECT {column} FROM kept) WHERE position = {position}; \
                             DROP TABLE kept"
                        ),
                    )
                    .await;
                    assert_eq!(verified(&store).await, Ok(()), "{column}");
                }
            }
            let id = line(&store, position).await.id;
            by_hand(&mut conn, format!("UPDATE audit SET hash = 'x' || hash WHERE position = {position}")).await;
            assert_eq!(verified(&store).await, Err(Finding::Changed { position, id, column: None }));
            by_hand(&mut conn, format!("UPDATE audit SET hash = substr(hash, 2) WHERE position = {position}")).await;
        }
        if fresh.engine() == Engine::Sqlite {
            let id = line(&store, 2).await.id;
            by_hand(&mut conn, "UPDATE audit SET at = 'soon' WHERE position = 2").await;
            let column = Some("audit.at holds a value of another type".to_owned());
            assert_eq!(verified(&store).await, Err(Finding::Changed { position: 2, id, column }));
        }
        conn.close().await.unwrap();
    })
    .await;
}

/// What somebody does to a chain of six rows, and what is found.
fn deeds(ids: &[String], sixth: &str) -> Vec<(&'static str, String, Finding)> {
    let moved = |position: u64, row: usize, stands_at| Finding::Reordered {
        position,
        id: ids[row - 1].clone(),
        stands_at,
    };
    let removed = |first, last| Finding::Removed { first, last };
    vec![
        ("the first is removed", "DELETE FROM audit WHERE position = 1".into(), removed(1, 1)),
        ("one is removed", "DELETE FROM audit WHERE position = 3".into(), removed(3, 3)),
        ("two are removed", "DELETE FROM audit WHERE position IN (3, 4)".into(), removed(3, 4)),
        ("the last is removed", "DELETE FROM audit WHERE position = 6".into(), removed(6, 6)),
        ("all are removed", "DELETE FROM audit".into(), removed(1, 6)),
        (
            "one is removed and those behind take its place",
            "DELETE FROM audit WHERE position = 3; UPDATE audit SET position = -position WHERE position > 3; \
             UPDATE audit SET position = -position - 1 WHERE position < 0"
                .into(),
            removed(3, 3),
        ),
        (
            "two are removed and those behind take their places",
            "DELETE FROM audit WHERE position IN (1, 2); UPDATE audit SET position = -position; \
             UPDATE audit SET position = -position - 2"
                .into(),
            removed(1, 2),
        ),
        (
            "two change places",
            "UPDATE audit SET position = 99 WHERE position = 2; UPDATE audit SET position = 2 WHERE position = 4; \
             UPDATE audit SET position = 4 WHERE position = 99"
                .into(),
            moved(2, 2, Some(4)),
        ),
        (
            "two change places and hashes",
            format!(
                "CREATE TABLE two AS SELECT id, position, hash FROM audit WHERE position IN (2, 4); \
                 UPDATE audit SET position = 99 WHERE id = '{0}'; \
                 UPDATE audit SET position = 2, hash = (SELECT hash FROM two WHERE position = 2) WHERE id = '{1}'; \
                 UPDATE audit SET position = 4, hash = (SELECT hash FROM two WHERE position = 4) WHERE id = '{0}'; \
                 DROP TABLE two",
                ids[1], ids[3]
            ),
            moved(2, 2, Some(4)),
        ),
        ("one is put behind all others", "UPDATE audit SET position = 7 WHERE position = 3".into(), moved(3, 3, Some(7))),
        (
            "one has no place any more",
            "UPDATE audit SET position = NULL, hash = NULL WHERE position = 3".into(),
            moved(3, 3, None),
        ),
        (
            "one was put beside another",
            format!(
                "DROP INDEX audit_position; UPDATE audit SET position = 5 WHERE id = '{}'",
                ids[5]
            ),
            Finding::Twice { position: 5, id: ids[5].clone() },
        ),
        ("the kept end is removed", "DELETE FROM audit_head".into(), Finding::HeadGone),
        ("the kept end is another", "UPDATE audit_head SET hash = 'x'".into(), Finding::HeadDiffers { position: 6 }),
        ("the kept end is an earlier one", "UPDATE audit_head SET position = 5".into(), Finding::HeadDiffers { position: 5 }),
        ("the kept end is a later one", "UPDATE audit_head SET position = 8".into(), removed(7, 8)),
        (
            "the last is removed and the kept end goes with it",
            format!("DELETE FROM audit WHERE position = 6; UPDATE audit_head SET position = 5, hash = '{sixth}'"),
            Finding::NotTheKnown { position: Some(6) },
        ),
    ]
}

#[tokio::test]
async fn what_was_removed_or_reordered_is_named_and_how() {
    for deed in 0..17 {
        on_both(async |fresh| {
            let store = fresh.store();
            chain(&store).await;
            let lines = store.sealed_audit(0, 9).await.unwrap();
            let ids: Vec<String> = lines.iter().map(|line| line.id.clone()).collect();
            let deeds = deeds(&ids, lines[4].hash.as_deref().unwrap());
            assert_eq!(deeds.len(), 17);
            let (what, sql, finding) = deeds[deed].clone();
            let head = store.audit_head().await.unwrap().unwrap();
            let head = KnownHead { position: Some(head.position), hash: head.hash };
            assert_eq!(known(&store, Some(&head)).await, Ok(()));
            let mut conn = fresh.outside().await;
            by_hand(&mut conn, sql).await;
            assert_eq!(known(&store, Some(&head)).await, Err(finding), "{what}");
            conn.close().await.unwrap();
        })
        .await;
    }
}

/// Writes the hashes of the whole chain anew, as somebody may who knows how they are made.
async fn forge(store: &Arc<dyn Store>, conn: &mut AnyConnection) {
    let mut before = AUDIT_GENESIS.to_owned();
    let lines = store.sealed_audit(0, 99).await.unwrap();
    for line in &lines {
        before = audit_hash(line, line.position.unwrap(), &before);
        by_hand(conn, format!("UPDATE audit SET hash = '{before}' WHERE id = '{}'", line.id)).await;
    }
    by_hand(conn, format!("UPDATE audit_head SET hash = '{before}'")).await;
}

#[tokio::test]
async fn a_chain_that_was_written_anew_as_a_whole_is_found_by_an_end_that_was_kept_elsewhere() {
    on_both(async |fresh| {
        let store = fresh.store();
        let owned = chain(&store).await;
        let head = store.audit_head().await.unwrap().unwrap();
        let kept = KnownHead::parse(&format!("{} {}\n", head.position, head.hash)).unwrap();
        let bare = KnownHead::parse(&head.hash).unwrap();
        // It goes on, and what was kept is still in it.
        insert(&store, audit_row(owned)).await;
        seal_audit(&*store, at(8)).await.unwrap();
        assert_eq!(known(&store, Some(&kept)).await, Ok(()));
        assert_eq!(known(&store, Some(&bare)).await, Ok(()));
        let elsewhere = KnownHead { position: Some(2), ..kept.clone() };
        assert_eq!(known(&store, Some(&elsewhere)).await, Err(Finding::NotTheKnown { position: Some(2) }));

        let mut conn = fresh.outside().await;
        by_hand(&mut conn, "UPDATE audit SET who_id = NULL, who = 'system' WHERE position = 2").await;
        forge(&store, &mut conn).await;
        assert_eq!(verified(&store).await, Ok(()), "the rows alone cannot tell");
        assert_eq!(known(&store, Some(&kept)).await, Err(Finding::NotTheKnown { position: Some(6) }));
        assert_eq!(known(&store, Some(&bare)).await, Err(Finding::NotTheKnown { position: None }));
        conn.close().await.unwrap();
    })
    .await;
}
