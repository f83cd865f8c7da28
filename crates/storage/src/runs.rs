//! Runs of the engine, as people look at them.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::{Cells, words},
};
use api_types::{OrganizationId, RunId, RunStatus, Usage};
use async_trait::async_trait;
use sqlx::any::AnyRow;
use studio::ports::{
    Timestamp,
    store::{CommitQuery, ListedAnswer, ListedRun, Owned, RunCommit, RunQuery, RunReads, RunRow, StoreError},
};

/// A run with whose it is and what it is of, in the order of [`listed`].
macro_rules! listed_run {
    () => {
        "SELECT r.organization_id, r.owner_id, r.id, r.kind, r.status, r.reason, r.revision, r.last_seq, r.holder, \
         r.wake_at, r.cancel_requested, r.opened_at, r.changed_at, r.forked_from, r.forked_revision, p.name, \
         a.conversation_id, c.title, CASE WHEN c.deleted_at IS NULL THEN 0 ELSE 1 END, a.model, a.prompt_tokens, \
         a.completion_tokens, a.cost_micros \
         FROM runs r \
         JOIN people p ON p.id = r.owner_id AND p.organization_id = r.organization_id \
         LEFT JOIN answers a ON a.run_id = r.id AND a.owner_id = r.owner_id AND a.organization_id = r.organization_id \
         LEFT JOIN conversations c ON c.id = a.conversation_id AND c.owner_id = r.owner_id \
         AND c.organization_id = r.organization_id "
    };
}

/// The statuses of a query, as eight words: those that are not asked for are empty.
macro_rules! is_asked_for {
    () => {
        "r.status IN ($3, $4, $5, $6, $7, $8, $9, $10) AND (r.opened_at < $11 OR (r.opened_at = $11 AND r.id < $12)) \
         ORDER BY r.opened_at DESC, r.id DESC LIMIT $13"
    };
}

/// A run of a list, per row: what of it cannot be read is left out, and it is `unreadable` with a word why. Nothing but whose it
/// is and which is asked of a row.
fn listed(row: &AnyRow) -> Result<ListedRun, StoreError> {
    let mut cells = Cells::new(row, "runs");
    let (owned, id, mut wrong) = (cells.take_owned()?, cells.take()?, None);
    let unread = &mut wrong;
    let mut run = RunRow {
        owned,
        id,
        kind: cells.take_or(String::new(), unread),
        status: cells.take_or(RunStatus::Unreadable, unread),
        reason: cells.take_opt_or(unread),
        revision: cells.take_or(0, unread),
        last_seq: cells.take_or(0, unread),
        is_held: cells.take_opt_or::<i64>(unread).is_some(),
        wake_at: cells.take_opt_or(unread),
        cancel_requested: cells.take_or(false, unread),
        opened_at: cells.take_or(Timestamp(0), unread),
        changed_at: cells.take_or(Timestamp(0), unread),
        forked_from: cells.take_opt_or(unread).zip(cells.take_opt_or(unread)),
    };
    let owner_name = cells.of("people").take_or(String::new(), unread);
    let answer = listed_answer(cells.of("answers")).unwrap_or_else(|fault| {
        wrong.get_or_insert_with(|| words(fault));
        None
    });
    if wrong.is_some() {
        (run.status, run.reason) = (RunStatus::Unreadable, wrong);
    }
    Ok(ListedRun { run, owner_name, answer })
}

fn listed_answer(cells: &mut Cells<'_>) -> Result<Option<ListedAnswer>, StoreError> {
    if cells.is_empty()? {
        return Ok(None);
    }
    Ok(Some(ListedAnswer {
        conversation: cells.take()?,
        title: cells.take()?,
        is_binned: cells.take()?,
        model: cells.take()?,
        usage: Usage { prompt_tokens: cells.take_opt()?, completion_tokens: cells.take_opt()? },
        cost_micros: cells.take_opt()?,
    }))
}

/// The columns of a commit as it is looked at.
macro_rules! commit_columns {
    () => {
        "SELECT c.run_id, c.revision, c.at, c.status, c.events, CASE WHEN c.body IS NULL THEN 0 ELSE 1 END FROM run_commits c "
    };
}

/// A commit, per row: where its events cannot be read there are none, and `unread` says so.
fn commit(row: &AnyRow) -> Result<RunCommit, StoreError> {
    let mut cells = Cells::new(row, "run_commits");
    let (run, revision, mut unread) = (cells.take()?, cells.take()?, None);
    let at = cells.take_or(Timestamp(0), &mut unread);
    let status = cells.take_or(RunStatus::Unreadable, &mut unread);
    let events = cells.take_or("[]".to_owned(), &mut unread);
    let events = serde_json::from_str(&events).unwrap_or_else(|_| {
        unread.get_or_insert_with(|| "run_commits.events does not have its shape".to_owned());
        Vec::new()
    });
    let has_state = cells.take_or(false, &mut unread);
    Ok(RunCommit { run, revision, at, status, events, has_state, unread })
}

/// All rows of a list that say which they are. One without cannot be asked for, and is in nobody's way.
fn readable<T>(rows: &[AnyRow], read: fn(&AnyRow) -> Result<T, StoreError>) -> Vec<T> {
    rows.iter().filter_map(|row| read(row).ok()).collect()
}

#[async_trait]
impl<L: Line> RunReads for Statements<L> {
    async fn run(&self, owned: Owned, id: RunId) -> Result<Option<ListedRun>, StoreError> {
        let asked = Statement::new(concat!(
            listed_run!(),
            "WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.id = $3"
        ));
        let row = self.0.row(asked.owned(owned).bind(id)).await?;
        row.as_ref().map(listed).transpose()
    }

    async fn run_of(&self, organization: OrganizationId, id: RunId) -> Result<Option<ListedRun>, StoreError> {
        let asked = Statement::new(concat!(listed_run!(), "WHERE r.organization_id = $1 AND r.id = $2"));
        let row = self.0.row(asked.bind(organization).bind(id)).await?;
        row.as_ref().map(listed).transpose()
    }

    async fn runs(&self, query: &RunQuery) -> Result<Vec<ListedRun>, StoreError> {
        let before = query.before.unwrap_or((Timestamp(i64::MAX), RunId(uuid::Uuid::max())));
        let wanted = |status: RunStatus| query.statuses.is_empty() || query.statuses.contains(&status);
        let is_open = !wanted(RunStatus::Done) && !wanted(RunStatus::Cancelled);
        let of_person =
            concat!(listed_run!(), "WHERE r.organization_id = $1 AND r.owner_id = $2 AND ", is_asked_for!());
        // The second parameter is of no use here; the numbers of the others stay the same.
        let of_all = concat!(listed_run!(), "WHERE r.organization_id = $1 AND $2 = '' AND ", is_asked_for!());
        let asked = match (query.owner, is_open) {
            (Some(_), false) => Statement::new(of_person),
            (Some(_), true) => Statement::new(concat!(
                listed_run!(),
                "WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.status NOT IN ('done', 'cancelled') AND ",
                is_asked_for!()
            )),
            (None, false) => Statement::new(of_all),
            (None, true) => Statement::new(concat!(
                listed_run!(),
                "WHERE r.organization_id = $1 AND $2 = '' AND r.status NOT IN ('done', 'cancelled') AND ",
                is_asked_for!()
            )),
        };
        let asked = asked.bind(query.organization);
        let asked = match query.owner {
            Some(owner) => asked.bind(owner),
            None => asked.text(""),
        };
        let asked = RunStatus::ALL
            .into_iter()
            .fold(asked, |asked, status| asked.text(if wanted(status) { status.as_str() } else { "" }));
        let rows = self.0.rows(asked.bind(before.0).bind(before.1).bind(query.limit)).await?;
        Ok(readable(&rows, listed))
    }

    async fn count_needing_attention(&self, owned: Owned, limit: u32) -> Result<u32, StoreError> {
        let asked = Statement::new(
            "SELECT COUNT(*) FROM (SELECT 1 FROM runs \
             WHERE organization_id = $1 AND owner_id = $2 AND status = 'needs_attention' LIMIT $3) AS few",
        );
        let row = self.0.row(asked.owned(owned).bind(limit)).await?;
        row.map_or(Ok(0), |row| Cells::new(&row, "runs").take())
    }

    async fn run_commits(&self, owned: Owned, run: RunId) -> Result<Vec<RunCommit>, StoreError> {
        let asked = Statement::new(concat!(
            commit_columns!(),
            "WHERE c.organization_id = $1 AND c.owner_id = $2 AND c.run_id = $3 ORDER BY c.revision"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(run)).await?;
        Ok(readable(&rows, commit))
    }

    async fn commits_of(
        &self,
        asked: CommitQuery,
        run: RunId,
        after: u64,
    ) -> Result<Vec<RunCommit>, StoreError> {
        let statement = match asked.owner {
            Some(owner) => Statement::new(concat!(
                commit_columns!(),
                "WHERE c.organization_id = $1 AND c.run_id = $2 AND c.last_seq > $3 AND c.owner_id = $4 \
                 ORDER BY c.revision LIMIT $5"
            ))
            .bind(asked.organization)
            .bind(run)
            .bind(after)
            .bind(owner),
            None => Statement::new(concat!(
                commit_columns!(),
                "WHERE c.organization_id = $1 AND c.run_id = $2 AND c.last_seq > $3 ORDER BY c.revision LIMIT $4"
            ))
            .bind(asked.organization)
            .bind(run)
            .bind(after),
        };
        let rows = self.0.rows(statement.bind(asked.limit)).await?;
        Ok(readable(&rows, commit))
    }

    async fn commits_since(
        &self,
        asked: CommitQuery,
        (at, run, revision): (Timestamp, RunId, u64),
    ) -> Result<Vec<RunCommit>, StoreError> {
        let statement = match asked.owner {
            Some(_) => Statement::new(concat!(
                commit_columns!(),
                "WHERE c.organization_id = $1 AND c.at >= $2 AND (c.at > $2 OR c.run_id > $3 OR (c.run_id = $3 AND c.revision > $4)) \
                 AND c.owner_id = $5 ORDER BY c.at, c.run_id, c.revision LIMIT $6"
            )),
            None => Statement::new(concat!(
                commit_columns!(),
                "WHERE c.organization_id = $1 AND c.at >= $2 AND (c.at > $2 OR c.run_id > $3 OR (c.run_id = $3 AND c.revision > $4)) \
                 ORDER BY c.at, c.run_id, c.revision LIMIT $5"
            )),
        };
        let statement = statement.bind(asked.organization).bind(at).bind(run).bind(revision);
        let statement = match asked.owner {
            Some(owner) => statement.bind(owner),
            None => statement,
        };
        let rows = self.0.rows(statement.bind(asked.limit)).await?;
        Ok(readable(&rows, commit))
    }

    async fn shut_out_runs(&self, epoch: u64) -> Result<Vec<RunId>, StoreError> {
        let asked = Statement::new(
            "SELECT r.id FROM runs r JOIN people p ON p.id = r.owner_id AND p.organization_id = r.organization_id \
             WHERE r.holder = $1 AND p.disabled_at IS NOT NULL",
        );
        let rows = self.0.rows(asked.bind(epoch)).await?;
        rows.iter().map(|row| Cells::new(row, "runs").take()).collect()
    }

    async fn has_other_process(&self, than: u64, since: Timestamp) -> Result<bool, StoreError> {
        let asked = Statement::new("SELECT epoch FROM processes WHERE epoch <> $1 AND seen_at >= $2 LIMIT 1");
        Ok(self.0.row(asked.bind(than).bind(since)).await?.is_some())
    }
}
