//! The database as the engine of runs sees it.

use crate::{
    database::Database,
    exec::{Line, ROWS_MAX, Statement},
    row::{Cells, words},
};
use api_types::RunId as Id;
use async_trait::async_trait;
use sqlx::any::AnyRow;
use std::{collections::HashMap, sync::Arc};
use studio::ports::{
    Timestamp as At,
    store::{Change, Owned, Store, StoreError as Fault, owner_of},
};
use uuid::Uuid;
use workflow::{
    Answer, Checkpointer, Claim, Commit, Epoch, Event, Head, Interrupt, InterruptId, Listed, Loaded,
    Revision, RunId, Sealed, StateError, StoreError, Timestamp,
};

/// Reads a column of runs' ids. Nobody can ask for a run whose id is none, so nobody waits for it either.
pub(crate) fn ids(rows: &[AnyRow]) -> Vec<RunId> {
    let id = |row| Cells::new(row, "runs").take::<Id>().map(|id| RunId(id.0)).ok();
    rows.iter().filter_map(id).collect()
}

/// What a reader of one run is told: stored data that are none do not get better by asking again.
fn unreadable(fault: Fault) -> StoreError {
    match fault {
        Fault::Corrupt(what) => StoreError::Unreadable(what),
        other => other.into(),
    }
}

/// A run's row with its newest checkpoint.
macro_rules! newest {
    () => {
        "SELECT r.id, r.organization_id, r.owner_id, r.kind, r.status, r.reason, r.revision, r.last_seq, r.holder, r.wake_at, \
         r.cancel_requested, r.cancel_heard, r.opened_at, r.changed_at, r.forked_from, r.forked_revision, \
         c.revision, c.state_name, c.state_version, c.body, c.digest \
         FROM runs r LEFT JOIN run_commits c ON c.run_id = r.id AND c.revision = \
         (SELECT MAX(n.revision) FROM run_commits n WHERE n.run_id = r.id AND n.body IS NOT NULL) WHERE r.id IN"
    };
}

fn run(row: &AnyRow) -> Result<Loaded, Fault> {
    let mut cells = Cells::new(row, "runs");
    let id = RunId(cells.take::<Id>()?.0);
    let owned: Owned = cells.take_owned()?;
    let head = Head {
        owner: owner_of(owned),
        run: id,
        kind: cells.take()?,
        status: cells.take()?,
        reason: cells.take_opt()?,
        revision: Revision(cells.take()?),
        last_seq: cells.take()?,
        holder: cells.take_opt()?.map(Epoch),
        wake_at: cells.take_opt()?,
        cancel_requested: cells.take()?,
        cancel_heard: cells.take()?,
        opened_at: cells.take()?,
        changed_at: cells.take()?,
        forked_from: cells.take_opt::<Id>()?.map(|run| RunId(run.0)).zip(cells.take_opt()?.map(Revision)),
    };
    let cells = cells.of("run_commits");
    let checkpoint = match cells.is_empty()? {
        true => Err(StateError::Missing),
        false => sealed(id, cells).map_err(|fault| StateError::Unread(words(fault))),
    };
    Ok(Loaded { head, checkpoint, answers: Vec::new() })
}

fn sealed(run: RunId, cells: &mut Cells<'_>) -> Result<Sealed, Fault> {
    let revision = Revision(cells.take()?);
    let (schema, version) = (cells.take()?, cells.take()?);
    Ok(Sealed { run, revision, schema, version, body: cells.take()?, digest: cells.take()? })
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| Fault::Corrupt(format!("{column} does not have its shape")))
}

fn uuid(cells: &mut Cells<'_>) -> Result<Uuid, Fault> {
    let text: String = cells.take()?;
    text.parse().map_err(|_| Fault::Corrupt("run_questions.id is no id".to_owned()))
}

fn list(head: &'static str, runs: &[RunId]) -> Statement {
    runs.iter().fold(Statement::with_list(head, runs.len(), ""), |list, run| list.bind(Id(run.0)))
}

/// The rows of these runs; and what is wrong where a row cannot even be fetched. Such a one costs the others nothing but
/// statements of their own.
async fn rows(
    line: &impl Line,
    head: &'static str,
    runs: &[RunId],
) -> Result<(Vec<AnyRow>, Vec<(RunId, String)>), Fault> {
    match line.rows(list(head, runs)).await {
        Ok(rows) => return Ok((rows, Vec::new())),
        Err(Fault::Corrupt(_)) => {}
        Err(fault) => return Err(fault),
    }
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    for run in runs {
        match line.rows(list(head, &[*run])).await {
            Ok(rows) => found.extend(rows),
            Err(fault @ Fault::Corrupt(_)) => wrong.push((*run, words(fault))),
            Err(fault) => return Err(fault),
        }
    }
    Ok((found, wrong))
}

fn heard(cells: &mut Cells<'_>) -> Result<(InterruptId, serde_json::Value), Fault> {
    let question = InterruptId(uuid(cells)?);
    let answer: String = cells.take()?;
    Ok((question, json(&answer, "run_questions.answer")?))
}

/// These runs with their newest checkpoints and what was answered and not heard, in this order. Of one whose row cannot be read:
/// why. Where it is something else of it, its checkpoint says so; no run is in the way of another.
pub(crate) async fn loaded(
    line: &impl Line,
    runs: &[RunId],
) -> Result<Vec<(RunId, Result<Loaded, String>)>, Fault> {
    let mut found = HashMap::new();
    for some in runs.chunks(ROWS_MAX) {
        let (read, wrong) = rows(line, newest!(), some).await?;
        found.extend(wrong.into_iter().map(|(run, why)| (run, Err(why))));
        for row in &read {
            let Ok(id) = Cells::new(row, "runs").take::<Id>() else { continue };
            found.insert(RunId(id.0), run(row).map_err(words));
        }
        const HEARD: &str = "SELECT run_id, id, answer FROM run_questions WHERE answered_at IS NOT NULL AND closed = 0 AND run_id IN";
        let (read, mut wrong) = rows(line, HEARD, some).await?;
        for row in &read {
            let mut cells = Cells::new(row, "run_questions");
            let Ok(id) = cells.take::<Id>() else { continue };
            match (heard(&mut cells), found.get_mut(&RunId(id.0))) {
                (Ok(heard), Some(Ok(loaded))) => loaded.answers.push(heard),
                (Err(fault), _) => wrong.push((RunId(id.0), words(fault))),
                (Ok(_), _) => {}
            }
        }
        for (run, why) in wrong {
            if let Some(Ok(loaded)) = found.get_mut(&run) {
                loaded.checkpoint = Err(StateError::Unread(why));
            }
        }
    }
    Ok(runs.iter().filter_map(|run| Some((*run, found.remove(run)?))).collect())
}

impl Database {
    async fn known(&self, run: RunId) -> Result<(), StoreError> {
        let found = self.0.row(Statement::new("SELECT id FROM runs WHERE id = $1").bind(Id(run.0))).await?;
        found.map(drop).ok_or(StoreError::NotFound)
    }
}

#[async_trait]
impl<W: Change> Checkpointer<W> for Database {
    async fn enter(&self, now: Timestamp) -> Result<Epoch, StoreError> {
        let store: &dyn Store = self;
        store.write(move |tx| Box::pin(async move { tx.enter_process(now).await })).await.map(Epoch)
    }

    async fn beat(&self, epoch: Epoch, now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let store: &dyn Store = self;
        store.write(move |tx| Box::pin(async move { tx.beat_process(epoch.0, now).await })).await
    }

    async fn leave(&self, epoch: Epoch) -> Result<(), StoreError> {
        let store: &dyn Store = self;
        store.write(move |tx| Box::pin(async move { tx.leave_process(epoch.0).await })).await
    }

    async fn commit(&self, commit: Arc<Commit<W>>) -> Result<(), StoreError> {
        let store: &dyn Store = self;
        let (commit, writes) = Arc::unwrap_or_clone(commit).split();
        store
            .write(move |tx| {
                Box::pin(async move {
                    if tx.commit_run(&commit).await? {
                        for write in &writes {
                            write.apply(Id(commit.run.0), At(commit.at.0), tx).await?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn answer(&self, answer: Arc<Answer<W>>) -> Result<(), StoreError> {
        let store: &dyn Store = self;
        let Answer { run, interrupt, digest, body, at, writes } = Arc::unwrap_or_clone(answer);
        let answer = Answer { run, interrupt, digest, body, at, writes: Vec::new() };
        store
            .write(move |tx| {
                Box::pin(async move {
                    tx.answer_run(&answer).await?;
                    for write in &writes {
                        write.apply(Id(run.0), At(at.0), tx).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn request_cancel(&self, run: RunId, _now: Timestamp) -> Result<(), StoreError> {
        let store: &dyn Store = self;
        store.write(move |tx| Box::pin(async move { tx.cancel_run(Id(run.0)).await })).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Loaded>, StoreError> {
        let store: &dyn Store = self;
        let (epoch, now, claim) = (claim.epoch, claim.now, claim.clone());
        let taken = store.write(move |tx| Box::pin(async move { tx.claim_runs(&claim).await })).await?;
        // Behind the unit of work, which the first row that cannot be read would end. What fails here is held, and found again.
        let mut all = Vec::new();
        for (run, read) in loaded(&self.0, &taken).await? {
            match read {
                Ok(loaded) => all.push(loaded),
                Err(why) => {
                    tracing::error!(%run, why, "a run's row cannot be read; it is put aside");
                    if let Err(error) = Checkpointer::<W>::put_aside(self, epoch, run, &why, now).await {
                        tracing::warn!(%run, %error, "nor could that be said");
                    }
                }
            }
        }
        Ok(all)
    }

    async fn strangers(&self, kinds: &[String], now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let head = "SELECT id FROM runs WHERE due_at <= $1 AND holder IS NULL AND kind NOT IN";
        let asked = Statement::with_one_and_list(head, kinds.len(), "LIMIT 100").bind(now);
        let asked = kinds.iter().fold(asked, |asked, kind| asked.text(kind));
        Ok(ids(&self.0.rows(asked).await?))
    }

    async fn put_aside(&self, epoch: Epoch, run: RunId, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let store: &dyn Store = self;
        let why = why.to_owned();
        store
            .write(move |tx| {
                Box::pin(async move { tx.put_run_aside(epoch.0, &run.0.to_string(), &why, now).await })
            })
            .await
    }

    async fn held(&self, epoch: Epoch) -> Result<Vec<RunId>, StoreError> {
        Ok(ids(&self.0.rows(Statement::new("SELECT id FROM runs WHERE holder = $1").bind(epoch.0)).await?))
    }

    async fn load(&self, run: RunId) -> Result<Option<Loaded>, StoreError> {
        let found = loaded(&self.0, &[run]).await?.pop();
        found.map(|(_, loaded)| loaded.map_err(StoreError::Unreadable)).transpose()
    }

    async fn history(&self, run: RunId) -> Result<Vec<Listed>, StoreError> {
        self.known(run).await?;
        let asked = Statement::new(
            "SELECT revision, at, status FROM run_commits WHERE run_id = $1 AND body IS NOT NULL ORDER BY revision",
        );
        let rows = self.0.rows(asked.bind(Id(run.0))).await?;
        let listed = |row| {
            let mut cells = Cells::new(row, "run_commits");
            Ok(Listed { revision: Revision(cells.take()?), at: cells.take()?, status: cells.take()? })
        };
        rows.iter().map(listed).collect::<Result<_, _>>().map_err(unreadable)
    }

    async fn checkpoint(&self, run: RunId, revision: Revision) -> Result<Option<Sealed>, StoreError> {
        let asked = Statement::new(
            "SELECT revision, state_name, state_version, body, digest FROM run_commits \
             WHERE run_id = $1 AND revision = $2 AND body IS NOT NULL",
        );
        let row = self.0.row(asked.bind(Id(run.0)).bind(revision.0)).await.map_err(unreadable)?;
        row.map(|row| sealed(run, &mut Cells::new(&row, "run_commits"))).transpose().map_err(unreadable)
    }

    async fn events(&self, run: RunId, after: u64) -> Result<Vec<Event>, StoreError> {
        self.known(run).await?;
        let asked = Statement::new(
            "SELECT events FROM run_commits WHERE run_id = $1 AND last_seq > $2 ORDER BY revision",
        );
        let rows = self.0.rows(asked.bind(Id(run.0)).bind(after)).await?;
        let mut all = Vec::new();
        for row in &rows {
            let events: String = Cells::new(row, "run_commits").take().map_err(unreadable)?;
            let events: Vec<Event> = json(&events, "run_commits.events").map_err(unreadable)?;
            all.extend(events.into_iter().filter(|event| event.seq > after));
        }
        Ok(all)
    }

    async fn questions(&self, run: RunId) -> Result<Vec<Interrupt>, StoreError> {
        self.known(run).await?;
        let asked = Statement::new(
            "SELECT id, node, asked, digest, until FROM run_questions \
             WHERE run_id = $1 AND answered_at IS NULL AND closed = 0 ORDER BY place",
        );
        let rows = self.0.rows(asked.bind(Id(run.0))).await?;
        let question = |row| {
            let mut cells = Cells::new(row, "run_questions");
            let (id, node, asked) = (InterruptId(uuid(&mut cells)?), cells.take()?, cells.take::<String>()?);
            let asked = json(&asked, "run_questions.asked")?;
            Ok(Interrupt { id, node, asked, digest: cells.take()?, until: cells.take_opt()? })
        };
        rows.iter().map(question).collect::<Result<_, _>>().map_err(unreadable)
    }
}
