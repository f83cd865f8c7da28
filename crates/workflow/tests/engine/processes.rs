//! More than one process, and turns between owners.

use crate::{
    parts::{Log, Outside, charge, note},
    world::{Note, Process, World, owner, seconds},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use workflow::{Checkpointer, Ctx, Effect, Graph, Memory, NodeError, Status, Step, StoreError};

#[tokio::test(start_paused = true)]
async fn a_process_that_was_taken_for_dead_writes_nothing_and_comes_back_as_another() {
    let outside = Outside::new(false);
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::idempotent(seconds(5))), charge)
        .node_with("after", "after", note)
        .edge("charge", "after")
        .end("after")
        .build();
    let (graph, world, store) = (Arc::new(graph.unwrap()), World::new(), Arc::new(Memory::default()));
    let late = Process::start(&world, &store, &graph).await;
    let run = late.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    // Somebody else says that it is dead, and takes the run up.
    let other = store.enter(workflow::Host::now(&*world)).await.unwrap();
    let claim = workflow::Claim {
        epoch: other,
        now: workflow::Host::now(&*world) + seconds(100),
        dead_before: workflow::Host::now(&*world) + seconds(1),
        room: vec![("charging".to_owned(), 1)],
    };
    assert_eq!(store.claim(&claim).await.unwrap()[0].head.run, run);
    let commits = store.commits();
    let under_way = Arc::strong_count(&outside.open);
    tokio::time::sleep(seconds(2)).await;
    assert_eq!(Arc::strong_count(&outside.open), under_way - 1, "what it called is let go of");
    outside.open.add_permits(10);
    tokio::time::sleep(seconds(3)).await;
    assert_eq!((store.commits(), store.writes().len()), (commits, 0));
    assert_eq!(late.engine.live().len(), 0);
    // The other goes, and the late one, in its second life, ends the run.
    store.leave(other).await.unwrap();
    late.until(run, Status::Done).await;
    assert_eq!(late.state(&graph, run).await.lines, ["charged", "after"]);
}

#[tokio::test(start_paused = true)]
async fn runs_of_a_dead_process_are_all_taken_up_and_none_twice() {
    async fn slow(visits: Arc<AtomicUsize>, log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        visits.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(seconds(2)).await;
        log.add("slow");
        Ok(Step::Next)
    }
    let visits = Arc::new(AtomicUsize::new(0));
    let graph = Graph::builder("slow").node_with("slow", Arc::clone(&visits), slow).end("slow").build();
    let (graph, world, store) = (Arc::new(graph.unwrap()), World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let mut runs = Vec::new();
    for _ in 0..300 {
        runs.push(first.run(&graph, &Log::default()).await);
    }
    tokio::time::sleep(seconds(1)).await;
    first.kill();
    let (second, third) =
        (Process::start(&world, &store, &graph).await, Process::start(&world, &store, &graph).await);
    for run in runs {
        second.until(run, Status::Done).await;
    }
    assert_eq!(visits.load(Ordering::SeqCst), 100 + 300);
    third.stop().await;
}

#[tokio::test(start_paused = true)]
async fn an_operator_waits_until_the_run_rests() {
    let outside = Outside::new(false);
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::once(seconds(60))), charge)
        .end("charge")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    let opening = process.engine.open(&graph, owner(), &Log::default()).unwrap();
    let commit = workflow::Commit {
        run,
        opens: None,
        expected: process.head(run).await.revision,
        by: workflow::Author::Operator,
        ..opening.commit
    };
    assert_eq!(process.store.commit(Arc::new(commit)).await, Err(StoreError::Held));
}

#[tokio::test(start_paused = true)]
async fn who_cancels_in_another_process_is_heard_within_a_second_or_so() {
    async fn long(log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let call = |call: workflow::Call| async move {
            call.stopped().await;
            Ok("stopped".to_owned())
        };
        let said: String = ctx.effect("long", Effect::once(seconds(600)), call).await?;
        log.add(said);
        Ok(Step::Next)
    }
    let graph = Arc::new(Graph::builder("long").node("long", long).end("long").build().unwrap());
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let (one, other) =
        (Process::start(&world, &store, &graph).await, Process::start(&world, &store, &graph).await);
    let run = one.run(&graph, &Log::default()).await;
    tokio::time::sleep(seconds(3)).await;
    let asked = tokio::time::Instant::now();
    other.engine.cancel(run).await.unwrap();
    one.until(run, Status::Cancelled).await;
    assert!(asked.elapsed() < Duration::from_millis(1100), "{:?}", asked.elapsed());
    assert_eq!(one.state(&graph, run).await.lines, ["stopped"]);
}
