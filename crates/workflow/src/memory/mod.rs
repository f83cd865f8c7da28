//! A store in memory. It forgets everything with its process: for tests and examples, and as the shortest way to read what a
//! store has to keep.

mod kept;

use crate::{
    Answer, Checkpointer, Claim, Commit, Epoch, Event, Head, Interrupt, Listed, Loaded, OwnerId, Revision,
    RunId, Sealed, Status, StoreError, Timestamp,
};
use async_trait::async_trait;
use kept::{Kept, Question, Run};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Keeps runs in memory.
pub struct Memory<W> {
    kept: Mutex<Kept<W>>,
}

impl<W> Default for Memory<W> {
    fn default() -> Self {
        Self {
            kept: Mutex::new(Kept {
                runs: BTreeMap::new(),
                alive: BTreeMap::new(),
                last_epoch: 0,
                applied: BTreeSet::new(),
                writes: Vec::new(),
            }),
        }
    }
}

impl<W: Clone> Memory<W> {
    /// The product's writes so far, in the order in which they were committed.
    pub fn writes(&self) -> Vec<W> {
        self.kept().writes.clone()
    }

    /// Commits so far.
    pub fn commits(&self) -> usize {
        self.kept().applied.len()
    }

    /// The rows of all runs.
    pub fn heads(&self) -> Vec<Head> {
        self.kept().runs.values().map(|run| run.head.clone()).collect()
    }
}

impl<W> Memory<W> {
    fn kept(&self) -> MutexGuard<'_, Kept<W>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<W: Clone + Send + Sync> Checkpointer<W> for Memory<W> {
    async fn enter(&self, now: Timestamp) -> Result<Epoch, StoreError> {
        let mut kept = self.kept();
        kept.last_epoch += 1;
        let epoch = Epoch(kept.last_epoch);
        kept.alive.insert(epoch, now);
        Ok(epoch)
    }

    async fn beat(&self, epoch: Epoch, now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let mut kept = self.kept();
        *kept.alive.get_mut(&epoch).ok_or(StoreError::Superseded)? = now;
        let wanted = kept.runs.values().filter(|run| {
            let is_answered = |question: &Question| question.answer.is_some() && !question.is_closed;
            run.head.holder == Some(epoch)
                && (run.head.cancel_requested && !run.head.cancel_heard
                    || run.questions.iter().any(is_answered))
        });
        Ok(wanted.map(|run| run.head.run).collect())
    }

    async fn leave(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.kept().alive.remove(&epoch);
        Ok(())
    }

    async fn commit(&self, commit: Arc<Commit<W>>) -> Result<(), StoreError> {
        let mut kept = self.kept();
        if kept.applied.contains(&commit.id) {
            return Ok(());
        }
        kept.check(&commit)?;
        if let Some(run) = Run::new(&commit) {
            kept.runs.insert(commit.run, run);
        }
        kept.run(commit.run)?.apply(&commit);
        kept.applied.insert(commit.id);
        kept.writes.extend(commit.writes.iter().cloned());
        Ok(())
    }

    async fn answer(&self, answer: Arc<Answer<W>>) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let run = kept.run(answer.run)?;
        let is_over = run.head.status.is_over();
        let question = run.questions.iter_mut().find(|question| question.asked.id == answer.interrupt);
        let question = question.ok_or(StoreError::NotFound)?;
        if question.asked.digest != answer.digest {
            return Err(StoreError::Altered);
        }
        if question.answer.is_some() || question.is_closed || is_over {
            return Err(StoreError::Answered);
        }
        question.answer = Some(answer.body.clone());
        kept.writes.extend(answer.writes.iter().cloned());
        Ok(())
    }

    async fn request_cancel(&self, run: RunId, _now: Timestamp) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let head = &mut kept.run(run)?.head;
        head.cancel_requested |= !head.status.is_over();
        Ok(())
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Loaded>, StoreError> {
        let mut kept = self.kept();
        if !kept.alive.contains_key(&claim.epoch) {
            return Err(StoreError::Superseded);
        }
        kept.alive.retain(|epoch, seen| *epoch == claim.epoch || *seen >= claim.dead_before);
        let mut taken = Vec::new();
        for (kind, room) in &claim.room {
            let mut due: Vec<&Head> = kept
                .runs
                .values()
                .filter(|run| run.head.kind == *kind && kept.is_due(run, claim.now))
                .map(|run| &run.head)
                .collect();
            due.sort_by_key(|head| (head.wake_at, head.opened_at, head.run));
            let mut turns: HashMap<&OwnerId, usize> = HashMap::new();
            let mut due: Vec<(usize, RunId)> = due
                .into_iter()
                .map(|head| {
                    let turn = turns.entry(&head.owner).or_default();
                    *turn += 1;
                    (*turn, head.run)
                })
                .collect();
            // Stable: the first of everybody, then the second of everybody.
            due.sort_by_key(|(turn, _)| *turn);
            taken.extend(due.into_iter().take(*room).map(|(_, run)| run));
        }
        let mut loaded = Vec::new();
        for run in taken {
            let run = kept.run(run)?;
            run.head.holder = Some(claim.epoch);
            loaded.push(run.loaded());
        }
        Ok(loaded)
    }

    async fn strangers(&self, kinds: &[String], now: Timestamp) -> Result<Vec<RunId>, StoreError> {
        let kept = self.kept();
        let is_strange = |run: &&Run| !kinds.contains(&run.head.kind) && kept.is_due(run, now);
        Ok(kept.runs.values().filter(is_strange).map(|run| run.head.run).take(100).collect())
    }

    async fn put_aside(&self, epoch: Epoch, run: RunId, why: &str, now: Timestamp) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let held = kept.runs.get(&run).ok_or(StoreError::NotFound)?.head.holder;
        let held = held.filter(|holder| kept.alive.contains_key(holder));
        if !kept.alive.contains_key(&epoch) || held.is_some_and(|holder| holder != epoch) {
            return Err(StoreError::Superseded);
        }
        let head = &mut kept.run(run)?.head;
        (head.status, head.reason) = (Status::Unreadable, Some(why.to_owned()));
        (head.holder, head.wake_at, head.changed_at) = (None, None, now);
        Ok(())
    }

    async fn held(&self, epoch: Epoch) -> Result<Vec<RunId>, StoreError> {
        let kept = self.kept();
        let held = kept.runs.values().filter(|run| run.head.holder == Some(epoch));
        Ok(held.map(|run| run.head.run).collect())
    }

    async fn load(&self, run: RunId) -> Result<Option<Loaded>, StoreError> {
        Ok(self.kept().runs.get(&run).map(Run::loaded))
    }

    async fn history(&self, run: RunId) -> Result<Vec<Listed>, StoreError> {
        let mut kept = self.kept();
        let checkpoints = kept.run(run)?.checkpoints.iter();
        Ok(checkpoints
            .map(|(sealed, at, status)| Listed { revision: sealed.revision, at: *at, status: *status })
            .collect())
    }

    async fn checkpoint(&self, run: RunId, revision: Revision) -> Result<Option<Sealed>, StoreError> {
        let kept = self.kept();
        let Some(run) = kept.runs.get(&run) else { return Ok(None) };
        let mut sealed = run.checkpoints.iter().map(|(sealed, ..)| sealed);
        Ok(sealed.find(|sealed| sealed.revision == revision).cloned())
    }

    async fn events(&self, run: RunId, after: u64) -> Result<Vec<Event>, StoreError> {
        let mut kept = self.kept();
        Ok(kept.run(run)?.events.iter().filter(|event| event.seq > after).cloned().collect())
    }

    async fn questions(&self, run: RunId) -> Result<Vec<Interrupt>, StoreError> {
        let mut kept = self.kept();
        let open = kept.run(run)?.questions.iter().filter(|q| q.answer.is_none() && !q.is_closed);
        Ok(open.map(|question| question.asked.clone()).collect())
    }
}
