//! The audit log: rows, and the chain that they are sealed into.

use crate::common::{
    on_both,
    rows::{at, audit_row, person, put, somebody},
    write,
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};
use std::sync::Arc;
use studio::{
    AUDIT_GENESIS, Finding, KnownHead, audit_hash,
    ports::{
        Timestamp,
        store::{
            AuditHead, AuditLine, AuditQuery, AuditRow, AuditSeal, AuditTarget, AuditWho, Owned, Store,
            StoreError,
        },
    },
    seal_audit, verify_audit,
};

pub(crate) const ROWS: u64 = 6;

pub(crate) async fn insert(store: &Arc<dyn Store>, row: AuditRow) {
    put(store, move |tx| Box::pin(async move { tx.insert_audit(&row).await })).await;
}

/// A chain of [`ROWS`] rows; the last of them is the operator's and has as much empty as can be.
pub(crate) async fn chain(store: &Arc<dyn Store>) -> Owned {
    let owned = somebody(store).await;
    for _ in 1..ROWS {
        insert(store, audit_row(owned)).await;
    }
    let bare = AuditRow {
        who: AuditWho::Operator,
        via: None,
        target: AuditTarget::studio(),
        why: None,
        change: Vec::new(),
        run: None,
        trace: None,
        ..audit_row(owned)
    };
    insert(store, bare).await;
    assert_eq!(seal_audit(&**store, at(8)).await.unwrap(), ROWS);
    owned
}

pub(crate) async fn verified(store: &Arc<dyn Store>) -> Result<(), Finding> {
    known(store, None).await
}

pub(crate) async fn known(store: &Arc<dyn Store>, head: Option<&KnownHead>) -> Result<(), Finding> {
    verify_audit(&**store, head, at(9)).await.unwrap().map(drop)
}

/// Does something to the rows that no port offers.
pub(crate) async fn by_hand(conn: &mut AnyConnection, sql: impl Into<String>) {
    sqlx::raw_sql(AssertSqlSafe(sql.into())).execute(conn).await.unwrap();
}

pub(crate) async fn line(store: &Arc<dyn Store>, position: u64) -> AuditLine {
    let line = store.sealed_audit(position - 1, 1).await.unwrap().pop().unwrap();
    assert_eq!(line.position, Some(position));
    line
}

#[tokio::test]
async fn a_row_comes_back_as_it_was_written_and_is_sealed_behind_the_one_before() {
    on_both(async |fresh| {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (first, second) = (audit_row(owned), audit_row(owned));
        // The second is there first: ids are the order, not the writing.
        insert(&store, second.clone()).await;
        insert(&store, first.clone()).await;
        let waiting = store.unsealed_audit(9).await.unwrap();
        assert_eq!(
            waiting.iter().map(|line| &line.id).collect::<Vec<_>>(),
            [&first.id.to_string(), &second.id.to_string()]
        );
        assert_eq!(seal_audit(&*store, at(8)).await.unwrap(), 2);
        assert_eq!(seal_audit(&*store, at(8)).await.unwrap(), 0);

        let line = line(&store, 1).await;
        let expected = AuditLine {
            position: Some(1),
            id: first.id.to_string(),
            form: 1,
            organization: owned.organization.to_string(),
            at: at(7).0,
            who: "person".to_owned(),
            who_id: Some(owned.owner.to_string()),
            via: first.via.map(|via| via.to_string()),
            action: "person.role_changed".to_owned(),
            target: "person".to_owned(),
            target_id: Some(owned.owner.to_string()),
            why: Some("test".to_owned()),
            change: Some(r#"{"role":["member","owner"]}"#.to_owned()),
            run: first.run.map(|run| run.to_string()),
            trace: first.trace.clone(),
            hash: line.hash.clone(),
            wrong: None,
        };
        assert_eq!(line, expected);
        assert_eq!(line.hash, Some(audit_hash(&expected, 1, AUDIT_GENESIS)));
        let head = store.audit_head().await.unwrap().unwrap();
        assert_eq!((head.position, head.sealed_at), (2, Some(at(8))));
        assert_eq!(verified(&store).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn a_unit_of_work_that_is_rolled_back_leaves_no_row() {
    on_both(async |fresh| {
        let store = fresh.store();
        let row = audit_row(somebody(&store).await);
        let refused = write(&store, move |tx| {
            Box::pin(async move {
                tx.insert_audit(&row).await?;
                Err(StoreError::Fault("on purpose".to_owned()))
            })
        })
        .await;
        assert!(refused.is_err());
        assert!(store.unsealed_audit(9).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn rows_are_listed_for_one_organization_with_the_names_of_today() {
    on_both(async |fresh| {
        let store = fresh.store();
        let (owned, other) = (chain(&store).await, somebody(&store).await);
        insert(&store, audit_row(other)).await;
        let query = |person: Option<&str>, run: Option<String>| AuditQuery {
            organization: owned.organization,
            before: None,
            from: None,
            until: None,
            actions: Vec::new(),
            person: person.map(str::to_owned),
            run,
            limit: 9,
        };
        let all = store.audit(&query(None, None)).await.unwrap();
        assert_eq!(all.len() as u64, ROWS);
        assert!(all.iter().all(|row| row.line.organization == owned.organization.to_string()));
        assert_eq!((all[0].who_name.as_deref(), all[0].line.who.as_str()), (None, "operator"));
        let name = person(owned.organization).name;
        assert_eq!((&all[1].who_name, &all[1].target_name), (&Some(name.clone()), &Some(name)));
        let before = Some(all[3].line.id.parse().unwrap());
        let rest = store.audit(&AuditQuery { before, ..query(None, None) }).await.unwrap();
        assert_eq!(rest, all[4..]);
        for (found, person) in
            [(5, "ada"), (5, &*owned.owner.to_string()), (0, "a_a"), (0, &*other.owner.to_string())]
        {
            assert_eq!(store.audit(&query(Some(person), None)).await.unwrap().len(), found, "{person}");
        }
        let run = all[2].line.run.clone();
        assert_eq!(store.audit(&query(None, run.clone())).await.unwrap(), all[2..3]);
        assert_eq!(store.audit(&query(Some("nobody"), run)).await.unwrap(), []);
        let day = AuditQuery { from: Some(at(7)), until: Some(at(8)), ..query(None, None) };
        assert_eq!(store.audit(&day).await.unwrap().len() as u64, ROWS);
        for (from, until) in [(Some(at(8)), None), (None, Some(at(7)))] {
            assert_eq!(store.audit(&AuditQuery { from, until, ..query(None, None) }).await.unwrap(), []);
        }
    })
    .await;
}

#[tokio::test]
async fn a_row_that_nobody_seals_is_told_after_ten_seconds() {
    on_both(async |fresh| {
        let store = fresh.store();
        let row = audit_row(chain(&store).await);
        let id = row.id.to_string();
        insert(&store, row).await;
        let after = |seconds: i64| Timestamp(at(7).0 + seconds * 1_000_000);
        let verified = verify_audit(&*store, None, after(10)).await.unwrap().unwrap();
        assert_eq!((verified.head.position, verified.waiting), (ROWS, 1));
        let found = verify_audit(&*store, None, after(61)).await.unwrap();
        assert_eq!(found, Err(Finding::Unsealed { id, seconds: 61 }));
    })
    .await;
}

#[tokio::test]
async fn a_long_chain_is_sealed_in_parts_and_read_in_parts() {
    on_both(async |fresh| {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let rows: Vec<_> = (0..1_101).map(|_| audit_row(owned)).collect();
        put(&store, move |tx| {
            Box::pin(async move {
                for row in &rows {
                    tx.insert_audit(row).await?;
                }
                Ok(())
            })
        })
        .await;
        for sealed in [500, 500, 101, 0] {
            assert_eq!(seal_audit(&*store, at(8)).await.unwrap(), sealed);
        }
        assert_eq!(verified(&store).await, Ok(()));
        let mut conn = fresh.outside().await;
        by_hand(&mut conn, "DELETE FROM audit WHERE position = 1000").await;
        assert_eq!(verified(&store).await, Err(Finding::Removed { first: 1_000, last: 1_000 }));
        conn.close().await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_seal_of_a_row_that_has_one_is_refused() {
    on_both(async |fresh| {
        let store = fresh.store();
        let owned = chain(&store).await;
        let head = AuditHead { position: 7, hash: "h".to_owned(), sealed_at: None };
        let seal = |id: String| AuditSeal { id, position: 7, hash: "h".to_owned() };
        let first = line(&store, 1).await.id;
        for id in [first, audit_row(owned).id.to_string()] {
            let (seals, head) = ([seal(id)], head.clone());
            let refused =
                write(&store, move |tx| Box::pin(async move { tx.seal_audit(&seals, &head).await }));
            assert!(matches!(refused.await, Err(StoreError::Fault(_))));
        }
        assert_eq!(verified(&store).await, Ok(()));
    })
    .await;
}
