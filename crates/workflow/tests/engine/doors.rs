//! A door to the store at which processes die.

use crate::world::Note;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Notify;
use workflow::{
    Answer, Checkpointer, Claim, Commit, Epoch, Event, Interrupt, Listed, Loaded, Memory, Revision, RunId,
    Sealed, StoreError, Timestamp,
};

/// How a process dies at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// Before it is kept.
    Before,
    /// After it is kept.
    After,
    /// Politely: it is told to go down while it commits.
    Politely,
    /// Not at all: it is stopped, taken for dead, and goes on seconds later as if nothing had been.
    Stopped,
}

/// A process's door to the store, at which it dies, and behind which answers get lost.
pub(crate) struct Doors {
    inner: Arc<Memory<Note>>,
    fate: Arc<Fate>,
    /// The process is dead or stopped: nothing comes through any more.
    is_gone: AtomicBool,
    loses_answers: AtomicBool,
    loses_a_claim: AtomicBool,
    refuses_claims: AtomicBool,
    /// How long a commit takes, in microseconds.
    takes: AtomicU64,
    /// What was asked of the store, commits apart.
    pub(crate) calls: AtomicU64,
}

/// What processes that follow each other have in common.
#[derive(Default)]
struct Fate {
    commits: AtomicU64,
    /// At which commit the process dies, and how.
    dies_at: Mutex<Option<(u64, Death)>>,
    died: Notify,
    /// Something was kept of a process that was taken for dead.
    late_kept: AtomicBool,
}

impl Doors {
    pub(crate) fn new(inner: Arc<Memory<Note>>) -> Self {
        Self::with(inner, Arc::default())
    }

    /// The door of the process after this one.
    pub(crate) fn another(&self) -> Self {
        Self::with(Arc::clone(&self.inner), Arc::clone(&self.fate))
    }

    fn with(inner: Arc<Memory<Note>>, fate: Arc<Fate>) -> Self {
        let [is_gone, loses_answers, loses_a_claim, refuses_claims] = [false; 4].map(AtomicBool::new);
        Self {
            inner,
            fate,
            is_gone,
            loses_answers,
            loses_a_claim,
            refuses_claims,
            takes: AtomicU64::new(0),
            calls: AtomicU64::new(0),
        }
    }

    /// Of three times that a commit is handed in, it is lost on the way there, lost on the way back, and answered.
    pub(crate) fn lose_answers(&self) {
        self.loses_answers.store(true, Ordering::SeqCst);
    }

    /// The answer to the next claim is lost on its way back.
    pub(crate) fn lose_a_claim(&self) {
        self.loses_a_claim.store(true, Ordering::SeqCst);
    }

    /// Whether every claim fails.
    pub(crate) fn refuse_claims(&self, refuses: bool) {
        self.refuses_claims.store(refuses, Ordering::SeqCst);
    }

    /// From now on a commit takes so long.
    pub(crate) fn slow(&self, takes: Duration) {
        self.takes.store(u64::try_from(takes.as_micros()).unwrap(), Ordering::SeqCst);
    }

    /// The process dies at so many commits from now on.
    pub(crate) fn die_next(&self, after: Option<(usize, Death)>) {
        let now = self.fate.commits.load(Ordering::SeqCst);
        *self.fate.dies_at.lock().unwrap() = after.map(|(after, death)| (now + after as u64, death));
    }

    /// Completes when it has died.
    pub(crate) async fn died(&self) {
        self.fate.died.notified().await;
    }

    /// Whether something was kept of a process that was taken for dead.
    pub(crate) fn has_kept_late(&self) -> bool {
        self.fate.late_kept.load(Ordering::SeqCst)
    }

    /// Commits handed in so far.
    pub(crate) fn commits(&self) -> usize {
        usize::try_from(self.fate.commits.load(Ordering::SeqCst)).unwrap()
    }

    async fn pass(&self) {
        if self.is_gone.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }

    async fn hand_in(&self, commit: Arc<Commit<Note>>) -> Result<(), StoreError> {
        let number = self.fate.commits.fetch_add(1, Ordering::SeqCst) + 1;
        match self.takes.load(Ordering::SeqCst) {
            0 => {}
            micros => tokio::time::sleep(Duration::from_micros(micros)).await,
        }
        let death = self.fate.dies_at.lock().unwrap().take_if(|(at, _)| *at <= number);
        if let Some((_, Death::Politely)) = death {
            self.fate.died.notify_one();
        } else if let Some((_, death)) = death {
            self.is_gone.store(true, Ordering::SeqCst);
            self.fate.died.notify_one();
            if death == Death::Stopped {
                tokio::time::sleep(Duration::from_secs(4)).await;
                let is_kept = self.inner.commit(Arc::clone(&commit)).await.is_ok();
                self.fate.late_kept.fetch_or(is_kept, Ordering::SeqCst);
            }
            if death == Death::After {
                self.inner.commit(commit).await?;
            }
            return std::future::pending().await;
        }
        let lost = || StoreError::Unavailable("on purpose".to_owned());
        match number % 3 {
            _ if !self.loses_answers.load(Ordering::SeqCst) => self.inner.commit(commit).await,
            0 => Err(lost()),
            1 => self.inner.commit(commit).await.and(Err(lost())),
            _ => self.inner.commit(commit).await,
        }
    }
}

/// All but `commit` goes through as it is.
macro_rules! through {
    ($($name:ident($($arg:ident: $type:ty),*) -> $result:ty;)*) => {
        #[async_trait::async_trait]
        impl Checkpointer<Note> for Doors {
            $(async fn $name(&self, $($arg: $type),*) -> Result<$result, StoreError> {
                self.pass().await;
                self.calls.fetch_add(1, Ordering::SeqCst);
                self.inner.$name($($arg),*).await
            })*

            async fn commit(&self, commit: Arc<Commit<Note>>) -> Result<(), StoreError> {
                self.pass().await;
                self.hand_in(commit).await
            }

            async fn claim(&self, claim: &Claim) -> Result<Vec<Loaded>, StoreError> {
                self.pass().await;
                self.calls.fetch_add(1, Ordering::SeqCst);
                if self.refuses_claims.load(Ordering::SeqCst) {
                    return Err(StoreError::Fault("on purpose".to_owned()));
                }
                let taken = self.inner.claim(claim).await?;
                if !taken.is_empty() && self.loses_a_claim.swap(false, Ordering::SeqCst) {
                    return Err(StoreError::Unavailable("on purpose".to_owned()));
                }
                Ok(taken)
            }
        }
    };
}

through! {
    enter(now: Timestamp) -> Epoch;
    beat(epoch: Epoch, now: Timestamp) -> Vec<RunId>;
    leave(epoch: Epoch) -> ();
    answer(answer: Arc<Answer<Note>>) -> ();
    request_cancel(run: RunId, now: Timestamp) -> ();
    strangers(kinds: &[String], now: Timestamp) -> Vec<RunId>;
    put_aside(epoch: Epoch, run: RunId, why: &str, now: Timestamp) -> ();
    held(epoch: Epoch) -> Vec<RunId>;
    load(run: RunId) -> Option<Loaded>;
    history(run: RunId) -> Vec<Listed>;
    checkpoint(run: RunId, revision: Revision) -> Option<Sealed>;
    events(run: RunId, after: u64) -> Vec<Event>;
    questions(run: RunId) -> Vec<Interrupt>;
}
