//! The audit log and the chain that its rows are sealed into.

use crate::{
    conversations::anywhere,
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{
        AUDIT_FORM, AuditHead, AuditLine, AuditQuery, AuditReads, AuditRow, AuditSeal, AuditWrites,
        ListedAudit, StoreError,
    },
};

/// Every column, in the order of [`line`].
macro_rules! columns {
    () => {
        "a.position, a.id, a.form, a.organization_id, a.at, a.who, a.who_id, a.via, a.action, a.target, a.target_id, a.why, \
         a.change, a.run_id, a.trace_id, a.hash"
    };
}

/// Those of one organization that are looked for, the newest first, with the names of people. Where a filter is empty it asks for
/// nothing.
macro_rules! listed {
    ($run:literal) => {
        concat!(
            "SELECT ",
            columns!(),
            ", w.name, t.name FROM audit a \
             LEFT JOIN people w ON w.id = a.who_id AND w.organization_id = a.organization_id \
             LEFT JOIN people t ON t.id = a.target_id AND t.organization_id = a.organization_id AND a.target = 'person' \
             WHERE a.organization_id = $1 AND a.id < $2 AND a.at >= $3 AND a.at < $4 \
             AND ($5 = '' OR $5 LIKE '%|' || a.action || '|%') \
             AND ($6 = '' OR EXISTS (SELECT 1 FROM people p WHERE p.organization_id = $1 \
             AND (p.id = $6 OR LOWER(p.name) LIKE LOWER($7) ESCAPE '!') AND p.id IN (a.who_id, a.target_id))) AND ",
            $run,
            " ORDER BY a.id DESC LIMIT $9"
        )
    };
}

/// A row as it stands. What cannot be read is left empty, and the first such column is named: the row is still found.
fn line(cells: &mut Cells<'_>) -> AuditLine {
    let mut wrong = None;
    let unread = &mut wrong;
    let line = AuditLine {
        position: cells.take_opt_or(unread),
        id: cells.take_or(String::new(), unread),
        form: cells.take_or(0, unread),
        organization: cells.take_or(String::new(), unread),
        at: cells.take_or(0, unread),
        who: cells.take_or(String::new(), unread),
        who_id: cells.take_opt_or(unread),
        via: cells.take_opt_or(unread),
        action: cells.take_or(String::new(), unread),
        target: cells.take_or(String::new(), unread),
        target_id: cells.take_opt_or(unread),
        why: cells.take_opt_or(unread),
        change: cells.take_opt_or(unread),
        run: cells.take_opt_or(unread),
        trace: cells.take_opt_or(unread),
        hash: cells.take_opt_or(unread),
        wrong: None,
    };
    AuditLine { wrong, ..line }
}

fn lines(rows: &[AnyRow]) -> Vec<AuditLine> {
    rows.iter().map(|row| line(&mut Cells::new(row, "audit"))).collect()
}

fn listed(row: &AnyRow) -> Result<ListedAudit, StoreError> {
    let mut cells = Cells::new(row, "audit");
    let line = line(&mut cells);
    let cells = cells.of("people");
    Ok(ListedAudit { line, who_name: cells.take_opt()?, target_name: cells.take_opt()? })
}

fn head(row: &AnyRow) -> Result<AuditHead, StoreError> {
    let mut cells = Cells::new(row, "audit_head");
    Ok(AuditHead { position: cells.take()?, hash: cells.take()?, sealed_at: cells.take_opt()? })
}

#[async_trait]
impl<L: Line> AuditReads for Statements<L> {
    async fn audit(&self, query: &AuditQuery) -> Result<Vec<ListedAudit>, StoreError> {
        let asked = match query.run {
            None => Statement::new(listed!("$8 = ''")),
            Some(_) => Statement::new(listed!("a.run_id = $8")),
        };
        // Every id begins with a digit or a letter to f.
        let before = query.before.map_or_else(|| "g".to_owned(), |id| id.to_string());
        let words: Vec<&str> = query.actions.iter().map(|action| action.as_str()).collect();
        let actions = if words.is_empty() { String::new() } else { format!("|{}|", words.join("|")) };
        let person = query.person.as_deref().unwrap_or_default();
        let asked = asked
            .bind(query.organization)
            .text(&before)
            .bind(query.from.unwrap_or(Timestamp(i64::MIN)))
            .bind(query.until.unwrap_or(Timestamp(i64::MAX)))
            .text(&actions)
            .text(person)
            .text(&anywhere(person))
            .text(query.run.as_deref().unwrap_or_default())
            .bind(query.limit);
        let rows = self.0.rows(asked).await?;
        rows.iter().map(listed).collect()
    }

    async fn sealed_audit(&self, after: u64, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM audit a WHERE a.position > $1 ORDER BY a.position, a.id LIMIT $2"
        ));
        Ok(lines(&self.0.rows(asked.bind(after).bind(limit)).await?))
    }

    async fn unsealed_audit(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM audit a WHERE a.position IS NULL ORDER BY a.id LIMIT $1"
        ));
        Ok(lines(&self.0.rows(asked.bind(limit)).await?))
    }

    async fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        let asked = Statement::new("SELECT position, hash, sealed_at FROM audit_head WHERE id = 1");
        self.0.row(asked).await?.as_ref().map(head).transpose()
    }
}

#[async_trait]
impl AuditWrites for Statements<Unit> {
    async fn insert_audit(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let (who, who_id) = row.who.parts();
        let new = Statement::new(
            "INSERT INTO audit (id, organization_id, form, at, who, who_id, via, action, target, target_id, why, change, \
             run_id, trace_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(row.id)
        .bind(row.organization)
        .bind(AUDIT_FORM)
        .bind(row.at)
        .text(who)
        .bind_opt(who_id)
        .bind_opt(row.via.map(|via| via.to_string()))
        .bind(row.action)
        .text(row.target.kind)
        .text_opt(row.target.id.as_deref())
        .text_opt(row.why)
        .text_opt(row.change_json().as_deref())
        .bind_opt(row.run)
        .text_opt(row.trace.as_deref());
        self.0.change(new).await.map(drop)
    }

    async fn hold_audit_head(&mut self) -> Result<Option<AuditHead>, StoreError> {
        let held = Statement::new(self.0.engine().hold_audit_head());
        self.0.row(held).await?.as_ref().map(head).transpose()
    }

    async fn seal_audit(&mut self, seals: &[AuditSeal], head: &AuditHead) -> Result<(), StoreError> {
        for some in seals.chunks(ROWS_MAX) {
            let sealed = Statement::with_rows(
                "UPDATE audit SET position = new.column2, hash = new.column3 FROM (VALUES",
                some.len(),
                3,
                ") AS new WHERE audit.id = new.column1 AND audit.position IS NULL",
            );
            let sealed = some
                .iter()
                .fold(sealed, |sealed, seal| sealed.text(&seal.id).bind(seal.position).text(&seal.hash));
            if self.0.change(sealed).await? != some.len() as u64 {
                // Somebody else was at them: the head was not held, or rows were changed by hand.
                return Err(StoreError::Fault("a row of the audit was sealed by somebody else".to_owned()));
            }
        }
        let moved =
            Statement::new("UPDATE audit_head SET position = $1, hash = $2, sealed_at = $3 WHERE id = 1");
        let moved = moved.bind(head.position).text(&head.hash).bind_opt(head.sealed_at);
        self.0.change(moved).await.map(drop)
    }
}
