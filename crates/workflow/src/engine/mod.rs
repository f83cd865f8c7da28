//! The engine: which runs this process drives, and when.

mod aside;
mod keep_up;
mod kind;
mod open;
mod operate;
mod trouble;
mod turns;
mod work;

pub use aside::STRANGER_AFTER;
pub use keep_up::{BEAT_EVERY, STRAY_AFTER};
pub use open::{Opening, Ticket};
pub use operate::Verdict;

use crate::{
    Checkpointer, Epoch, Graph, Host, Opens, RunId, State, StateError, StoreError, Timestamp,
    run::{Book, Drive, Fault},
};
use aside::Strangers;
use kind::Kind;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicBool},
    time::Duration,
};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;
use trouble::Trouble;
use turns::Turns;

/// A ticket has to be started so soon after its run was drawn up.
pub const TICKET_LASTS: Duration = Duration::from_secs(10);

/// How a process works.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// A process that was not heard of for so long is dead. Zero where no other can be there: whatever is not ours is an orphan.
    pub dead_after: Duration,
    /// When the process goes down, runs have so long to finish or be handed back.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { dead_after: Duration::from_secs(10), grace: Duration::from_secs(10) }
    }
}

/// Drives runs of its graphs. `W` is the product's own writes.
pub struct Engine<W> {
    host: Arc<dyn Host>,
    store: Arc<dyn Checkpointer<W>>,
    settings: Settings,
    kinds: HashMap<&'static str, Arc<dyn Kind<W>>>,
    epoch: Mutex<Option<Epoch>>,
    live: Mutex<HashMap<RunId, Arc<Drive<W>>>>,
    turns: Mutex<Turns<Ticket<W>>>,
    /// When the first of the runs that were put to rest here goes on.
    soonest: Mutex<Option<Timestamp>>,
    /// Runs that the store says are held here and that are not known here, and since when.
    strays: Mutex<HashMap<RunId, Instant>>,
    strangers: Mutex<Strangers>,
    trouble: Mutex<Trouble>,
    /// Something waits for its turn.
    waiting: Notify,
    /// Somebody wrote something to the store that a run waits for.
    is_asked: AtomicBool,
    /// The last look for work found as much as there was room for.
    may_be_more: AtomicBool,
    /// One of those changed, or `soonest`.
    due: Notify,
    closing: CancellationToken,
}

/// An engine whose graphs are not all named yet.
pub struct EngineBuilder<W> {
    kinds: Vec<(&'static str, Arc<dyn Kind<W>>, usize)>,
}

/// Why an engine did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// [`Engine::enter`] was not called, the process was taken for dead and has not come back, or it goes down.
    #[error("this process is not at work")]
    NotAtWork,
    /// No graph of this engine has the name.
    #[error("there is no graph `{0}`")]
    UnknownKind(String),
    /// What is stored cannot be read, or what is to be stored cannot be written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is asked for does not fit where the run stands.
    #[error("{0}")]
    Refused(&'static str),
}

impl From<Fault> for EngineError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => Self::Store(error),
            Fault::State(error) => Self::State(error),
        }
    }
}

impl<W: Send + Sync + 'static> EngineBuilder<W> {
    /// Adds a graph, of which this process drives so many runs at once.
    #[must_use]
    pub fn graph<S: State>(mut self, graph: &Arc<Graph<S, W>>, at_once_max: usize) -> Self {
        let kind: Arc<dyn Kind<W>> = Arc::<Graph<S, W>>::clone(graph);
        self.kinds.push((graph.name(), kind, at_once_max));
        self
    }

    /// An engine that is not at work yet.
    ///
    /// # Errors
    /// `Refused` when two graphs have the same name.
    pub fn build(
        self,
        host: Arc<dyn Host>,
        store: Arc<dyn Checkpointer<W>>,
        settings: Settings,
    ) -> Result<Engine<W>, EngineError> {
        let turns = Turns::new(self.kinds.iter().map(|(name, _, cap)| (*name, *cap)));
        let given = self.kinds.len();
        let kinds: HashMap<_, _> = self.kinds.into_iter().map(|(name, kind, _)| (name, kind)).collect();
        if kinds.len() < given {
            return Err(EngineError::Refused("two graphs have the same name"));
        }
        Ok(Engine {
            host,
            store,
            settings,
            kinds,
            epoch: Mutex::default(),
            live: Mutex::default(),
            turns: Mutex::new(turns),
            soonest: Mutex::default(),
            strays: Mutex::default(),
            strangers: Mutex::default(),
            trouble: Mutex::default(),
            waiting: Notify::new(),
            is_asked: AtomicBool::new(false),
            may_be_more: AtomicBool::new(false),
            due: Notify::new(),
            closing: CancellationToken::new(),
        })
    }
}

impl<W: Send + Sync + 'static> Engine<W> {
    /// Begins an engine.
    pub fn builder() -> EngineBuilder<W> {
        EngineBuilder { kinds: Vec::new() }
    }

    /// Begins a life of this process. Runs can be opened from now on; [`Engine::work`] drives them.
    ///
    /// # Errors
    /// When the store cannot be reached.
    pub async fn enter(&self) -> Result<Epoch, EngineError> {
        let epoch = self.store.enter(self.host.now()).await?;
        *locked(&self.epoch) = Some(epoch);
        Ok(epoch)
    }

    fn drive(
        &self,
        run: RunId,
        opens: Opens,
        schema: (&'static str, u32),
        epoch: Epoch,
        book: Book<W>,
    ) -> Drive<W> {
        let doors = (Arc::clone(&self.host), Arc::clone(&self.store), epoch);
        Drive::new((run, opens, schema), doors, book)
    }

    fn ticket(&self, drive: Arc<Drive<W>>) -> Result<Ticket<W>, EngineError> {
        Ok(Ticket::new(self.kind(&drive.opens.kind)?, drive))
    }

    fn kind(&self, name: &str) -> Result<Arc<dyn Kind<W>>, EngineError> {
        self.kinds.get(name).cloned().ok_or_else(|| EngineError::UnknownKind(name.to_owned()))
    }

    /// This life of the process; none before [`Engine::enter`], after it was taken for dead, and when it went down.
    pub fn epoch(&self) -> Option<Epoch> {
        *locked(&self.epoch)
    }

    fn at_work(&self) -> Result<Epoch, EngineError> {
        locked(&self.epoch).ok_or(EngineError::NotAtWork)
    }

    /// Drives an opened run, when its turn comes. Call it when its first commit is kept: a ticket that comes later than
    /// [`TICKET_LASTS`], or in another life of the process, is left to whoever takes the run up.
    pub fn start(&self, ticket: Ticket<W>) {
        // Somebody else may hold it by now, and what it means to do first would be done twice.
        if self.at_work() == Ok(ticket.drive.epoch) && ticket.made.elapsed() < TICKET_LASTS {
            self.enqueue(ticket, false);
        }
    }

    fn enqueue(&self, ticket: Ticket<W>, is_claimed: bool) {
        locked(&self.live).insert(ticket.drive.run, Arc::clone(&ticket.drive));
        let (opens, run) = (ticket.drive.opens.clone(), ticket.drive.run);
        let is_cancelled = ticket.drive.book().cancel;
        if self.closing.is_cancelled() {
            ticket.drive.close();
        }
        let mut turns = locked(&self.turns);
        turns.push(&opens.kind, opens.owner, is_claimed, ticket);
        if is_cancelled {
            turns.hurry(|ticket| ticket.drive.run == run);
        }
        drop(turns);
        self.waiting.notify_one();
    }

    /// Takes no more runs up, and lets those under way finish or hand back. [`Engine::work`] returns then.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Whether this process fails to look for work, for seconds on end: what others left and what is due is not taken up.
    pub fn is_stuck(&self) -> bool {
        locked(&self.trouble).is_lasting()
    }

    /// Runs that this process drives, or that wait for their turn in it.
    pub fn live(&self) -> Vec<RunId> {
        locked(&self.live).keys().copied().collect()
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
