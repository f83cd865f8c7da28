//! Turns between owners, caps, and how often the store is asked.

use crate::{
    doors::Doors,
    parts::{Log, Outside, charging},
    world::{Note, Process, World, owner, seconds},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use workflow::{Checkpointer, Ctx, Engine, Graph, Memory, NodeError, OwnerId, Status, Step};

#[tokio::test(start_paused = true)]
async fn owners_have_turns_and_no_kind_has_more_at_once_than_its_cap() {
    static NOW: AtomicUsize = AtomicUsize::new(0);
    async fn busy(_: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let at_once = NOW.fetch_add(1, Ordering::SeqCst) + 1;
        assert!(at_once <= 2, "{at_once}");
        tokio::time::sleep(Duration::from_millis(100)).await;
        NOW.fetch_sub(1, Ordering::SeqCst);
        ctx.write(ctx.owner().as_str().to_owned());
        Ok(Step::Next)
    }
    let graph = Arc::new(Graph::builder("busy").node("busy", busy).end("busy").build().unwrap());
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let process = Process::build(&world, &store, Engine::builder().graph(&graph, 2)).await;
    let mut last = None;
    for n in 0..41 {
        let owner = OwnerId::new(if n < 40 { "eager" } else { "modest" });
        let opening = process.engine.open(&graph, owner, &Log::default()).unwrap();
        last = Some(process.begin(opening).await);
    }
    process.until(last.unwrap(), Status::Done).await;
    let place = store.writes().iter().position(|owner| owner == "modest").unwrap();
    assert!(place <= 3, "{place}");
}

#[tokio::test(start_paused = true)]
async fn who_cancels_a_run_that_waits_for_its_turn_does_not_wait_for_it() {
    let outside = Outside::new(false);
    let (graph, world, store) = (charging(&outside, seconds(600)), World::new(), Arc::new(Memory::default()));
    let process = Process::build(&world, &store, Engine::builder().graph(&graph, 1)).await;
    let first = process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    let second = process.run(&graph, &Log::default()).await;
    tokio::time::sleep(seconds(1)).await;
    process.engine.cancel(second).await.unwrap();
    process.until(second, Status::Cancelled).await;
    assert_eq!((process.head(first).await.status, outside.asked()), (Status::Running, vec![1]));
}

#[tokio::test(start_paused = true)]
async fn a_busy_process_asks_the_store_no_more_often_than_an_idle_one() {
    let outside = Outside::new(true);
    let (graph, world, store) = (charging(&outside, seconds(60)), World::new(), Arc::new(Memory::default()));
    let doors = Arc::new(Doors::new(Arc::clone(&store)));
    let process = Process::over(&world, &store, Arc::<Doors>::clone(&doors), &graph).await;
    for _ in 0..1_000 {
        process.run(&graph, &Log::default()).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(outside.asked().len(), 1_000);
    // A beat, a claim and a look for strays, each about ten times, and the entering.
    let calls = doors.calls.load(Ordering::SeqCst);
    assert!(calls <= 34, "{calls}");
}

#[tokio::test(start_paused = true)]
async fn what_the_store_has_more_of_than_there_is_room_for_follows_as_soon_as_there_is() {
    async fn brief(log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        tokio::time::sleep(Duration::from_millis(10)).await;
        log.add("brief");
        Ok(Step::Next)
    }
    let graph = Arc::new(Graph::builder("brief").node("brief", brief).end("brief").build().unwrap());
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let opener = Process::build(&world, &store, Engine::builder().graph(&graph, 0)).await;
    let mut runs = Vec::new();
    for _ in 0..100 {
        let opening = opener.engine.open(&graph, owner(), &Log::default()).unwrap();
        store.commit(Arc::new(workflow::Commit { held: false, ..opening.commit })).await.unwrap();
        runs.push(opening.run);
    }
    let worker = Process::build(&world, &store, Engine::builder().graph(&graph, 10)).await;
    let begun = tokio::time::Instant::now();
    for run in runs {
        worker.until(run, Status::Done).await;
    }
    assert!(begun.elapsed() < seconds(1), "{:?}", begun.elapsed());
}
