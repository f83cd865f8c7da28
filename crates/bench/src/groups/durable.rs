//! Runs of the engine on both databases, without a server: steps that are kept, and what a process takes up when it comes back.

use crate::{
    Place,
    figure::{Figure, Group, RUNS, Runs},
    play::{
        Home, Member,
        engine::{Life, Nothing, until},
    },
};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use workflow::{Ctx, Effect, Graph, NodeError, Request, State, Step};

/// Runs that step at once, and how often each does before it is done and another is opened.
const STEPPING: usize = 200;
const STEPS: u32 = 100;
const WARM_UP: Duration = Duration::from_secs(1);
const COUNTED: Duration = Duration::from_secs(4);

/// Runs that wait for a person, and runs in the middle of a step, when a process comes back.
const PARKED: usize = 9_000;
const MID_STEP: usize = 1_000;

/// The group.
pub(super) struct Durable;

#[async_trait::async_trait(?Send)]
impl Group for Durable {
    fn figures(&self) -> &'static [Figure] {
        const {
            &[
                Figure::at_least("durable_steps_per_s_sqlite", "1/s", 3_000.0),
                Figure::at_least("durable_steps_per_s_pg", "1/s", 3_000.0),
                Figure::at_most("recovery_10k_s", "s", 2.0),
                Figure::at_most("recovery_10k_s_pg", "s", 2.0),
            ]
        }
    }

    fn on(&self) -> &'static str {
        "the engine and the storage in one process, no server and no graph of the product's; durability FULL (SQLite \
         synchronous=FULL, PostgreSQL fsync and synchronous_commit on); steps: 200 runs at once, each step an effect whose \
         result is kept before the next begins, with a checkpoint; recovery: 9,000 runs wait for a person and 1,000 are in \
         a step when their process dies, from opening the database until the last of the 1,000 has begun its step again"
    }

    async fn measure(&self, place: &Place) -> Result<Runs> {
        let homes = [Home::new(place)?, Home::on_postgres(place)?];
        let names = [
            ("durable_steps_per_s_sqlite", "recovery_10k_s"),
            ("durable_steps_per_s_pg", "recovery_10k_s_pg"),
        ];
        let mut runs = Runs::default();
        let mut members = Vec::new();
        for home in &homes {
            let seed = home.seed().await?;
            members.push(seed.people(STEPPING).await?);
            seed.close().await;
        }
        for _ in 0..RUNS {
            for ((home, members), (steps, _)) in homes.iter().zip(&members).zip(names) {
                runs.add(steps, steps_per_s(home, members).await?);
            }
        }
        let graphs = Graphs::new();
        for (home, members) in homes.iter().zip(&members) {
            graphs.park(home, members).await?;
        }
        for _ in 0..RUNS {
            for (home, (_, recovery)) in homes.iter().zip(names) {
                runs.add(recovery, graphs.recovery(home).await?.as_secs_f64());
            }
        }
        Ok(runs)
    }
}

/// What is kept of a run: how many steps are left, and what the last one gave.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Left {
    left: u32,
    gave: String,
}

impl State for Left {
    const NAME: &'static str = "left";
    const VERSION: u32 = 1;
}

/// Counts the steps that were kept.
async fn steps_per_s(home: &Home, members: &[Member]) -> Result<f64> {
    async fn step(taken: Arc<AtomicU64>, run: &mut Left, ctx: &Ctx<Nothing>) -> Result<Step, NodeError> {
        let how = Effect::once(Duration::from_secs(60));
        run.gave = ctx.effect("step", how, |call| async move { Ok(call.key().to_owned()) }).await?;
        run.left = run.left.saturating_sub(1);
        taken.fetch_add(1, SeqCst);
        Ok(Step::Next)
    }
    async fn end(_: &mut Left, _: &Ctx<Nothing>) -> Result<Step, NodeError> {
        Ok(Step::Next)
    }
    let taken = Arc::new(AtomicU64::new(0));
    let steps = Graph::builder("steps")
        .node_with("step", taken.clone(), step)
        .route(
            "step",
            &[("on", "step"), ("over", "end")],
            |run: &Left| if run.left > 0 { "on" } else { "over" },
        )
        .node("end", end)
        .end("end")
        .build()?;
    let steps = Arc::new(steps);
    let life = Arc::new(Life::begin(home, &[&steps], STEPPING).await?);
    let over = Instant::now() + WARM_UP + COUNTED;
    let mut people = JoinSet::new();
    for member in members {
        let (life, steps, member) = (life.clone(), steps.clone(), member.clone());
        people.spawn(async move {
            // Another one as soon as there is room: the engine itself keeps to `STEPPING` at once.
            while Instant::now() < over {
                if life.drives() < STEPPING {
                    life.run(&steps, &member, &Left { left: STEPS, ..Left::default() }).await?;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            anyhow::Ok(())
        });
    }
    tokio::time::sleep(WARM_UP).await;
    let (from, begun) = (taken.load(SeqCst), Instant::now());
    tokio::time::sleep(COUNTED).await;
    let counted = (taken.load(SeqCst) - from) as f64 / begun.elapsed().as_secs_f64();
    for person in people.join_all().await {
        person?;
    }
    if let Some(life) = Arc::into_inner(life) {
        life.die().await;
    }
    Ok(counted)
}

/// One that waits for a person, and one whose step never ends.
struct Graphs {
    asking: Arc<Graph<Left, Nothing>>,
    working: Arc<Graph<Left, Nothing>>,
    asked: Arc<AtomicUsize>,
    begun: Arc<AtomicUsize>,
}

impl Graphs {
    #[expect(clippy::expect_used, reason = "the graphs stand in the source")]
    fn new() -> Self {
        async fn ask(asked: Arc<AtomicUsize>, _: &mut Left, _: &Ctx<Nothing>) -> Result<Step, NodeError> {
            asked.fetch_add(1, SeqCst);
            Ok(Step::Interrupt(Request::new("may it go on?")?))
        }
        async fn work(begun: Arc<AtomicUsize>, _: &mut Left, _: &Ctx<Nothing>) -> Result<Step, NodeError> {
            begun.fetch_add(1, SeqCst);
            std::future::pending().await
        }
        let (asked, begun) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let asking = Graph::builder("asking").node_with("ask", asked.clone(), ask).end("ask").build();
        let working = Graph::builder("working").node_with("work", begun.clone(), work).end("work").build();
        Self {
            asking: Arc::new(asking.expect("it is sound")),
            working: Arc::new(working.expect("it is sound")),
            asked,
            begun,
        }
    }

    /// The first life: everything is opened, and comes to where it stays.
    async fn park(&self, home: &Home, members: &[Member]) -> Result<()> {
        self.asked.store(0, SeqCst);
        self.begun.store(0, SeqCst);
        let life = Life::begin(home, &[&self.asking, &self.working], MID_STEP).await?;
        for (graph, count) in [(&self.asking, PARKED), (&self.working, MID_STEP)] {
            let opened = (0..count).map(|number| life.run(graph, &members[number % members.len()], &EMPTY));
            let mut opened = opened.collect::<Vec<_>>();
            while !opened.is_empty() {
                // As many as wait for the writer without being refused.
                let some = opened.split_off(opened.len().saturating_sub(200));
                futures::future::try_join_all(some).await?;
            }
        }
        until("all stand where they stay", || {
            self.asked.load(SeqCst) >= PARKED
                && self.begun.load(SeqCst) >= MID_STEP
                && life.drives() <= MID_STEP
        })
        .await?;
        life.die().await;
        Ok(())
    }

    /// Another life, until the last has begun its step again.
    async fn recovery(&self, home: &Home) -> Result<Duration> {
        self.begun.store(0, SeqCst);
        let start = Instant::now();
        let life = Life::begin(home, &[&self.asking, &self.working], MID_STEP).await?;
        until("all have begun their step again", || self.begun.load(SeqCst) >= MID_STEP).await?;
        let took = start.elapsed();
        life.die().await;
        Ok(took)
    }
}

static EMPTY: Left = Left { left: 0, gave: String::new() };
