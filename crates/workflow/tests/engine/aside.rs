//! Runs that nobody can go on with, and a process that finds no work.

use crate::{
    doors::Doors,
    parts::{Log, note},
    world::{Note, Process, World, owner, seconds},
};
use std::sync::Arc;
use workflow::{Checkpointer, Ctx, Graph, Memory, NodeError, STRANGER_AFTER, Status, Step};

async fn nap(for_: u64, _: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    Ok(Step::Sleep { until: ctx.now() + seconds(for_) })
}

fn napping(name: &'static str) -> Arc<Graph<Log, Note>> {
    Arc::new(
        Graph::builder(name)
            .node_with("nap", 3, nap)
            .node_with("after", "after", note)
            .edge("nap", "after")
            .end("after")
            .build()
            .unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn a_run_of_a_graph_that_nobody_knows_any_more_says_so_after_a_while_and_goes_on_when_somebody_does() {
    let (known, newer) = (napping("known"), napping("newer"));
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let old = Process::start(&world, &store, &known).await;
    let new = Process::start(&world, &store, &newer).await;
    let done = new.run(&newer, &Log::default()).await;
    new.until(done, Status::Done).await;
    let run = new.run(&newer, &Log::default()).await;
    new.until(run, Status::Sleeping).await;
    new.stop().await;
    tokio::time::sleep(STRANGER_AFTER).await;
    assert_eq!(old.head(run).await.status, Status::Sleeping, "who knows it may come back");
    let head = old.until(run, Status::Unreadable).await;
    assert_eq!(head.reason.as_deref(), Some("there is no graph `newer`"));
    let last = old.events(run).await.pop().unwrap();
    assert_eq!(last.seq, head.last_seq, "whoever follows the run is told");

    let back = Process::start(&world, &store, &newer).await;
    let again = back.engine.retry(run).await.unwrap();
    back.engine.apply(again).await.unwrap();
    back.until(run, Status::Done).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_drives_a_run_keeps_it_whoever_does_not_know_its_graph() {
    async fn slow(log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        // Due, were it not for the process that holds it.
        tokio::time::sleep(seconds(25)).await;
        log.add("slow");
        Ok(Step::Next)
    }
    let newer =
        Graph::builder("newer").node("one", slow).node("two", slow).edge("one", "two").end("two").build();
    let (known, newer) = (napping("known"), Arc::new(newer.unwrap()));
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let old = Process::start(&world, &store, &known).await;
    let new = Process::start(&world, &store, &newer).await;
    let run = new.run(&newer, &Log::default()).await;
    tokio::time::sleep(STRANGER_AFTER + seconds(15)).await;
    assert_eq!(old.head(run).await.status, Status::Running);
    new.until(run, Status::Done).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_alone_has_nobody_to_wait_for() {
    let (known, newer) = (napping("known"), napping("newer"));
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let new = Process::start(&world, &store, &newer).await;
    let run = new.run(&newer, &Log::default()).await;
    new.until(run, Status::Sleeping).await;
    new.stop().await;
    tokio::time::sleep(seconds(5)).await;
    let alone = Process::alone(&world, &store, Arc::<Memory<Note>>::clone(&store), &known).await;
    let healthy = alone.run(&known, &Log::default()).await;
    tokio::time::sleep(seconds(1)).await;
    assert_eq!(alone.head(run).await.status, Status::Unreadable);
    alone.until(healthy, Status::Done).await;
}

#[tokio::test(start_paused = true)]
async fn a_run_without_a_checkpoint_says_so_and_others_go_on() {
    let graph =
        Arc::new(Graph::builder("noting").node_with("note", "note", note).end("note").build().unwrap());
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let mut opening = first.engine.open(&graph, owner(), &Log::default()).unwrap();
    (opening.commit.checkpoint, opening.commit.held) = (None, false);
    let run = opening.run;
    store.commit(Arc::new(opening.commit)).await.unwrap();
    let healthy = first.run(&graph, &Log::default()).await;
    let head = first.until(run, Status::Unreadable).await;
    assert_eq!(head.reason.as_deref(), Some("it has no checkpoint"));
    first.until(healthy, Status::Done).await;
    assert!(first.engine.retry(run).await.is_err(), "there is nothing to go on from");
}

#[tokio::test(start_paused = true)]
async fn a_process_that_finds_no_work_for_seconds_says_so_until_it_does() {
    let graph =
        Arc::new(Graph::builder("noting").node_with("note", "note", note).end("note").build().unwrap());
    let (world, memory) = (World::new(), Arc::new(Memory::default()));
    let doors = Arc::new(Doors::new(Arc::clone(&memory)));
    let process = Process::over(&world, &memory, Arc::<Doors>::clone(&doors), &graph).await;
    tokio::time::sleep(seconds(5)).await;
    assert!(!process.engine.is_stuck());
    doors.refuse_claims(true);
    tokio::time::sleep(seconds(2)).await;
    assert!(!process.engine.is_stuck(), "it may go by");
    tokio::time::sleep(seconds(4)).await;
    assert!(process.engine.is_stuck());
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Done).await;
    doors.refuse_claims(false);
    tokio::time::sleep(seconds(2)).await;
    assert!(!process.engine.is_stuck());
}
