//! Lives of processes, and which runs each of them drives.

use crate::{
    checkpoints,
    database::Statements,
    dialect::Engine,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::RunId as Id;
use async_trait::async_trait;
use studio::ports::store::ProcessWrites;
use workflow::{Claim, RunId, StoreError, Timestamp};

/// On SQLite no other process looks at this, and each sign of life is a flush of the disk: one in so many microseconds is
/// enough to know that the database can be written.
const WRITTEN_EVERY: i64 = 2_500_000;

#[async_trait]
impl ProcessWrites for Statements<Unit> {
    async fn enter_process(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        let next = self.0.row(Statement::new("UPDATE epochs SET last = last + 1 RETURNING last")).await?;
        let next = next.ok_or_else(|| StoreError::Fault("the count of processes is gone".to_owned()))?;
        let epoch: u64 = Cells::new(&next, "epochs").take()?;
        let new = Statement::new("INSERT INTO processes (epoch, entered_at, seen_at) VALUES ($1, $2, $2)");
        self.0.change(new.bind(epoch).bind(now)).await?;
        Ok(epoch)
    }

    async fn beat_process(&mut self, epoch: u64, now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let seen = Statement::new("SELECT seen_at FROM processes WHERE epoch = $1").bind(epoch);
        let row = self.0.row(seen).await?.ok_or(StoreError::Superseded)?;
        let seen: Timestamp = Cells::new(&row, "processes").take()?;
        if self.0.engine() == Engine::Postgres || (now.0 - seen.0).abs() >= WRITTEN_EVERY {
            let alive = Statement::new("UPDATE processes SET seen_at = $2 WHERE epoch = $1");
            if self.0.change(alive.bind(epoch).bind(now)).await? == 0 {
                return Err(StoreError::Superseded);
            }
        }
        let wanted = Statement::new("SELECT id FROM runs WHERE holder = $1 AND due_at = 0").bind(epoch);
        Ok(checkpoints::ids(&self.0.rows(wanted).await?))
    }

    async fn bury_process(&mut self, epoch: u64, entered: Timestamp) -> Result<(), StoreError> {
        let buried = Statement::new("DELETE FROM processes WHERE epoch = $1 AND entered_at = $2");
        if self.0.change(buried.bind(epoch).bind(entered)).await? > 0 {
            self.0
                .change(Statement::new("UPDATE runs SET holder = NULL WHERE holder = $1").bind(epoch))
                .await?;
        }
        Ok(())
    }

    async fn leave_process(&mut self, epoch: u64) -> Result<(), StoreError> {
        self.0.change(Statement::new("DELETE FROM processes WHERE epoch = $1").bind(epoch)).await?;
        self.0.change(Statement::new("UPDATE runs SET holder = NULL WHERE holder = $1").bind(epoch)).await?;
        Ok(())
    }

    async fn claim_runs(&mut self, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        let own = Statement::new("SELECT epoch FROM processes WHERE epoch = $1").bind(claim.epoch.0);
        if self.0.row(own).await?.is_none() {
            return Err(StoreError::Superseded);
        }
        let dead = Statement::new("DELETE FROM processes WHERE epoch <> $1 AND seen_at < $2");
        self.0.change(dead.bind(claim.epoch.0).bind(claim.dead_before)).await?;
        // Each time, not only when somebody died here: a run may have been opened while its process was being buried.
        let free = Statement::new(
            "UPDATE runs SET holder = NULL WHERE holder IS NOT NULL AND holder NOT IN (SELECT epoch FROM processes)",
        );
        self.0.change(free).await?;
        let mut taken = Vec::new();
        for (kind, room) in claim.room.iter().filter(|(_, room)| *room > 0) {
            let due = self.due(kind, *room, claim).await?;
            for some in due.chunks(ROWS_MAX) {
                taken.extend(self.hold(some, claim).await?);
            }
        }
        Ok(taken)
    }

    async fn put_run_aside(
        &mut self,
        epoch: u64,
        run: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.0.note_commit_of_run();
        // Numbers that cannot be read stay as they are: somebody may want to know what happened to the row.
        let aside = Statement::new(
            "UPDATE runs SET status = 'unreadable', reason = $2, holder = NULL, wake_at = NULL, due_at = NULL, changed_at = $3 \
             WHERE id = $1 AND (holder IS NULL OR holder = $4 OR holder NOT IN (SELECT epoch FROM processes)) \
             AND EXISTS (SELECT 1 FROM processes WHERE epoch = $4)",
        );
        if self.0.change(aside.text(run).text(why).bind(now).bind(epoch)).await? > 0 {
            return Ok(());
        }
        let found = self.0.row(Statement::new("SELECT id FROM runs WHERE id = $1").text(run)).await?;
        Err(if found.is_some() { StoreError::Superseded } else { StoreError::NotFound })
    }
}

impl Statements<Unit> {
    /// The runs that are next: the first of everybody, then the second of everybody.
    async fn due(&mut self, kind: &str, room: usize, claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        let due = Statement::new(
            "SELECT id FROM (SELECT id, due_at, opened_at, ROW_NUMBER() OVER \
             (PARTITION BY organization_id, owner_id ORDER BY due_at, opened_at, id) AS turn FROM runs \
             WHERE kind = $1 AND due_at <= $2 AND holder IS NULL) AS waiting \
             ORDER BY turn, due_at, opened_at, id LIMIT $3",
        );
        let room = u32::try_from(room).unwrap_or(u32::MAX);
        let rows = self.0.rows(due.text(kind).bind(claim.now).bind(room)).await?;
        for row in &rows {
            let id: Result<String, _> = Cells::new(row, "runs").take();
            if let Some(strange) = id.ok().filter(|id| id.parse::<Id>().is_err()) {
                // Nobody can load it, and it would keep its place in the turns for ever.
                let why = "runs.id holds a value it may not";
                tracing::error!(run = strange, why, "a run's row cannot be read; it is put aside");
                self.put_run_aside(claim.epoch.0, &strange, why, claim.now).await?;
            }
        }
        Ok(checkpoints::ids(&rows))
    }

    /// Holds those of them that nobody was faster with.
    async fn hold(&self, due: &[RunId], claim: &Claim) -> Result<Vec<RunId>, StoreError> {
        let head = "UPDATE runs SET holder = $1 WHERE holder IS NULL AND due_at IS NOT NULL AND id IN";
        let held = Statement::with_one_and_list(head, due.len(), "RETURNING id").bind(claim.epoch.0);
        let held = due.iter().fold(held, |held, run| held.bind(Id(run.0)));
        let held = checkpoints::ids(&self.0.rows(held).await?);
        // In the order of their turns.
        Ok(due.iter().filter(|run| held.contains(run)).copied().collect())
    }
}
