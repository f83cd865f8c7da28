//! The ledger, open holds, and the sums of windows.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{EntryKind, HoldId, PersonId, RunId, Span};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{
        Difference, EntryRow, HoldRow, LedgerReads, LedgerWrites, Owned, SpendingLimits, Spent,
        SpentThisHour, StoreError,
    },
};

/// What this person may spend, up to where the studio's limit stands.
macro_rules! most {
    ($span:literal) => {
        concat!(
            "COALESCE((SELECT l.",
            $span,
            "_micros FROM spending_limits l WHERE l.organization_id = $1 AND l.owner_id = $2), "
        )
    };
}

/// Adds $5 to what is held of the windows that begin at $3 and $4, where it fits under the person's limits or else $6 and $7. Always
/// the hour before the day: two who wait for each other would wait in a circle.
const HOLD: &str = concat!(
    "INSERT INTO spending (organization_id, owner_id, span, starts_at, held, spent) \
     SELECT n.organization_id, n.owner_id, n.span, n.starts_at, n.held, 0 FROM ( \
     SELECT $1 AS organization_id, $2 AS owner_id, 'hour' AS span, CAST($3 AS BIGINT) AS starts_at, \
     CAST($5 AS BIGINT) AS held, ",
    most!("hour"),
    "CAST($6 AS BIGINT)) AS most UNION ALL \
     SELECT $1, $2, 'day', CAST($4 AS BIGINT), CAST($5 AS BIGINT), ",
    most!("day"),
    "CAST($7 AS BIGINT))) AS n WHERE n.held <= n.most \
     ON CONFLICT (owner_id, organization_id, span, starts_at) DO UPDATE SET held = spending.held + excluded.held \
     WHERE spending.held + spending.spent + excluded.held <= CASE excluded.span WHEN 'hour' THEN ",
    most!("hour"),
    "CAST($6 AS BIGINT)) ELSE ",
    most!("day"),
    "CAST($7 AS BIGINT)) END"
);

/// Adds $5 to what is held and $6 to what is spent of the windows that begin at $3 and $4, in the same order as [`HOLD`].
const MOVE: &str = "INSERT INTO spending (organization_id, owner_id, span, starts_at, held, spent) \
     SELECT n.organization_id, n.owner_id, n.span, n.starts_at, n.held, n.spent FROM ( \
     SELECT $1 AS organization_id, $2 AS owner_id, 'hour' AS span, CAST($3 AS BIGINT) AS starts_at, \
     CAST($5 AS BIGINT) AS held, CAST($6 AS BIGINT) AS spent UNION ALL \
     SELECT $1, $2, 'day', CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT)) AS n WHERE n.span <> '' \
     ON CONFLICT (owner_id, organization_id, span, starts_at) DO UPDATE \
     SET held = spending.held + excluded.held, spent = spending.spent + excluded.spent";

macro_rules! entry_columns {
    () => {
        "organization_id, owner_id, hold_id, kind, run_id, operation, model, amount, hour, day, estimated, at"
    };
}

/// A column of the hour that begins at $3; zero where nothing was held in it.
macro_rules! this_hour {
    ($column:literal) => {
        concat!(
            "COALESCE((SELECT s.",
            $column,
            " FROM spending s WHERE s.organization_id = $1 AND s.owner_id = $2 AND s.span = 'hour' AND s.starts_at = $3), 0)"
        )
    };
}
pub(crate) use this_hour;

/// What the person may spend in an hour, where that is their own limit.
macro_rules! limit_of_hour {
    () => {
        "(SELECT l.hour_micros FROM spending_limits l WHERE l.organization_id = $1 AND l.owner_id = $2)"
    };
}
pub(crate) use limit_of_hour;

/// Reads `this_hour!` of both columns and `limit_of_hour!`.
pub(crate) fn spent_this_hour(cells: &mut Cells<'_>) -> Result<SpentThisHour, StoreError> {
    Ok(SpentThisHour { spent: spent(cells)?, limit: cells.take_opt()? })
}

/// The beginning of the hour in which a moment lies.
pub(crate) fn hour_of(at: Timestamp) -> Timestamp {
    windows_of(at).0
}

fn spent(cells: &mut Cells<'_>) -> Result<Spent, StoreError> {
    Ok(Spent { held: cells.take()?, spent: cells.take()? })
}

fn windows_of(at: Timestamp) -> (Timestamp, Timestamp) {
    (Timestamp(Span::Hour.start(at.0)), Timestamp(Span::Day.start(at.0)))
}

#[async_trait]
impl<L: Line> LedgerReads for Statements<L> {
    async fn spending(&self, owned: Owned, at: Timestamp) -> Result<(Spent, Spent), StoreError> {
        let asked = Statement::new(
            "SELECT span, held, spent FROM spending WHERE organization_id = $1 AND owner_id = $2 \
             AND ((span = 'hour' AND starts_at = $3) OR (span = 'day' AND starts_at = $4))",
        );
        let (hour, day) = windows_of(at);
        let rows = self.0.rows(asked.owned(owned).bind(hour).bind(day)).await?;
        let mut both = (Spent::default(), Spent::default());
        for row in &rows {
            let mut cells = Cells::new(row, "spending");
            match cells.take::<Span>()? {
                Span::Hour => both.0 = spent(&mut cells)?,
                Span::Day => both.1 = spent(&mut cells)?,
            }
        }
        Ok(both)
    }

    async fn spent_this_hour(&self, owned: Owned, at: Timestamp) -> Result<SpentThisHour, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            this_hour!("held"),
            ", ",
            this_hour!("spent"),
            ", ",
            limit_of_hour!()
        ));
        let row = self.0.row(asked.owned(owned).bind(hour_of(at))).await?;
        let hour = row.map(|row| spent_this_hour(&mut Cells::new(&row, "spending"))).transpose()?;
        Ok(hour.unwrap_or_default())
    }

    async fn total_spent(&self, owned: Owned) -> Result<i64, StoreError> {
        let asked = Statement::new(
            "SELECT CAST(COALESCE(SUM(spent), 0) AS BIGINT) FROM spending \
             WHERE organization_id = $1 AND owner_id = $2 AND span = 'day'",
        );
        let row = self.0.row(asked.owned(owned)).await?;
        row.map_or(Ok(0), |row| Cells::new(&row, "spending").take())
    }

    async fn spending_limits(&self, owned: Owned) -> Result<Option<SpendingLimits>, StoreError> {
        let asked = Statement::new(
            "SELECT hour_micros, day_micros FROM spending_limits WHERE organization_id = $1 AND owner_id = $2",
        );
        let row = self.0.row(asked.owned(owned)).await?;
        let limits = |row| {
            let mut cells = Cells::new(row, "spending_limits");
            Ok(SpendingLimits { hour: cells.take()?, day: cells.take()? })
        };
        row.as_ref().map(limits).transpose()
    }

    async fn ledger(
        &self,
        owned: Owned,
        after: Option<(Timestamp, HoldId, EntryKind)>,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM ledger WHERE organization_id = $1 AND owner_id = $2 AND (at, hold_id, kind) < ($3, $4, $5) \
             ORDER BY at DESC, hold_id DESC, kind DESC LIMIT $6"
        ));
        let (at, hold, kind) = after.map_or((Timestamp(i64::MAX), "g".to_owned(), ""), |(at, hold, kind)| {
            (at, hold.to_string(), kind.as_str())
        });
        let rows = self.0.rows(asked.owned(owned).bind(at).text(&hold).text(kind).bind(limit)).await?;
        let entry = |row| {
            let mut cells = Cells::new(row, "ledger");
            Ok(EntryRow {
                owned: cells.take_owned()?,
                hold: cells.take()?,
                kind: cells.take()?,
                run: cells.take()?,
                operation: cells.take()?,
                model: cells.take()?,
                amount: cells.take()?,
                hour: cells.take()?,
                day: cells.take()?,
                is_estimate: cells.take()?,
                at: cells.take()?,
            })
        };
        rows.iter().map(entry).collect()
    }

    async fn windows(
        &self,
        owned: Owned,
        span: Span,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, Spent)>, StoreError> {
        let asked = Statement::new(
            "SELECT starts_at, held, spent FROM spending \
             WHERE organization_id = $1 AND owner_id = $2 AND span = $3 AND starts_at >= $4 ORDER BY starts_at LIMIT $5",
        );
        let rows = self.0.rows(asked.owned(owned).bind(span).bind(since).bind(limit)).await?;
        let window = |row| {
            let mut cells = Cells::new(row, "spending");
            Ok((cells.take()?, spent(&mut cells)?))
        };
        rows.iter().map(window).collect()
    }

    async fn ledger_differences(&self, limit: u32) -> Result<Vec<Difference>, StoreError> {
        let mut found = Vec::new();
        for (check, sql) in CHECKS {
            let rows = self.0.rows(Statement::new(sql).bind(limit)).await?;
            for row in &rows {
                let mut cells = Cells::new(row, "ledger");
                let (owner, which): (String, String) = (cells.take()?, cells.take()?);
                let (kept, computed): (i64, i64) = (cells.take()?, cells.take()?);
                found.push(Difference {
                    owner,
                    what: format!("{check} {which}: {kept} is kept, {computed} is right"),
                });
            }
        }
        found.truncate(limit as usize);
        Ok(found)
    }
}

/// What the ledger says of each window, beside what is kept of it.
macro_rules! window_sums {
    ($kept:literal, $amount:literal, $kinds:literal) => {
        concat!(
            "SELECT owner_id, span || ' ' || starts_at, CAST(SUM(kept) AS BIGINT), CAST(SUM(computed) AS BIGINT) FROM ( \
             SELECT organization_id, owner_id, span, starts_at, ",
            $kept,
            " AS kept, 0 AS computed FROM spending UNION ALL \
             SELECT organization_id, owner_id, 'hour', hour, 0, ",
            $amount,
            " FROM ledger WHERE kind IN ",
            $kinds,
            " UNION ALL SELECT organization_id, owner_id, 'day', day, 0, ",
            $amount,
            " FROM ledger WHERE kind IN ",
            $kinds,
            ") AS sums GROUP BY organization_id, owner_id, span, starts_at HAVING SUM(kept) <> SUM(computed) LIMIT $1"
        )
    };
}

/// What has to add up, each with a statement that gives whose, which, what is kept and what is right of it: each row is read once.
const CHECKS: [(&str, &str); 4] = [
    (
        "what is held in the window",
        window_sums!(
            "held",
            "CASE kind WHEN 'hold' THEN amount ELSE -amount END",
            "('hold', 'settle', 'release')"
        ),
    ),
    ("what was spent in the window", window_sums!("spent", "amount", "('settle', 'overrun')")),
    (
        "the open hold",
        "SELECT h.owner_id, h.id, h.amount, CAST(COALESCE((SELECT SUM(CASE l.kind WHEN 'hold' THEN l.amount \
         WHEN 'overrun' THEN 0 ELSE -l.amount END) FROM ledger l WHERE l.hold_id = h.id), 0) AS BIGINT) FROM holds h \
         WHERE h.amount <> (SELECT CAST(COALESCE(SUM(CASE l.kind WHEN 'hold' THEN l.amount WHEN 'overrun' THEN 0 ELSE -l.amount END), -1) \
         AS BIGINT) FROM ledger l WHERE l.hold_id = h.id) LIMIT $1",
    ),
    (
        "what is neither settled nor released nor open of the hold",
        "SELECT owner_id, hold_id, CAST(0 AS BIGINT), rest FROM (SELECT l.owner_id AS owner_id, l.hold_id AS hold_id, \
         CAST(SUM(CASE l.kind WHEN 'hold' THEN l.amount WHEN 'overrun' THEN 0 ELSE -l.amount END) AS BIGINT) AS rest \
         FROM ledger l GROUP BY l.owner_id, l.hold_id) AS sums WHERE rest <> 0 \
         AND NOT EXISTS (SELECT 1 FROM holds h WHERE h.id = sums.hold_id) LIMIT $1",
    ),
];

#[async_trait]
impl LedgerWrites for Statements<Unit> {
    async fn take_hold(&mut self, hold: &HoldRow, limits: SpendingLimits) -> Result<bool, StoreError> {
        let (hour, day) = windows_of(hold.at);
        let held = Statement::new(HOLD)
            .owned(hold.owned)
            .bind(hour)
            .bind(day)
            .bind(hold.amount)
            .bind(limits.hour)
            .bind(limits.day);
        // By itself: what is booked of another hold in this unit of work touches the same windows.
        if self.0.change(held).await? != 2 {
            return Ok(false);
        }
        let open = Statement::new(
            "INSERT INTO holds (organization_id, owner_id, run_id, id, operation, model, amount, hour, day, at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .owned(hold.owned)
        .bind(hold.run)
        .bind(hold.id)
        .text(&hold.operation)
        .bind(hold.model.clone())
        .bind(hold.amount)
        .bind(hour)
        .bind(day)
        .bind(hold.at);
        self.0.later(open).await?;
        self.0.later(entries(&[EntryRow::of(hold, EntryKind::Hold, hold.amount, hold.at)])).await?;
        Ok(true)
    }

    async fn end_hold(&mut self, owned: Owned, run: RunId) -> Result<Option<HoldRow>, StoreError> {
        let ended = Statement::new(
            "DELETE FROM holds WHERE organization_id = $1 AND owner_id = $2 AND run_id = $3 \
             RETURNING organization_id, owner_id, id, run_id, operation, model, amount, at",
        );
        let rows = self.0.rows_beside(ended.owned(owned).bind(run)).await?;
        let hold = |row| {
            let mut cells = Cells::new(row, "holds");
            Ok(HoldRow {
                owned: cells.take_owned()?,
                id: cells.take()?,
                run: cells.take()?,
                operation: cells.take()?,
                model: cells.take()?,
                amount: cells.take()?,
                at: cells.take()?,
            })
        };
        rows.first().map(hold).transpose()
    }

    async fn book(&mut self, booked: &[EntryRow]) -> Result<(), StoreError> {
        let Some(first) = booked.first() else { return Ok(()) };
        let (mut held, mut spent) = (0_i64, 0_i64);
        for entry in booked {
            let (debit, credit) = entry.kind.accounts();
            held -= if debit == "held" { entry.amount } else { 0 };
            held += if credit == "held" { entry.amount } else { 0 };
            spent += if credit == "spent" { entry.amount } else { 0 };
        }
        let moved =
            Statement::new(MOVE).owned(first.owned).bind(first.hour).bind(first.day).bind(held).bind(spent);
        self.0.later(entries(booked)).await?;
        self.0.later(moved).await
    }

    async fn set_spending_limits(
        &mut self,
        owned: Owned,
        limits: Option<SpendingLimits>,
        by: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let changed = match limits {
            Some(limits) => Statement::new(
                "INSERT INTO spending_limits (organization_id, owner_id, hour_micros, day_micros, changed_by, changed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (owner_id, organization_id) DO UPDATE SET \
                 hour_micros = excluded.hour_micros, day_micros = excluded.day_micros, changed_by = excluded.changed_by, \
                 changed_at = excluded.changed_at",
            )
            .owned(owned)
            .bind(limits.hour)
            .bind(limits.day)
            .bind(by)
            .bind(at),
            None => Statement::new("DELETE FROM spending_limits WHERE organization_id = $1 AND owner_id = $2").owned(owned),
        };
        self.0.change(changed).await.map(drop)
    }
}

/// New rows of the ledger, of one hold: at most one of each kind.
fn entries(booked: &[EntryRow]) -> Statement {
    const HEAD: &str = "INSERT INTO ledger (organization_id, owner_id, hold_id, kind, debit, credit, run_id, operation, model, amount, \
         hour, day, estimated, at) VALUES";
    booked.iter().fold(Statement::with_rows(HEAD, booked.len(), 14, ""), |new, entry| {
        let (debit, credit) = entry.kind.accounts();
        new.owned(entry.owned)
            .bind(entry.hold)
            .bind(entry.kind)
            .text(debit)
            .text(credit)
            .bind(entry.run)
            .text(&entry.operation)
            .bind(entry.model.clone())
            .bind(entry.amount)
            .bind(entry.hour)
            .bind(entry.day)
            .bind(entry.is_estimate)
            .bind(entry.at)
    })
}
