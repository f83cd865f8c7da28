//! Runs, their append-only events, and the processes that work on them.

use crate::{
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{ConversationId, MessageId, PersonId, RunId, Usage, WorkerId};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{AnswerEnd, AnswerPart, AnswerReads, AnswerRow, AnswerWrites, Owned, StoreError, WorkerWrites},
};

/// The columns of a run, in the order of [`run`]; `r` is the table.
macro_rules! answer_columns {
    () => {
        "r.organization_id, r.owner_id, r.id, r.conversation_id, r.message_id, r.model, r.state, r.failure, \
         r.prompt_tokens, r.completion_tokens, r.cost_micros, r.cut_short, r.worker_id, r.created_at, \
         r.first_token_at, r.ended_at"
    };
}
pub(crate) use answer_columns;

/// Runs in one answer of `answers_since`.
const SINCE_MAX: u32 = 200;

/// All that a run has written, in order.
macro_rules! text_of_run {
    () => {
        "SELECT COALESCE(string_agg(e.body, '' ORDER BY e.seq), '') FROM run_events e \
         WHERE e.organization_id = $1 AND e.owner_id = $2 AND e.run_id = $3 AND e.kind = 'delta'"
    };
}

/// Reads `answer_columns!`.
pub(crate) fn answer(cells: &mut Cells<'_>) -> Result<AnswerRow, StoreError> {
    let cells = cells.of("runs");
    Ok(AnswerRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        conversation: cells.take()?,
        message: cells.take()?,
        model: cells.take()?,
        state: cells.take()?,
        failure: cells.take_opt()?,
        usage: Usage { prompt_tokens: cells.take_opt()?, completion_tokens: cells.take_opt()? },
        cost_micros: cells.take_opt()?,
        cut_short: cells.take()?,
        worker: cells.take()?,
        created_at: cells.take()?,
        first_token_at: cells.take_opt()?,
        ended_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> AnswerReads for Statements<L> {
    async fn answer(&self, owned: Owned, id: RunId) -> Result<Option<AnswerRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            " FROM runs r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.id = $3"
        ));
        let row = self.0.row(asked.owned(owned).bind(id)).await?;
        row.map(|row| answer(&mut Cells::new(&row, "runs"))).transpose()
    }

    async fn answers_since(&self, owned: Owned, since: Timestamp) -> Result<Vec<AnswerRow>, StoreError> {
        // Active ones have no end (the schema sees to it): both halves are ranges of the same index.
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            " FROM runs r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.ended_at IS NULL UNION ALL SELECT ",
            answer_columns!(),
            " FROM runs r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.ended_at >= $3 \
             ORDER BY created_at, id LIMIT $4"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(since).bind(SINCE_MAX)).await?;
        rows.iter().map(|row| answer(&mut Cells::new(row, "runs"))).collect()
    }

    async fn active_runs(&self, worker: WorkerId, before: Timestamp) -> Result<Vec<AnswerRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            " FROM runs r WHERE r.state IN ('queued', 'running') AND r.worker_id = $1 AND r.created_at < $2 \
             ORDER BY r.created_at, r.id LIMIT $3"
        ));
        let rows = self.0.rows(asked.bind(worker).bind(before).bind(SINCE_MAX)).await?;
        rows.iter().map(|row| answer(&mut Cells::new(row, "runs"))).collect()
    }

    async fn has_other_worker(&self, than: WorkerId, since: Timestamp) -> Result<bool, StoreError> {
        let asked = Statement::new("SELECT id FROM workers WHERE id <> $1 AND seen_at >= $2 LIMIT 1");
        Ok(self.0.row(asked.bind(than).bind(since)).await?.is_some())
    }

    async fn shut_out_with_runs(&self, worker: WorkerId) -> Result<Vec<PersonId>, StoreError> {
        let asked = Statement::new(
            "SELECT DISTINCT r.owner_id FROM runs r \
             JOIN people p ON p.organization_id = r.organization_id AND p.id = r.owner_id \
             WHERE r.state IN ('queued', 'running') AND r.worker_id = $1 AND p.disabled_at IS NOT NULL",
        );
        let rows = self.0.rows(asked.bind(worker)).await?;
        rows.iter().map(|row| Cells::new(row, "runs").take()).collect()
    }

    async fn answer_text(&self, owned: Owned, id: RunId) -> Result<String, StoreError> {
        let row = self.0.row(Statement::new(text_of_run!()).owned(owned).bind(id)).await?;
        row.map_or_else(|| Ok(String::new()), |row| Cells::new(&row, "run_events").take())
    }
}

#[async_trait]
impl AnswerWrites for Statements<Unit> {
    async fn insert_answer(&mut self, run: &AnswerRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO runs (organization_id, owner_id, id, conversation_id, message_id, model, state, failure, \
             prompt_tokens, completion_tokens, cost_micros, cut_short, worker_id, created_at, first_token_at, \
             ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        )
        .owned(run.owned)
        .bind(run.id)
        .bind(run.conversation)
        .bind(run.message)
        .bind(run.model.clone())
        .bind(run.state)
        .text_opt(run.failure.as_deref())
        .bind_opt(run.usage.prompt_tokens)
        .bind_opt(run.usage.completion_tokens)
        .bind_opt(run.cost_micros)
        .bind(run.cut_short)
        .bind(run.worker)
        .bind(run.created_at)
        .bind_opt(run.first_token_at)
        .bind_opt(run.ended_at);
        self.0.change(new).await.map(drop)
    }

    async fn append_answer_parts(&mut self, events: &[AnswerPart]) -> Result<(), StoreError> {
        for some in events.chunks(ROWS_MAX) {
            let head =
                "INSERT INTO run_events (organization_id, owner_id, run_id, seq, kind, body, at) VALUES";
            let new = some.iter().fold(Statement::with_rows(head, some.len(), 7, ""), |statement, event| {
                statement
                    .owned(event.owned)
                    .bind(event.run)
                    .bind(event.seq)
                    .bind(event.kind)
                    .text(&event.body)
                    .bind(event.at)
            });
            self.0.change(new).await?;
        }
        Ok(())
    }

    async fn end_answer(&mut self, end: &AnswerEnd) -> Result<bool, StoreError> {
        let ended = Statement::new(
            "UPDATE runs SET state = $4, failure = $5, prompt_tokens = $6, completion_tokens = $7, cost_micros = $8, \
             cut_short = $9, first_token_at = $10, ended_at = $11 \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND ended_at IS NULL",
        )
        .owned(end.owned)
        .bind(end.run)
        .bind(end.state)
        .text_opt(end.failure.as_deref())
        .bind_opt(end.usage.prompt_tokens)
        .bind_opt(end.usage.completion_tokens)
        .bind_opt(end.cost_micros)
        .bind(end.cut_short)
        .bind_opt(end.first_token_at)
        .bind(end.at);
        if self.0.change(ended).await? == 0 {
            return Ok(false);
        }
        let written = Statement::new(
            "UPDATE messages SET body = $4 WHERE id = \
             (SELECT message_id FROM runs \
              WHERE organization_id = $1 AND owner_id = $2 AND id = $3)",
        );
        self.0.change(written.owned(end.owned).bind(end.run).text(&end.body)).await?;
        Ok(true)
    }

    async fn interrupt_orphans(
        &mut self,
        except: WorkerId,
        stale: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        // First the runs, which decides and locks; then the texts of exactly those.
        let ended = Statement::new(
            "UPDATE runs SET state = 'interrupted', ended_at = $3 \
             WHERE state IN ('queued', 'running') AND worker_id <> $1 AND NOT EXISTS \
             (SELECT 1 FROM workers w WHERE w.id = runs.worker_id AND w.seen_at >= $2) \
             RETURNING organization_id, owner_id, id, conversation_id, message_id",
        );
        let rows = self.0.rows(ended.bind(except).bind(stale).bind(now)).await?;
        for row in &rows {
            let mut cells = Cells::new(row, "runs");
            let (owned, run): (Owned, RunId) = (cells.take_owned()?, cells.take()?);
            let (conversation, message): (ConversationId, MessageId) = (cells.take()?, cells.take()?);
            let kept = Statement::new(concat!(
                "UPDATE messages SET body = body || (",
                text_of_run!(),
                ") WHERE conversation_id = $4 AND id = $5"
            ));
            self.0.change(kept.owned(owned).bind(run).bind(conversation).bind(message)).await?;
        }
        Ok(rows.len() as u64)
    }
}

#[async_trait]
impl WorkerWrites for Statements<Unit> {
    async fn heartbeat(&mut self, worker: WorkerId, now: Timestamp) -> Result<(), StoreError> {
        let alive = Statement::new(
            "INSERT INTO workers (id, seen_at) VALUES ($1, $2) \
             ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        );
        self.0.change(alive.bind(worker).bind(now)).await.map(drop)
    }

    async fn retire(&mut self, worker: WorkerId) -> Result<(), StoreError> {
        self.0.change(Statement::new("DELETE FROM workers WHERE id = $1").bind(worker)).await.map(drop)
    }
}
