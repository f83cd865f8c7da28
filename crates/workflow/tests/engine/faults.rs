//! What cannot be read, kept, or reached.

use crate::{
    doors::Doors,
    parts::{Log, Outside, charge, note},
    world::{Note, Process, World, seconds},
};
use std::sync::Arc;
use workflow::{Ctx, Effect, Graph, Memory, NodeError, Status, Step};

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_for_a_while_loses_nothing() {
    let outside = Outside::new(true);
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::once(seconds(60))), charge)
        .end("charge")
        .build();
    let (graph, world) = (Arc::new(graph.unwrap()), World::new());
    let memory = Arc::new(Memory::default());
    let doors = Arc::new(Doors::new(Arc::clone(&memory)));
    let process = Process::over(&world, &memory, Arc::<Doors>::clone(&doors), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    doors.lose_answers();
    process.until(run, Status::Done).await;
    assert_eq!((outside.asked(), memory.commits()), (vec![1], 3));
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_cannot_be_read_stops_its_run_with_a_word_and_no_other() {
    let old = Graph::builder("changing")
        .node_with("nap", 3, nap)
        .node_with("gone", "gone", note)
        .edge("nap", "gone")
        .end("gone")
        .build();
    let new = Graph::builder("changing").node_with("nap", 3, nap).end("nap").build();
    async fn nap(for_: u64, _: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        Ok(Step::Sleep { until: ctx.now() + seconds(for_) })
    }
    let (old, new) = (Arc::new(old.unwrap()), Arc::new(new.unwrap()));
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &old).await;
    let run = first.run(&old, &Log::default()).await;
    first.until(run, Status::Sleeping).await;
    first.stop().await;
    let second = Process::start(&world, &store, &new).await;
    let head = second.until(run, Status::Unreadable).await;
    assert_eq!(head.reason.as_deref(), Some("the graph has no node `gone`"));
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(second.head(run).await.revision, head.revision);
    assert!(second.engine.retry(run).await.is_err());
    second.stop().await;
    let third = Process::start(&world, &store, &old).await;
    let again = third.engine.retry(run).await.unwrap();
    third.engine.apply(again).await.unwrap();
    third.until(run, Status::Done).await;
}

#[tokio::test(start_paused = true)]
async fn a_state_that_is_too_long_to_keep_fails_its_run_and_the_last_that_was_kept_stays() {
    async fn swell(log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        log.add("x".repeat(workflow::CHECKPOINT_BYTES_MAX));
        Ok(Step::Next)
    }
    let graph = Arc::new(Graph::builder("swell").node("swell", swell).end("swell").build().unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    let head = process.until(run, Status::Failed).await;
    assert!(head.reason.unwrap().ends_with("bytes are more than a checkpoint may have"));
    assert!(process.state(&graph, run).await.lines.is_empty());
    let seqs: Vec<u64> = process.events(run).await.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_graph_that_goes_round_for_ever_is_stopped_and_so_is_a_route_that_knows_no_way() {
    let round = Graph::builder("round").node_with("a", "a", short).edge("a", "b").node_with("b", "b", short);
    let round =
        round.route("b", &[("on", "a"), ("out", "a2")], |_| "on").node_with("a2", "a2", short).end("a2");
    let lost = Graph::builder("lost").node_with("a", "a", short).route("a", &[("on", "b")], |_| "off");
    let lost = lost.node_with("b", "b", short).end("b");
    async fn short(_: &'static str, _: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        Ok(Step::Next)
    }
    for (graph, reason) in
        [(round, "10000 nodes were visited, more than one run may"), (lost, "its route knows no way `off`")]
    {
        let graph = Arc::new(graph.build().unwrap());
        let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
        let run = process.run(&graph, &Log::default()).await;
        let head = process.until(run, Status::Failed).await;
        assert!(head.reason.as_ref().is_some_and(|found| found.ends_with(reason)), "{head:?}");
    }
}
