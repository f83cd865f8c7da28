//! What happened to accounts.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{AccountEventId, SessionId};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{AccountEventReads, AccountEventRow, AccountEventWrites, Owned, Seen, StoreError},
};

fn account_event(row: &AnyRow) -> Result<AccountEventRow, StoreError> {
    let mut cells = Cells::new(row, "account_events");
    Ok(AccountEventRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        kind: cells.take()?,
        detail: cells.take()?,
        session: cells.take_opt()?,
        at: cells.take()?,
        seen_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> AccountEventReads for Statements<L> {
    async fn account_events(
        &self,
        owned: Owned,
        before: Option<AccountEventId>,
        limit: u32,
    ) -> Result<Vec<AccountEventRow>, StoreError> {
        let asked = Statement::new(
            "SELECT organization_id, owner_id, id, kind, detail, session_id, at, seen_at FROM account_events \
             WHERE organization_id = $1 AND owner_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
        );
        // Every id begins with a digit or a letter to f.
        let before = before.map_or_else(|| "g".to_owned(), |id| id.to_string());
        let rows = self.0.rows(asked.owned(owned).text(&before).bind(i64::from(limit))).await?;
        rows.iter().map(account_event).collect()
    }

    async fn unseen_account_events(
        &self,
        owned: Owned,
        session: SessionId,
        limit: u32,
    ) -> Result<Vec<AccountEventRow>, StoreError> {
        let asked = Statement::new(
            "SELECT organization_id, owner_id, id, kind, detail, session_id, at, seen_at FROM account_events \
             WHERE organization_id = $1 AND owner_id = $2 AND seen_at IS NULL \
             AND (session_id IS NULL OR session_id <> $3) ORDER BY id DESC LIMIT $4",
        );
        let rows = self.0.rows(asked.owned(owned).bind(session).bind(i64::from(limit))).await?;
        rows.iter().map(account_event).collect()
    }
}

#[async_trait]
impl AccountEventWrites for Statements<Unit> {
    async fn insert_account_event(&mut self, event: &AccountEventRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO account_events (organization_id, owner_id, id, kind, detail, session_id, at, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .owned(event.owned)
        .bind(event.id)
        .bind(event.kind)
        .text(&event.detail)
        .bind_opt(event.session)
        .bind(event.at)
        .bind_opt(event.seen_at);
        self.0.change(new).await.map(drop)
    }

    async fn account_events_seen(
        &mut self,
        owned: Owned,
        session: SessionId,
        seen: Seen,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = Statement::new(
            "UPDATE account_events SET seen_at = $6 \
             WHERE organization_id = $1 AND owner_id = $2 AND id >= $3 AND id <= $4 AND seen_at IS NULL \
             AND (session_id IS NULL OR session_id <> $5)",
        );
        let changed = changed.owned(owned).bind(seen.first).bind(seen.last).bind(session).bind(now);
        self.0.change(changed).await.map(drop)
    }
}
