//! A host whose time, ids and chance are the test's, and short ways to say things.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::Instant};
use uuid::Uuid;
use workflow::{
    Checkpointer, Engine, EngineBuilder, Event, Graph, Head, Host, Memory, Opening, OwnerId, RunId, Settings,
    State, Status, Timestamp, What,
};

/// What the product of these tests writes.
pub(crate) type Note = String;

/// Follows tokio's clock, which tests stop, and can step.
pub(crate) struct World {
    begun: Instant,
    stepped: AtomicI64,
    ids: AtomicU64,
}

impl World {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self { begun: Instant::now(), stepped: AtomicI64::new(0), ids: AtomicU64::new(0) })
    }

    /// The wall clock jumps by so many seconds.
    pub(crate) fn step(&self, seconds: i64) {
        self.stepped.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Host for World {
    fn now(&self) -> Timestamp {
        let lasted = i64::try_from(self.begun.elapsed().as_micros()).unwrap();
        Timestamp(1_800_000_000_000_000 + lasted + self.stepped.load(Ordering::SeqCst))
    }

    fn id(&self) -> Uuid {
        Uuid::from_u64_pair(7, self.ids.fetch_add(1, Ordering::SeqCst))
    }

    fn jitter(&self) -> f64 {
        1.0
    }
}

/// A process: an engine at work on a store.
pub(crate) struct Process {
    pub(crate) engine: Arc<Engine<Note>>,
    pub(crate) store: Arc<Memory<Note>>,
    task: JoinHandle<()>,
}

impl Process {
    pub(crate) async fn start<S: State>(
        world: &Arc<World>,
        store: &Arc<Memory<Note>>,
        graph: &Arc<Graph<S, Note>>,
    ) -> Self {
        Self::build(world, store, Engine::builder().graph(graph, 100)).await
    }

    pub(crate) async fn build(
        world: &Arc<World>,
        store: &Arc<Memory<Note>>,
        builder: EngineBuilder<Note>,
    ) -> Self {
        Self::behind(world, store, Arc::<Memory<Note>>::clone(store), builder, seconds(5)).await
    }

    /// A process that reaches its store through another door.
    pub(crate) async fn over<S: State>(
        world: &Arc<World>,
        store: &Arc<Memory<Note>>,
        door: Arc<dyn Checkpointer<Note>>,
        graph: &Arc<Graph<S, Note>>,
    ) -> Self {
        Self::behind(world, store, door, Engine::builder().graph(graph, 100), seconds(5)).await
    }

    /// The only process: whatever is not its own is an orphan.
    pub(crate) async fn alone<S: State>(
        world: &Arc<World>,
        store: &Arc<Memory<Note>>,
        door: Arc<dyn Checkpointer<Note>>,
        graph: &Arc<Graph<S, Note>>,
    ) -> Self {
        Self::behind(world, store, door, Engine::builder().graph(graph, 100), Duration::ZERO).await
    }

    async fn behind(
        world: &Arc<World>,
        store: &Arc<Memory<Note>>,
        door: Arc<dyn Checkpointer<Note>>,
        builder: EngineBuilder<Note>,
        dead_after: Duration,
    ) -> Self {
        let settings = Settings { dead_after, grace: Duration::from_secs(10) };
        let host: Arc<dyn Host> = Arc::<World>::clone(world);
        let engine = Arc::new(builder.build(host, door, settings).unwrap());
        engine.enter().await.unwrap();
        let task = tokio::spawn({
            let engine = Arc::clone(&engine);
            async move { engine.work().await }
        });
        Self { engine, store: Arc::clone(store), task }
    }

    /// Opens a run and starts it.
    pub(crate) async fn run<S: State>(&self, graph: &Arc<Graph<S, Note>>, state: &S) -> RunId {
        let opening = self.engine.open(graph, owner(), state).unwrap();
        self.begin(opening).await
    }

    pub(crate) async fn begin(&self, opening: Opening<Note>) -> RunId {
        let run = opening.run;
        self.store.commit(Arc::new(opening.commit)).await.unwrap();
        if let Some(ticket) = opening.ticket {
            self.engine.start(ticket);
        }
        run
    }

    /// The process is gone, without a word.
    pub(crate) fn kill(&self) {
        self.task.abort();
    }

    /// The process goes down politely.
    pub(crate) async fn stop(mut self) {
        self.go_down().await;
    }

    /// The same, for one that is still looked at.
    pub(crate) async fn go_down(&mut self) {
        self.engine.close();
        (&mut self.task).await.unwrap();
    }

    pub(crate) async fn head(&self, run: RunId) -> Head {
        self.store.load(run).await.unwrap().unwrap().head
    }

    /// Waits until the run stands there.
    pub(crate) async fn until(&self, run: RunId, status: Status) -> Head {
        for n in 0..10_000 {
            let head = self.head(run).await;
            if head.status == status {
                return head;
            }
            tokio::time::sleep(Duration::from_millis(if n < 2_000 { 10 } else { 1_000 })).await;
        }
        panic!("{run} never came to stand at {status:?}: {:?}", self.head(run).await);
    }

    pub(crate) async fn state<S: State>(&self, graph: &Graph<S, Note>, run: RunId) -> S {
        let loaded = self.store.load(run).await.unwrap().unwrap();
        graph.state_at(&loaded.checkpoint.unwrap()).unwrap()
    }

    pub(crate) async fn events(&self, run: RunId) -> Vec<Event> {
        self.store.events(run, 0).await.unwrap()
    }

    /// The nodes it left, in order.
    pub(crate) async fn path(&self, run: RunId) -> Vec<String> {
        let left = |event: Event| match event.what {
            What::Left { node, .. } => Some(node),
            _ => None,
        };
        self.events(run).await.into_iter().filter_map(left).collect()
    }
}

pub(crate) fn owner() -> OwnerId {
    OwnerId::new("somebody")
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
