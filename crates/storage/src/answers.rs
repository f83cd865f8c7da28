//! Answers of a chat, and the parts of those that are being written.

use crate::{
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::{Cells, number},
    unit::Unit,
};
use api_types::{ConversationId, RunId, Usage};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{AnswerEnd, AnswerPart, AnswerReads, AnswerRow, AnswerWrites, Owned, StoreError},
};

/// The columns of an answer, in the order of [`answer`]; `r` is the table.
macro_rules! answer_columns {
    () => {
        "r.organization_id, r.owner_id, r.run_id, r.conversation_id, r.message_id, r.model, r.state, r.failure, \
         r.prompt_tokens, r.completion_tokens, r.cost_micros, r.cut_short, r.created_at, \
         r.first_token_at, r.ended_at"
    };
}
pub(crate) use answer_columns;

/// Answers in one answer of `answers_since` and `answers_left_open`.
const SINCE_MAX: u32 = 200;

/// All parts of an answer, in order.
macro_rules! text_of_run {
    () => {
        "SELECT COALESCE(string_agg(e.body, '' ORDER BY e.seq), '') FROM answer_parts e \
         WHERE e.organization_id = $1 AND e.owner_id = $2 AND e.run_id = $3"
    };
}

/// Reads `answer_columns!`.
pub(crate) fn answer(cells: &mut Cells<'_>) -> Result<AnswerRow, StoreError> {
    let cells = cells.of("answers");
    Ok(AnswerRow {
        owned: cells.take_owned()?,
        run: cells.take()?,
        conversation: cells.take()?,
        message: cells.take()?,
        model: cells.take()?,
        state: cells.take()?,
        failure: cells.take_opt()?,
        usage: Usage { prompt_tokens: cells.take_opt()?, completion_tokens: cells.take_opt()? },
        cost_micros: cells.take_opt()?,
        cut_short: cells.take()?,
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
            " FROM answers r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.run_id = $3"
        ));
        let row = self.0.row(asked.owned(owned).bind(id)).await?;
        row.map(|row| answer(&mut Cells::new(&row, "answers"))).transpose()
    }

    async fn answers_since(&self, owned: Owned, since: Timestamp) -> Result<Vec<AnswerRow>, StoreError> {
        // Active ones have no end (the schema sees to it): both halves are ranges of the same index.
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            " FROM answers r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.ended_at IS NULL UNION ALL SELECT ",
            answer_columns!(),
            " FROM answers r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.ended_at >= $3 \
             ORDER BY created_at, run_id LIMIT $4"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(since).bind(SINCE_MAX)).await?;
        rows.iter().map(|row| answer(&mut Cells::new(row, "answers"))).collect()
    }

    async fn answer_text(&self, owned: Owned, id: RunId) -> Result<String, StoreError> {
        let row = self.0.row(Statement::new(text_of_run!()).owned(owned).bind(id)).await?;
        row.map_or_else(|| Ok(String::new()), |row| Cells::new(&row, "answer_parts").take())
    }

    async fn answers_left_open(&self) -> Result<Vec<AnswerRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            // By the id alone: whose a run is may be what cannot be read of it.
            " FROM answers r JOIN runs f ON f.id = r.run_id WHERE r.state IN ('queued', 'running') \
             AND f.status IN ('needs_attention', 'unreadable', 'done', 'failed', 'cancelled') LIMIT $1"
        ));
        let rows = self.0.rows(asked.bind(SINCE_MAX)).await?;
        // One that cannot be read is in nobody's way.
        Ok(rows.iter().filter_map(|row| answer(&mut Cells::new(row, "answers")).ok()).collect())
    }
}

#[async_trait]
impl AnswerWrites for Statements<Unit> {
    async fn insert_answer(&mut self, answer: &AnswerRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO answers (organization_id, owner_id, run_id, conversation_id, message_id, model, state, failure, \
             prompt_tokens, completion_tokens, cost_micros, cut_short, created_at, first_token_at, ended_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .owned(answer.owned)
        .bind(answer.run)
        .bind(answer.conversation)
        .bind(answer.message)
        .bind(answer.model.clone())
        .bind(answer.state)
        .text_opt(answer.failure.as_deref())
        .bind_opt(answer.usage.prompt_tokens)
        .bind_opt(answer.usage.completion_tokens)
        .bind_opt(answer.cost_micros)
        .bind(answer.cut_short)
        .bind(answer.created_at)
        .bind_opt(answer.first_token_at)
        .bind_opt(answer.ended_at);
        self.0.change_beside(new).await.map(drop)
    }

    async fn append_answer_parts(&mut self, epoch: u64, parts: &[AnswerPart]) -> Result<u64, StoreError> {
        let mut kept = 0;
        for some in parts.chunks(ROWS_MAX) {
            let head = "INSERT INTO answer_parts (organization_id, owner_id, run_id, seq, body, at) SELECT * FROM (VALUES";
            // Who was taken for dead writes nothing, however late it is.
            let tail = ") AS new WHERE EXISTS (SELECT 1 FROM processes WHERE epoch = $";
            let new = some.iter().fold(
                Statement::with_rows_and_one(head, some.len(), 6, tail),
                |statement, part| {
                    statement.owned(part.owned).bind(part.run).bind(part.seq).text(&part.body).bind(part.at)
                },
            );
            kept += self.0.change(new.bind(number(epoch))).await?;
        }
        Ok(kept)
    }

    async fn end_answer(&mut self, end: &AnswerEnd) -> Result<bool, StoreError> {
        let ended = Statement::new(
            // An answer that was tried again has called its model more than once: what was used adds up.
            "UPDATE answers SET state = $4, failure = $5, prompt_tokens = COALESCE(prompt_tokens + $6, $6, prompt_tokens), \
             completion_tokens = COALESCE(completion_tokens + $7, $7, completion_tokens), \
             cost_micros = COALESCE(cost_micros + $8, $8, cost_micros), \
             cut_short = $9, first_token_at = $10, ended_at = $11 \
             WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3 AND ended_at IS NULL",
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
        if self.0.change_beside(ended).await? == 0 {
            return Ok(false);
        }
        let written = match &end.body {
            Some(body) => Statement::new(
                "UPDATE messages SET body = $4 WHERE id = \
                 (SELECT message_id FROM answers WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3)",
            )
            .owned(end.owned)
            .bind(end.run)
            .text(body),
            None => Statement::new(concat!(
                "UPDATE messages SET body = body || (",
                text_of_run!(),
                ") WHERE id = \
                 (SELECT message_id FROM answers WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3)"
            ))
            .owned(end.owned)
            .bind(end.run),
        };
        self.0.later(written).await?;
        Ok(true)
    }

    async fn purge_answer_parts(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = Statement::new(
            "DELETE FROM answer_parts WHERE run_id IN (SELECT DISTINCT p.run_id FROM answer_parts p \
             JOIN answers a ON a.run_id = p.run_id WHERE a.ended_at < $1 LIMIT 100)",
        );
        self.0.change(gone.bind(before)).await
    }

    async fn resume_answer(
        &mut self,
        owned: Owned,
        run: RunId,
        conversation: ConversationId,
    ) -> Result<bool, StoreError> {
        let resumed = Statement::new(
            "UPDATE answers SET state = 'running', failure = NULL, cut_short = 0, ended_at = NULL \
             WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3 AND conversation_id = $4 \
             AND ended_at IS NOT NULL \
             AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = $4 AND c.leaf_id = answers.message_id AND c.deleted_at IS NULL) \
             AND NOT EXISTS (SELECT 1 FROM answers l WHERE l.conversation_id = $4 AND l.message_id = answers.message_id \
             AND l.run_id > $3)",
        );
        if self.0.change(resumed.owned(owned).bind(run).bind(conversation)).await? == 0 {
            return Ok(false);
        }
        // Its message has them by now.
        let folded = Statement::new(
            "DELETE FROM answer_parts WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3",
        );
        self.0.change(folded.owned(owned).bind(run)).await?;
        Ok(true)
    }
}
