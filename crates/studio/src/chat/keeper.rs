//! The engine's way to the database, and what this process does when something was kept.

use super::{StudioChange, change::AnswerEnded};
use crate::{
    Live, News,
    ports::{
        Timestamp,
        store::{Owned, RunNews, Store, owned_of},
    },
};
use api_types::RunId;
use async_trait::async_trait;
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
};
use workflow::{
    Answer, Checkpointer, Claim, Commit, Epoch, Event, Interrupt, Listed, Loaded, Revision, RunId as Run,
    Sealed, StoreError,
};

/// A store of runs that tells the open pages.
pub(crate) struct Keeper {
    store: Arc<dyn Checkpointer<StudioChange>>,
    live: Arc<Live>,
    news: Arc<News>,
    /// Whose the runs are that this process drives: a commit does not say it.
    owners: Mutex<HashMap<Run, Owned>>,
    /// Where what is before a commit may still be on its way.
    order: Arc<dyn Store>,
    /// Runs whose opening nobody heard the end of.
    unheard: Mutex<HashSet<Run>>,
    is_down: AtomicBool,
    /// When this life of the process began.
    entered_at: AtomicI64,
}

impl Keeper {
    pub(crate) fn new(
        store: Arc<dyn Checkpointer<StudioChange>>,
        order: Arc<dyn Store>,
        live: Arc<Live>,
        news: Arc<News>,
    ) -> Self {
        let (is_down, entered_at) = (AtomicBool::new(false), AtomicI64::new(0));
        let (owners, unheard) = (Mutex::default(), Mutex::default());
        Self { store, live, news, owners, order, unheard, is_down, entered_at }
    }

    /// Nobody heard whether this run was opened: its first commit waits until that is over.
    pub(crate) fn open_unheard(&self, run: Run) {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner).insert(run);
    }

    /// Waits until the opening of a run is over, where nobody heard the end of it.
    async fn opened(&self, run: Run) -> Result<(), StoreError> {
        let unheard = || self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        if unheard().contains(&run) {
            self.order.barrier().await?;
            unheard().remove(&run);
        }
        Ok(())
    }

    fn owners(&self) -> MutexGuard<'_, HashMap<Run, Owned>> {
        self.owners.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn know(&self, loaded: &Loaded) {
        if let Some(owned) = owned_of(&loaded.head.owner) {
            self.owners().insert(loaded.head.run, owned);
        }
    }

    /// Tells who looks at runs that a commit was kept. Those that open a run are kept beside its rows and told from there.
    pub(crate) fn kept<W>(&self, owned: Owned, commit: &Commit<W>) {
        if commit.held {
            self.owners().insert(commit.run, owned);
        } else {
            self.owners().remove(&commit.run);
        }
        if let Some(last) = commit.events.last() {
            let (run, revision) = (RunId(commit.run.0), commit.expected.next().0);
            self.news.tell(RunNews { owned, run, revision, last_seq: last.seq });
        }
    }

    async fn owner_of(&self, commit: &Commit<StudioChange>) -> Option<Owned> {
        if let Some(opens) = &commit.opens {
            return owned_of(&opens.owner);
        }
        let known = self.owners().get(&commit.run).copied();
        match known {
            Some(owned) => Some(owned),
            // Somebody else's until now, and this commit is from outside.
            None => owned_of(&self.store.load(commit.run).await.ok()??.head.owner),
        }
    }

    /// When this life of the process began.
    pub(crate) fn entered_at(&self) -> Timestamp {
        Timestamp(self.entered_at.load(Ordering::Relaxed))
    }

    /// Whether the last sign of life of this process could not be written.
    pub(crate) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    fn note<T>(&self, beaten: Result<T, StoreError>) -> Result<T, StoreError> {
        let is_down = matches!(beaten, Err(StoreError::Unavailable(_) | StoreError::Fault(_)));
        if is_down && !self.is_down.swap(is_down, Ordering::Relaxed) {
            tracing::error!("the database cannot be written");
        }
        self.is_down.store(is_down, Ordering::Relaxed);
        beaten
    }

    /// Taken for dead, this process writes nothing any more of what it was writing; another does, or a person is asked.
    fn lost<T>(&self, said: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(said, Err(StoreError::Superseded)) {
            self.owners().clear();
            self.live.forget_all();
        }
        said
    }

    /// What pages are told of a commit. An answer that cannot be saved now (disk full, database gone) stays on the page,
    /// says so, and is tried again by the engine.
    fn told(&self, commit: &Commit<StudioChange>, kept: &Result<(), StoreError>) {
        let run = RunId(commit.run.0);
        let at = Timestamp(commit.at.0);
        for write in &commit.writes {
            let StudioChange::EndAnswer(AnswerEnded { owned, state, failure, .. }) = write else { continue };
            match kept {
                Ok(()) => self.live.ended(owned.owner, run, *state, failure.clone(), at),
                Err(StoreError::Unavailable(fault) | StoreError::Fault(fault)) => {
                    tracing::error!(%run, fault, "an answer could not be saved; trying again");
                    self.live.says(owned.owner, run, format!("Not saved yet: {fault}. Trying again."));
                }
                // It goes on elsewhere, or was never opened.
                Err(_) => self.live.forget(owned.owner, run),
            }
        }
    }
}

#[async_trait]
impl Checkpointer<StudioChange> for Keeper {
    async fn enter(&self, now: workflow::Timestamp) -> Result<Epoch, StoreError> {
        let entered = self.store.enter(now).await;
        self.entered_at.store(now.0, Ordering::Relaxed);
        entered
    }

    async fn beat(&self, epoch: Epoch, now: workflow::Timestamp) -> Result<Vec<Run>, StoreError> {
        self.lost(self.note(self.store.beat(epoch, now).await))
    }

    async fn leave(&self, epoch: Epoch) -> Result<(), StoreError> {
        self.store.leave(epoch).await
    }

    async fn commit(&self, commit: Arc<Commit<StudioChange>>) -> Result<(), StoreError> {
        self.opened(commit.run).await?;
        let kept = self.store.commit(Arc::clone(&commit)).await;
        self.told(&commit, &kept);
        if kept.is_ok()
            && let Some(owned) = self.owner_of(&commit).await
        {
            self.kept(owned, &commit);
        }
        kept
    }

    async fn answer(&self, answer: Arc<Answer<StudioChange>>) -> Result<(), StoreError> {
        self.store.answer(answer).await
    }

    async fn request_cancel(&self, run: Run, now: workflow::Timestamp) -> Result<(), StoreError> {
        self.store.request_cancel(run, now).await
    }

    async fn claim(&self, claim: &Claim) -> Result<Vec<Loaded>, StoreError> {
        let claimed = self.lost(self.store.claim(claim).await)?;
        claimed.iter().for_each(|loaded| self.know(loaded));
        Ok(claimed)
    }

    async fn strangers(&self, kinds: &[String], now: workflow::Timestamp) -> Result<Vec<Run>, StoreError> {
        self.store.strangers(kinds, now).await
    }

    async fn put_aside(
        &self,
        epoch: Epoch,
        run: Run,
        why: &str,
        now: workflow::Timestamp,
    ) -> Result<(), StoreError> {
        self.owners().remove(&run);
        self.store.put_aside(epoch, run, why, now).await
    }

    async fn held(&self, epoch: Epoch) -> Result<Vec<Run>, StoreError> {
        self.store.held(epoch).await
    }

    async fn load(&self, run: Run) -> Result<Option<Loaded>, StoreError> {
        self.store.load(run).await
    }

    async fn history(&self, run: Run) -> Result<Vec<Listed>, StoreError> {
        self.store.history(run).await
    }

    async fn checkpoint(&self, run: Run, revision: Revision) -> Result<Option<Sealed>, StoreError> {
        self.store.checkpoint(run, revision).await
    }

    async fn events(&self, run: Run, after: u64) -> Result<Vec<Event>, StoreError> {
        self.store.events(run, after).await
    }

    async fn questions(&self, run: Run) -> Result<Vec<Interrupt>, StoreError> {
        self.store.questions(run).await
    }
}
