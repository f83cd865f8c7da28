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
    store::{Owned, PersonRow, SessionEnd, SessionReads, SessionRow, SessionWrites, StoreError},
};

/// The columns of a session, in the order of [`session`]; `s` is the table.
macro_rules! session_columns {
    () => {
        "s.organization_id, s.owner_id, s.id, s.user_agent, s.created_at, s.last_seen_at, s.expires_at, s.ended_at, \
         s.end_reason, s.epoch, s.epoch_at, s.epoch_seen_at, s.touched_at, s.credential_id"
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
}

#[async_trait]
impl SessionWrites for Statements<Unit> {
    async fn insert_session(&mut self, session: &SessionRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO sessions \
             (organization_id, owner_id, id, user_agent, created_at, last_seen_at, expires_at, ended_at, end_reason, \
             epoch, epoch_at, epoch_seen_at, touched_at, credential_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
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
        .bind_opt(session.credential_id.clone());
        self.0.change(new).await.map(drop)
    }

    async fn session_seen(&mut self, owned: Owned, id: SessionId, now: Timestamp) -> Result<(), StoreError> {
        let seen = Statement::new(
            "UPDATE sessions SET last_seen_at = $4 WHERE organization_id = $1 AND owner_id = $2 AND id = $3",
        );
        self.0.change(seen.owned(owned).bind(id).bind(now)).await.map(drop)
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
        self.0.change(ended).await
    }
}
