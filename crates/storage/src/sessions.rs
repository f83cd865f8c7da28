//! Sessions.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    people::{person, person_columns},
    row::Cells,
    unit::Unit,
};
use api_types::SessionId;
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{API_CLIENT, Owned, PersonRow, SessionEnd, SessionReads, SessionRow, SessionWrites, StoreError},
};

/// The columns of a session, in the order of [`session`]; `s` is the table.
macro_rules! session_columns {
    () => {
        "s.organization_id, s.owner_id, s.id, s.user_agent, s.created_at, s.last_seen_at, s.expires_at, s.ended_at, \
         s.end_reason, s.epoch, s.epoch_at, s.epoch_seen_at, s.touched_at, s.credential_id, s.browser"
    };
}

fn session(cells: &mut Cells<'_>) -> Result<SessionRow, StoreError> {
    Ok(SessionRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        user_agent: cells.take()?,
        created_at: cells.take()?,
        last_seen_at: cells.take()?,
        expires_at: cells.take()?,
        ended_at: cells.take_opt()?,
        end_reason: cells.take_opt()?,
        epoch: cells.take()?,
        epoch_at: cells.take()?,
        epoch_seen_at: cells.take_opt()?,
        touched_at: cells.take()?,
        credential_id: cells.take_opt()?,
        browser: cells.take()?,
    })
}

#[async_trait]
impl<L: Line> SessionReads for Statements<L> {
    async fn session_with_person(
        &self,
        id: SessionId,
    ) -> Result<Option<(SessionRow, PersonRow)>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            session_columns!(),
            ", ",
            person_columns!(),
            " FROM sessions s JOIN people p ON p.organization_id = s.organization_id AND p.id = s.owner_id \
             WHERE s.id = $1"
        ));
        let Some(row) = self.0.row(asked.bind(id)).await? else { return Ok(None) };
        let mut cells = Cells::new(&row, "sessions");
        Ok(Some((session(&mut cells)?, person(&mut cells)?)))
    }

    async fn sessions(
        &self,
        owned: Owned,
        now: Timestamp,
        idle_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<SessionRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions s WHERE s.organization_id = $1 AND s.owner_id = $2 AND s.ended_at IS NULL \
             AND s.expires_at > $3 AND s.last_seen_at >= $4 ORDER BY s.last_seen_at DESC, s.id DESC LIMIT $5"
        ));
        let asked = asked.owned(owned).bind(now).bind(idle_since).bind(i64::from(limit));
        self.0.rows(asked).await?.iter().map(|row| session(&mut Cells::new(row, "sessions"))).collect()
    }

    async fn has_opened_session(&self, owned: Owned) -> Result<bool, StoreError> {
        let asked =
            Statement::new("SELECT id FROM sessions WHERE organization_id = $1 AND owner_id = $2 LIMIT 1");
        Ok(self.0.row(asked.owned(owned)).await?.is_some())
    }

    async fn has_opened_like(&self, session: &SessionRow) -> Result<bool, StoreError> {
        let asked = Statement::new(
            "SELECT id FROM sessions WHERE organization_id = $1 AND owner_id = $2 AND browser = $3 \
             AND (browser <> $4 OR user_agent = $5) LIMIT 1",
        );
        let asked = asked.owned(session.owned).text(&session.browser).text(API_CLIENT);
        Ok(self.0.row(asked.text(&session.user_agent)).await?.is_some())
    }

    async fn knows_browser(&self, browser: &str) -> Result<bool, StoreError> {
        let asked = Statement::new("SELECT id FROM sessions WHERE browser = $1 LIMIT 1");
        Ok(self.0.row(asked.text(browser)).await?.is_some())
    }
}

#[async_trait]
impl SessionWrites for Statements<Unit> {
    async fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO sessions \
             (organization_id, owner_id, id, user_agent, created_at, last_seen_at, expires_at, ended_at, end_reason, \
             epoch, epoch_at, epoch_seen_at, touched_at, credential_id, browser) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .owned(session.owned)
        .bind(session.id)
        .text(&session.user_agent)
        .bind(session.created_at)
        .bind(session.last_seen_at)
        .bind(session.expires_at)
        .bind_opt(session.ended_at)
        .bind_opt(session.end_reason)
        .bind(session.epoch)
        .bind(session.epoch_at)
        .bind_opt(session.epoch_seen_at)
        .bind(session.touched_at)
        .bind_opt(session.credential_id.clone())
        .text(&session.browser);
        self.0.change(new).await.map(drop)
    }

    async fn session_seen(&mut self, owned: Owned, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        let seen = Statement::new(
            "UPDATE sessions SET last_seen_at = $4 WHERE organization_id = $1 AND owner_id = $2 AND id = $3",
        );
        self.0.change(seen.owned(owned).bind(id).bind(now)).await.map(drop)
    }

    async fn confirm_epoch(
        &mut self,
        owned: Owned,
        id: SessionId,
        epoch: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let confirmed = Statement::new(
            "UPDATE sessions SET epoch_seen_at = $5 WHERE organization_id = $1 AND owner_id = $2 AND id = $3 \
             AND epoch = $4 AND epoch_seen_at IS NULL",
        );
        self.0.change(confirmed.owned(owned).bind(id).bind(epoch).bind(now)).await.map(drop)
    }

    async fn advance_epoch(
        &mut self,
        owned: Owned,
        id: SessionId,
        epoch: u32,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let advanced = Statement::new(
            "UPDATE sessions SET epoch = epoch + 1, epoch_at = $5, epoch_seen_at = NULL \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND epoch = $4 \
             AND epoch_seen_at IS NOT NULL AND ended_at IS NULL",
        );
        Ok(self.0.change(advanced.owned(owned).bind(id).bind(epoch).bind(now)).await? == 1)
    }

    async fn end_session(
        &mut self,
        owned: Owned,
        id: SessionId,
        reason: SessionEnd,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let ended = Statement::new(
            "UPDATE sessions SET ended_at = $4, end_reason = $5 \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND ended_at IS NULL",
        );
        Ok(self.0.change(ended.owned(owned).bind(id).bind(now).bind(reason)).await? == 1)
    }

    async fn session_touched(
        &mut self,
        owned: Owned,
        id: SessionId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let touched = Statement::new(
            "UPDATE sessions SET touched_at = $4 WHERE organization_id = $1 AND owner_id = $2 AND id = $3",
        );
        self.0.change(touched.owned(owned).bind(id).bind(now)).await.map(drop)
    }

    async fn end_sessions_of_passkey(
        &mut self,
        owned: Owned,
        credential_id: &str,
        except: SessionId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let ended = Statement::new(
            "UPDATE sessions SET ended_at = $5, end_reason = $6 WHERE organization_id = $1 AND owner_id = $2 \
             AND credential_id = $3 AND id <> $4 AND ended_at IS NULL",
        );
        let ended =
            ended.owned(owned).text(credential_id).bind(except).bind(now).bind(SessionEnd::KeyRemoved);
        let ended = self.0.change(ended).await?;
        let untouched = Statement::new(
            "UPDATE sessions SET touched_at = 0 \
             WHERE organization_id = $1 AND owner_id = $2 AND id <> $3 AND ended_at IS NULL",
        );
        self.0.change(untouched.owned(owned).bind(except)).await?;
        Ok(ended)
    }

    async fn end_sessions(
        &mut self,
        owned: Owned,
        except: Option<SessionId>,
        reason: SessionEnd,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let ended = Statement::new(
            "UPDATE sessions SET ended_at = $4, end_reason = $5 \
             WHERE organization_id = $1 AND owner_id = $2 AND id <> $3 AND ended_at IS NULL",
        );
        // No id is the empty text.
        let except = except.map_or_else(String::new, |id| id.to_string());
        self.0.change(ended.owned(owned).text(&except).bind(now).bind(reason)).await
    }

    async fn purge_sessions(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let purged = Statement::new(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 LIMIT 100)",
        );
        self.0.change(purged.bind(before)).await
    }
}
