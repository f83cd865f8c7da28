//! What the gate refused.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{OrganizationId, RefusalId};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{Owned, RefusalReads, RefusalRow, RefusalWrites, StoreError},
};

/// The columns of a refusal, in the order of [`refusal`].
macro_rules! columns {
    () => {
        "organization_id, owner_id, id, gate, rule, operation, model, sentence, resets_at, passage_from, passage_until, at, \
         last_at, times, trace_id"
    };
}

fn refusal(row: &AnyRow) -> Result<RefusalRow, StoreError> {
    let mut cells = Cells::new(row, "refusals");
    Ok(RefusalRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        check: cells.take()?,
        rule: cells.take()?,
        operation: cells.take()?,
        model: cells.take_opt()?,
        sentence: cells.take()?,
        resets_at: cells.take_opt()?,
        passage: {
            let (from, until): (Option<u32>, Option<u32>) = (cells.take_opt()?, cells.take_opt()?);
            from.zip(until)
        },
        at: cells.take()?,
        last_at: cells.take()?,
        times: cells.take()?,
        trace: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> RefusalReads for Statements<L> {
    async fn refusal(
        &self,
        organization: OrganizationId,
        id: RefusalId,
    ) -> Result<Option<RefusalRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM refusals WHERE id = $2 AND organization_id = $1"
        ));
        let row = self.0.row(asked.bind(organization).bind(id)).await?;
        row.as_ref().map(refusal).transpose()
    }

    async fn refusals(&self, owned: Owned, limit: u32) -> Result<Vec<RefusalRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM refusals WHERE organization_id = $1 AND owner_id = $2 ORDER BY last_at DESC, id DESC LIMIT $3"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(limit)).await?;
        rows.iter().map(refusal).collect()
    }
}

#[async_trait]
impl RefusalWrites for Statements<Unit> {
    async fn insert_refusal(&mut self, row: &RefusalRow) -> Result<RefusalId, StoreError> {
        let kept = Statement::new(concat!(
            "INSERT INTO refusals (",
            columns!(),
            ", minute) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) \
             ON CONFLICT (owner_id, organization_id, gate, rule, operation, minute) DO UPDATE SET times = refusals.times + 1, \
             sentence = excluded.sentence, resets_at = excluded.resets_at, passage_from = excluded.passage_from, \
             passage_until = excluded.passage_until, last_at = excluded.last_at RETURNING id"
        ))
        .owned(row.owned)
        .bind(row.id)
        .bind(row.check)
        .text(&row.rule)
        .text(&row.operation)
        .bind_opt(row.model.clone())
        .text(&row.sentence)
        .bind_opt(row.resets_at)
        .bind_opt(row.passage.map(|(from, _)| from))
        .bind_opt(row.passage.map(|(_, until)| until))
        .bind(row.at)
        .bind(row.last_at)
        .bind(row.times)
        .text_opt(row.trace.as_deref())
        .bind(row.minute());
        let rows = self.0.rows(kept).await?;
        match rows.first() {
            Some(row) => Cells::new(row, "refusals").take(),
            None => Err(StoreError::Fault("a refusal was neither kept nor counted".to_owned())),
        }
    }

    async fn purge_refusals(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = Statement::new(
            "DELETE FROM refusals WHERE id IN (SELECT id FROM refusals WHERE last_at < $1 ORDER BY last_at LIMIT 1000)",
        );
        self.0.change(gone.bind(before)).await
    }
}
