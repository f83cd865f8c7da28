//! What the engine writes of a run: its commits, questions, answers, and requests to end.

use crate::{
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::RunId;
use async_trait::async_trait;
use studio::ports::store::{Owned, RunWrites, owned_of};
use workflow::{Answer, Author, Commit, InterruptId, StoreError as Refusal};

/// When a run may be taken up, by what nobody has heard yet: computed anew, with the run's row locked.
macro_rules! due_again {
    () => {
        "UPDATE runs SET due_at = CASE WHEN status IN ('unreadable', 'done', 'failed', 'cancelled') THEN NULL \
         WHEN (cancel_requested = 1 AND cancel_heard = 0) OR EXISTS (SELECT 1 FROM run_questions q \
         WHERE q.run_id = runs.id AND q.answered_at IS NOT NULL AND q.closed = 0) THEN 0 ELSE wake_at END WHERE id = $1"
    };
}

macro_rules! advance {
    () => {
        "UPDATE runs SET status = $3, reason = $4, revision = $5, last_seq = COALESCE($6, last_seq), holder = $7, \
         wake_at = $8, due_at = CASE WHEN $9 = 0 THEN NULL WHEN due_at = 0 THEN 0 ELSE $8 END, \
         cancel_heard = CASE WHEN $10 = 1 THEN 1 ELSE cancel_heard END, changed_at = $11 \
         WHERE id = $1 AND revision = $2"
    };
}

#[async_trait]
impl RunWrites for Statements<Unit> {
    async fn commit_run(&mut self, commit: &Commit<()>) -> Result<bool, Refusal> {
        self.0.note_commit_of_run();
        let changed =
            if commit.opens.is_some() { self.open(commit).await? } else { self.advance(commit).await? };
        if changed == 0 {
            return self.refused(commit).await;
        }
        self.append(commit).await?;
        if !commit.opened.is_empty() {
            self.ask(commit).await?;
        }
        if !commit.closed.is_empty() {
            self.close(&commit.closed).await?;
        }
        if !commit.closed.is_empty() || commit.cancel_heard {
            self.0.change(Statement::new(due_again!()).bind(RunId(commit.run.0))).await?;
        }
        Ok(true)
    }

    async fn answer_run(&mut self, answer: &Answer<()>) -> Result<(), Refusal> {
        self.0.note_commit_of_run();
        let run = RunId(answer.run.0);
        // First the run's row, as everybody does: nobody waits for each other.
        let due = Statement::new(
            "UPDATE runs SET due_at = 0 WHERE id = $1 AND status NOT IN ('unreadable', 'done', 'failed', 'cancelled')",
        );
        let is_open = self.0.change(due.bind(run)).await? > 0;
        let answered = Statement::new(
            "UPDATE run_questions SET answer = $4, answered_at = $5 \
             WHERE id = $1 AND run_id = $2 AND digest = $3 AND answered_at IS NULL AND closed = 0 AND $6 = 1",
        )
        .bind(answer.interrupt.0.to_string())
        .bind(run)
        .text(&answer.digest)
        .text(&answer.body.to_string())
        .bind(answer.at)
        .bind(is_open);
        if self.0.change(answered).await? == 1 {
            return Ok(());
        }
        let asked = Statement::new("SELECT digest FROM run_questions WHERE id = $1 AND run_id = $2");
        let row = self.0.row(asked.bind(answer.interrupt.0.to_string()).bind(run)).await?;
        let Some(row) = row else { return Err(Refusal::NotFound) };
        let digest: String = Cells::new(&row, "run_questions").take()?;
        Err(if digest == answer.digest { Refusal::Answered } else { Refusal::Altered })
    }

    async fn cancel_run(&mut self, run: RunId) -> Result<(), Refusal> {
        self.0.note_commit_of_run();
        let asked = Statement::new(
            "UPDATE runs SET cancel_requested = 1, due_at = CASE WHEN cancel_heard = 1 OR status = 'unreadable' THEN due_at ELSE 0 END \
             WHERE id = $1 AND status NOT IN ('done', 'failed', 'cancelled')",
        );
        if self.0.change(asked.bind(run)).await? > 0 {
            return Ok(());
        }
        let found = self.0.row(Statement::new("SELECT id FROM runs WHERE id = $1").bind(run)).await?;
        found.map(drop).ok_or(Refusal::NotFound)
    }
}

impl Statements<Unit> {
    /// The row of a new run, where its process lives.
    async fn open(&self, commit: &Commit<()>) -> Result<u64, Refusal> {
        let Some(opens) = &commit.opens else { return Ok(0) };
        let owned = owned_of(&opens.owner)
            .ok_or_else(|| Refusal::Refused("its owner is nobody of this studio".to_owned()))?;
        let (from, revision) = opens.forked_from.unzip();
        let new = Statement::new(
            "INSERT INTO runs (organization_id, owner_id, id, kind, status, reason, revision, last_seq, holder, wake_at, \
             due_at, cancel_requested, cancel_heard, opened_at, changed_at, forked_from, forked_revision) \
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, $13, $13, $14, $15 \
             WHERE $16 = 0 AND ($17 = 0 OR EXISTS (SELECT 1 FROM processes WHERE epoch = $17)) ON CONFLICT DO NOTHING",
        )
        .owned(owned)
        .bind(RunId(commit.run.0))
        .text(&opens.kind)
        .bind(commit.status)
        .text_opt(clean(commit.reason.as_deref()).as_deref())
        .bind(commit.expected.next().0)
        .bind(last_seq(commit))
        .bind_opt(holder(commit))
        .bind_opt(commit.wake_at)
        .bind_opt(commit.wake_at.filter(|_| may_be_due(commit)))
        .bind(commit.cancel_heard)
        .bind(commit.at)
        .bind_opt(from.map(|run| RunId(run.0)))
        .bind_opt(revision.map(|revision| revision.0))
        .bind(commit.expected.0)
        .bind(author(commit));
        Ok(self.0.change_beside(new).await?)
    }

    /// The row of a run after a commit, where it is at the expected revision, and its author's to change.
    ///
    /// # Design
    /// What somebody asked for meanwhile (`due_at` is 0) stays asked for: a look at questions in this statement could see them as
    /// they were before it waited for the row.
    async fn advance(&self, commit: &Commit<()>) -> Result<u64, Refusal> {
        let sql = match commit.by {
            Author::Worker(_) => {
                concat!(
                    advance!(),
                    " AND holder = $12 AND EXISTS (SELECT 1 FROM processes WHERE epoch = $12)"
                )
            }
            Author::Operator => concat!(advance!(), " AND $12 = 0 AND holder IS NULL"),
        };
        let next = Statement::new(sql)
            .bind(RunId(commit.run.0))
            .bind(commit.expected.0)
            .bind(commit.status)
            .text_opt(clean(commit.reason.as_deref()).as_deref())
            .bind(commit.expected.next().0)
            .bind_opt(commit.events.last().map(|event| event.seq))
            .bind_opt(holder(commit))
            .bind_opt(commit.wake_at)
            .bind(may_be_due(commit))
            .bind(commit.cancel_heard)
            .bind(commit.at)
            .bind(author(commit));
        Ok(self.0.change(next).await?)
    }

    async fn append(&self, commit: &Commit<()>) -> Result<(), Refusal> {
        let events = serde_json::to_string(&commit.events)
            .map_err(|error| Refusal::Refused(format!("its events are no JSON: {error}")))?;
        let sealed = commit.checkpoint.as_ref();
        let new = Statement::new(self.0.engine().append_commit())
            .bind(RunId(commit.run.0))
            .bind(commit.expected.next().0)
            .bind(commit.id.0.to_string())
            .bind(commit.at)
            .bind(commit.status)
            .text(&events)
            .text_opt(sealed.map(|sealed| sealed.schema.as_str()))
            .bind_opt(sealed.map(|sealed| sealed.version))
            .text_opt(sealed.map(|sealed| sealed.body.as_str()))
            .text_opt(sealed.map(|sealed| sealed.digest.as_str()));
        self.0.later(new).await?;
        Ok(())
    }

    async fn ask(&self, commit: &Commit<()>) -> Result<(), Refusal> {
        let owned = self.owner(commit).await?;
        // Of all that a run ever asks, the order: its commit, and the place in it.
        let first = commit.expected.0 * 1_000_000;
        for (chunk, some) in commit.opened.chunks(ROWS_MAX).enumerate() {
            let head = "INSERT INTO run_questions (organization_id, owner_id, id, run_id, place, node, asked, digest, until, closed) VALUES";
            let mut new = Statement::with_rows(head, some.len(), 10, "");
            for (place, question) in some.iter().enumerate() {
                new = new
                    .owned(owned)
                    .bind(question.id.0.to_string())
                    .bind(RunId(commit.run.0))
                    .bind(first + (chunk * ROWS_MAX + place) as u64)
                    .text(&question.node)
                    .text(&question.asked.to_string())
                    .text(&question.digest)
                    .bind_opt(question.until)
                    .bind(false);
            }
            self.0.change(new).await?;
        }
        Ok(())
    }

    async fn close(&self, closed: &[InterruptId]) -> Result<(), Refusal> {
        for some in closed.chunks(ROWS_MAX) {
            let list =
                Statement::with_list("UPDATE run_questions SET closed = 1 WHERE id IN", some.len(), "");
            let list = some.iter().fold(list, |list, id| list.bind(id.0.to_string()));
            self.0.change(list).await?;
        }
        Ok(())
    }

    async fn owner(&self, commit: &Commit<()>) -> Result<Owned, Refusal> {
        let asked = Statement::new("SELECT organization_id, owner_id FROM runs WHERE id = $1");
        let row = self.0.row(asked.bind(RunId(commit.run.0))).await?.ok_or(Refusal::NotFound)?;
        Ok(Cells::new(&row, "runs").take_owned()?)
    }

    /// Why a commit changed nothing: it was applied before, or it may not be.
    async fn refused(&self, commit: &Commit<()>) -> Result<bool, Refusal> {
        let known = Statement::new("SELECT run_id FROM run_commits WHERE id = $1");
        if self.0.row(known.bind(commit.id.0.to_string())).await?.is_some() {
            return Ok(false);
        }
        let lives = Statement::new("SELECT epoch FROM processes WHERE epoch = $1");
        if matches!(commit.by, Author::Worker(_)) && self.0.row(lives.bind(author(commit))).await?.is_none() {
            return Err(Refusal::Superseded);
        }
        let found = Statement::new("SELECT holder FROM runs WHERE id = $1");
        let Some(row) = self.0.row(found.bind(RunId(commit.run.0))).await? else {
            return Err(if commit.opens.is_some() { Refusal::Conflict } else { Refusal::NotFound });
        };
        let held: Option<u64> = Cells::new(&row, "runs").take_opt()?;
        Err(match commit.by {
            Author::Worker(epoch) if held != Some(epoch.0) => Refusal::Superseded,
            Author::Operator if held.is_some() => Refusal::Held,
            _ => Refusal::Conflict,
        })
    }
}

/// Whether it stands where it may be taken up at all.
fn may_be_due(commit: &Commit<()>) -> bool {
    !commit.status.is_over() && commit.status != workflow::Status::Unreadable
}

fn holder(commit: &Commit<()>) -> Option<u64> {
    match commit.by {
        Author::Worker(epoch) if commit.held => Some(epoch.0),
        _ => None,
    }
}

/// The life that commits; 0 for somebody from outside.
fn author(commit: &Commit<()>) -> u64 {
    match commit.by {
        Author::Worker(epoch) => epoch.0,
        Author::Operator => 0,
    }
}

fn last_seq(commit: &Commit<()>) -> u64 {
    commit.events.last().map_or(0, |event| event.seq)
}

/// No database of ours keeps U+0000 in text.
fn clean(reason: Option<&str>) -> Option<String> {
    reason.map(|reason| reason.replace('\0', "\u{fffd}"))
}
