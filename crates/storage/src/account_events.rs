//! What happened to accounts.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    ledger::{hour_of, limit_of_hour, spent_this_hour, this_hour},
    row::Cells,
    unit::Unit,
};
use api_types::{AccountEventId, SessionId};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{
        AccountEventReads, AccountEventRow, AccountEventWrites, AuditWrites as _, Happened, Owned, Seen,
        SpentThisHour, StoreError,
    },
};

fn account_event(row: &AnyRow) -> Result<AccountEventRow, StoreError> {
    event(&mut Cells::new(row, "account_events"))
}

fn event(cells: &mut Cells<'_>) -> Result<AccountEventRow, StoreError> {
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

/// Those that matter first, then the newest. The kinds are those of `AccountEventKind::matters`: a test holds the two together.
macro_rules! matters_first {
    () => {
        "CASE WHEN kind IN ('new_device', 'passkey_added', 'passkey_cloned', 'code_used', 'older_token', 'token_made') \
         THEN 0 ELSE 1 END, id DESC"
    };
}

/// Whether an event of the person of `$1` and `$2` is news in a session (its id, then the id of its passkey): whoever added a
/// key sees nothing and puts nothing away that happened before.
macro_rules! is_news {
    ($session:literal, $key:literal) => {
        concat!(
            "seen_at IS NULL AND (session_id IS NULL OR session_id <> ",
            $session,
            ") AND at > COALESCE((SELECT k.created_at FROM passkeys k \
             WHERE k.organization_id = $1 AND k.owner_id = $2 AND k.credential_id = ",
            $key,
            "), 0)"
        )
    };
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
        credential_id: &str,
        limit: u32,
    ) -> Result<Vec<AccountEventRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT organization_id, owner_id, id, kind, detail, session_id, at, seen_at FROM account_events \
             WHERE organization_id = $1 AND owner_id = $2 AND ",
            is_news!("$3", "$4"),
            " ORDER BY ",
            matters_first!(),
            " LIMIT $5"
        ));
        let asked = asked.owned(owned).bind(session).text(credential_id).bind(i64::from(limit));
        let rows = self.0.rows(asked).await?;
        rows.iter().map(account_event).collect()
    }

    async fn unseen_and_spent(
        &self,
        owned: Owned,
        session: SessionId,
        credential_id: &str,
        limit: u32,
        at: Timestamp,
    ) -> Result<(Vec<AccountEventRow>, SpentThisHour), StoreError> {
        let asked = Statement::new(concat!(
            "SELECT h.held, h.spent, h.most, n.organization_id, n.owner_id, n.id, n.kind, n.detail, n.session_id, n.at, \
             n.seen_at FROM (SELECT ",
            this_hour!("held"),
            " AS held, ",
            this_hour!("spent"),
            " AS spent, ",
            limit_of_hour!(),
            " AS most) h LEFT JOIN (SELECT organization_id, owner_id, id, kind, detail, session_id, at, seen_at \
             FROM account_events WHERE organization_id = $1 AND owner_id = $2 AND ",
            is_news!("$4", "$5"),
            " ORDER BY ",
            matters_first!(),
            " LIMIT $6) n ON 1 = 1 ORDER BY ",
            matters_first!()
        ));
        let asked =
            asked.owned(owned).bind(hour_of(at)).bind(session).text(credential_id).bind(i64::from(limit));
        let rows = self.0.rows(asked).await?;
        let (mut news, mut hour) = (Vec::with_capacity(rows.len()), SpentThisHour::default());
        for row in &rows {
            let mut cells = Cells::new(row, "account_events");
            hour = spent_this_hour(&mut cells)?;
            if !cells.is_empty()? {
                news.push(event(&mut cells)?);
            }
        }
        Ok((news, hour))
    }
}

#[async_trait]
impl AccountEventWrites for Statements<Unit> {
    async fn insert_account_event(&mut self, happened: &Happened) -> Result<(), StoreError> {
        let event = &happened.event;
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
        self.0.change(new).await?;
        self.insert_audit(&happened.audit).await
    }

    async fn account_events_seen(
        &mut self,
        owned: Owned,
        session: SessionId,
        credential_id: &str,
        seen: Seen,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = Statement::new(concat!(
            "UPDATE account_events SET seen_at = $7 \
             WHERE organization_id = $1 AND owner_id = $2 AND id >= $5 AND id <= $6 AND ",
            is_news!("$3", "$4")
        ));
        let changed = changed.owned(owned).bind(session).text(credential_id);
        self.0.change(changed.bind(seen.first).bind(seen.last).bind(now)).await.map(drop)
    }
}
