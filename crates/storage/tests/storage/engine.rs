//! The engine of runs at work on real databases: a thousand people who press at once, and clocks that step.

use crate::{
    common::{
        Fresh, on_both, on_postgres,
        rows::{id, somebody},
    },
    runs::Note,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering::SeqCst},
    },
    time::Duration,
};
use storage::Database;
use studio::ports::store::{Owned, owner_of};
use tokio::{sync::Semaphore, task::JoinHandle, time::Instant};
use uuid::Uuid;
use workflow::{
    Answer, Call, Checkpointer, Ctx, Effect, Engine, EngineError, Failure, Graph, Host, Interrupt, NodeError,
    Request, RunId, Settings, State, Status, Step, StoreError, Timestamp,
};

const HOUR: Duration = Duration::from_secs(3_600);
/// Others take a process that was silent for so long for dead.
const DEAD_AFTER: Duration = Duration::from_secs(3);

/// A clock that the test can step.
struct World {
    begun: Instant,
    stepped: AtomicI64,
}

impl World {
    fn new(hours: i64) -> Arc<Self> {
        let world = Self { begun: Instant::now(), stepped: AtomicI64::new(0) };
        world.step(hours);
        Arc::new(world)
    }

    fn step(&self, hours: i64) {
        self.stepped.fetch_add(hours * 3_600_000_000, SeqCst);
    }
}

impl Host for World {
    fn now(&self) -> Timestamp {
        let lasted = i64::try_from(self.begun.elapsed().as_micros()).unwrap();
        Timestamp(1_800_000_000_000_000 + lasted + self.stepped.load(SeqCst))
    }

    fn id(&self) -> Uuid {
        id()
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Errand {
    lines: Vec<String>,
}

impl State for Errand {
    const NAME: &'static str = "errand";
    const VERSION: u32 = 1;
}

/// A world outside that does what it is asked when it is let, and counts.
#[derive(Clone)]
struct Outside {
    asked: Arc<AtomicU32>,
    gate: Arc<Semaphore>,
}

impl Outside {
    fn new() -> Self {
        Self { asked: Arc::default(), gate: Arc::new(Semaphore::new(0)) }
    }

    fn asked(&self) -> u32 {
        self.asked.load(SeqCst)
    }

    async fn call(self, _: Call) -> Result<String, Failure> {
        self.asked.fetch_add(1, SeqCst);
        let _place = self.gate.acquire().await;
        Ok("done".to_owned())
    }
}

type Errands = Arc<Graph<Errand, Note>>;

/// It asks a person.
fn asking() -> Errands {
    async fn ask(errand: &mut Errand, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let Some(reply) = ctx.reply() else { return Ok(Step::Interrupt(Request::new("who?")?)) };
        errand.lines.push(format!("{reply:?}"));
        Ok(Step::Next)
    }
    Arc::new(Graph::builder("asking").node("ask", ask).end("ask").build().unwrap())
}

/// It asks the world outside, once.
fn charging(outside: &Outside) -> Errands {
    async fn charge(outside: Outside, errand: &mut Errand, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let how = Effect::once(Duration::from_secs(60));
        errand.lines.push(ctx.effect("charge", how, |call| outside.call(call)).await?);
        Ok(Step::Next)
    }
    let charging = Graph::builder("charging").node_with("charge", outside.clone(), charge);
    Arc::new(charging.end("charge").build().unwrap())
}

/// It sleeps for an hour.
fn napping() -> Errands {
    async fn nap(_: &mut Errand, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        Ok(Step::Sleep { until: ctx.now() + HOUR })
    }
    async fn wake(_: &mut Errand, _: &Ctx<Note>) -> Result<Step, NodeError> {
        Ok(Step::Next)
    }
    let napping = Graph::builder("napping").node("nap", nap).node("wake", wake).edge("nap", "wake");
    Arc::new(napping.end("wake").build().unwrap())
}

/// An engine at work on a database.
struct Process {
    engine: Arc<Engine<Note>>,
    store: Arc<Database>,
    task: JoinHandle<()>,
}

impl Process {
    async fn start(store: &Arc<Database>, world: &Arc<World>, graph: &Errands) -> Self {
        let settings = Settings { dead_after: DEAD_AFTER, grace: Duration::from_secs(1) };
        let (host, door): (Arc<dyn Host>, Arc<dyn Checkpointer<Note>>) = (world.clone(), store.clone());
        let engine = Engine::builder().graph(graph, 10).build(host, door, settings).unwrap();
        engine.enter().await.unwrap();
        let engine = Arc::new(engine);
        let working = engine.clone();
        #[expect(clippy::disallowed_methods, reason = "Process keeps the handle, and waits for it")]
        let task = tokio::spawn(async move { working.work().await });
        Self { engine, store: store.clone(), task }
    }

    async fn open(&self, graph: &Errands, owned: Owned) -> RunId {
        let opening = self.engine.open(graph, owner_of(owned), &Errand::default()).unwrap();
        Checkpointer::<Note>::commit(&*self.store, Arc::new(opening.commit)).await.unwrap();
        self.engine.start(opening.ticket.unwrap());
        opening.run
    }

    async fn status(&self, run: RunId) -> Status {
        Checkpointer::<Note>::load(&*self.store, run).await.unwrap().unwrap().head.status
    }

    /// Waits until the run stands there.
    async fn until(&self, run: RunId, status: Status) {
        let limit = Instant::now() + Duration::from_secs(20);
        while self.status(run).await != status {
            assert!(Instant::now() < limit, "it stands at {:?}", self.status(run).await);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn stop(self) {
        self.engine.close();
        self.task.await.unwrap();
    }
}

/// No process of its own.
#[expect(clippy::disallowed_methods, reason = "it is over at once")]
fn idle() -> JoinHandle<()> {
    tokio::spawn(async {})
}

/// The world outside is asked.
async fn is_asked(outside: &Outside) {
    let limit = Instant::now() + Duration::from_secs(20);
    while outside.asked() == 0 {
        assert!(Instant::now() < limit, "it is not asked");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Another process's way to the same database; on SQLite the same way, as one process has it.
async fn another(fresh: &Fresh) -> Arc<Database> {
    match fresh.postgres {
        Some(_) => Arc::new(storage::open(fresh.config.clone()).await.unwrap()),
        None => fresh.db.clone(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_resumes_at_once_one_wins_and_each_other_hears_that_it_was_answered() {
    on_both(|fresh| async move {
        let (graph, world, owned) = (asking(), World::new(0), somebody(&fresh.store()).await);
        let there = another(&fresh).await;
        let one = Process::start(&fresh.db, &world, &graph).await;
        let two = if fresh.postgres.is_some() {
            Process::start(&there, &world, &graph).await
        } else {
            Process { engine: one.engine.clone(), store: there.clone(), task: idle() }
        };
        let run = one.open(&graph, owned).await;
        one.until(run, Status::Waiting).await;
        let asked = Checkpointer::<Note>::questions(&*fresh.db, run).await.unwrap().remove(0);

        let mut presses = tokio::task::JoinSet::new();
        for n in 0..1_000_u64 {
            let engine = if n % 2 == 0 { &one.engine } else { &two.engine }.clone();
            let Interrupt { id, digest, .. } = asked.clone();
            let (at, writes) = (Timestamp(0), vec![Note(owned, n)]);
            let answer = Answer { run, interrupt: id, digest, body: json!(n), at, writes };
            presses.spawn(async move { (n, engine.answer(answer).await) });
        }
        let (won, lost): (Vec<_>, Vec<_>) =
            presses.join_all().await.into_iter().partition(|(_, result)| result.is_ok());
        assert_eq!((won.len(), lost.len()), (1, 999));
        for (n, result) in lost {
            assert_eq!(result, Err(EngineError::Store(StoreError::Answered)), "{n}");
        }
        one.until(run, Status::Done).await;
        let loaded = Checkpointer::<Note>::load(&*fresh.db, run).await.unwrap().unwrap();
        let lines = graph.state_at(&loaded.checkpoint.unwrap()).unwrap().lines;
        assert_eq!(lines, [format!("Answer(Number({}))", won[0].0)]);
        // What the product writes with an answer is there for the winner alone.
        let notes = fresh.store().memories(owned, 10).await.unwrap();
        assert_eq!(notes.iter().map(|note| note.content.clone()).collect::<Vec<_>>(), [won[0].0.to_string()]);
        one.stop().await;
        if fresh.postgres.is_some() {
            two.stop().await;
            there.close().await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_steps_by_a_day_while_the_world_is_asked_loses_nothing_and_asks_once() {
    for hours in [24, -24] {
        on_both(move |fresh| async move {
            let outside = Outside::new();
            let (graph, world, owned) = (charging(&outside), World::new(0), somebody(&fresh.store()).await);
            let process = Process::start(&fresh.db, &world, &graph).await;
            let run = process.open(&graph, owned).await;
            is_asked(&outside).await;
            world.step(hours);
            // Some signs of life on the new clock, and longer than it takes to be dead.
            tokio::time::sleep(DEAD_AFTER + Duration::from_secs(1)).await;
            assert_eq!(process.status(run).await, Status::Running);
            outside.gate.add_permits(1);
            process.until(run, Status::Done).await;
            assert_eq!(outside.asked(), 1);
            process.stop().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_clock_that_steps_back_lets_a_run_sleep_and_one_that_steps_forward_wakes_it() {
    on_both(|fresh| async move {
        let (graph, world, owned) = (napping(), World::new(0), somebody(&fresh.store()).await);
        let process = Process::start(&fresh.db, &world, &graph).await;
        let run = process.open(&graph, owned).await;
        process.until(run, Status::Sleeping).await;
        world.step(-2);
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        assert_eq!(process.status(run).await, Status::Sleeping);
        world.step(3);
        let stepped = Instant::now();
        process.until(run, Status::Done).await;
        assert!(stepped.elapsed() < Duration::from_secs(3), "{:?}", stepped.elapsed());
        process.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_process_whose_clock_is_wrong_by_an_hour_asks_nothing_a_second_time() {
    for hours in [1, -1] {
        on_postgres(move |fresh| async move {
            let outside = Outside::new();
            let (graph, owned, there) =
                (charging(&outside), somebody(&fresh.store()).await, another(&fresh).await);
            let right = Process::start(&fresh.db, &World::new(0), &graph).await;
            let run = right.open(&graph, owned).await;
            is_asked(&outside).await;
            let wrong = Process::start(&there, &World::new(hours), &graph).await;
            if hours > 0 {
                // It takes the other for dead, and the deadline for past: nobody knows, and it says so.
                wrong.until(run, Status::NeedsAttention).await;
                outside.gate.add_permits(1);
                // The result comes late, to a process that is another one by then, and is not written.
                tokio::time::sleep(Duration::from_secs(3)).await;
                assert_eq!(right.status(run).await, Status::NeedsAttention);
            } else {
                // To it everything is in the future: it touches nothing.
                tokio::time::sleep(DEAD_AFTER + Duration::from_secs(1)).await;
                assert_eq!(right.status(run).await, Status::Running);
                outside.gate.add_permits(1);
                right.until(run, Status::Done).await;
            }
            assert_eq!(outside.asked(), 1);
            right.stop().await;
            wrong.stop().await;
            there.close().await;
        })
        .await;
    }
}
