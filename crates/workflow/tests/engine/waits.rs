//! Timers, clocks that step, cancelling, and the process that goes down.

use crate::{
    parts::{Log, Outside, charge, note},
    world::{Note, Process, World, seconds},
};
use std::sync::Arc;
use tokio::time::Instant;
use workflow::{Ctx, Effect, Graph, Memory, NodeError, Status, Step};

async fn nap(for_: u64, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    log.add("nap");
    Ok(Step::Sleep { until: ctx.now() + seconds(for_) })
}

fn napping(for_: u64) -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("napping")
        .node_with("nap", for_, nap)
        .node_with("after", "after", note)
        .edge("nap", "after")
        .end("after")
        .build();
    Arc::new(graph.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_run_sleeps_over_the_end_of_its_process_and_wakes_in_time() {
    let (graph, world, store) = (napping(3600), World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let begun = Instant::now();
    let run = first.run(&graph, &Log::default()).await;
    first.until(run, Status::Sleeping).await;
    first.stop().await;
    let second = Process::start(&world, &store, &graph).await;
    second.until(run, Status::Done).await;
    let late = begun.elapsed() - seconds(3600);
    assert!(late < seconds(3), "{late:?}");
    assert_eq!(second.state(&graph, run).await.lines, ["nap", "after"]);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_steps_forward_wakes_sleepers_within_a_second_and_one_that_steps_back_lets_them_sleep() {
    let (graph, world) = (napping(3600), World::new());
    let process = Process::start(&world, &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Sleeping).await;
    world.step(-7200);
    tokio::time::sleep(seconds(3700)).await;
    assert_eq!(process.head(run).await.status, Status::Sleeping);
    let stepped = Instant::now();
    world.step(7200);
    process.until(run, Status::Done).await;
    assert!(stepped.elapsed() <= seconds(2), "{:?}", stepped.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_steps_over_an_effects_deadline_neither_judges_nor_repeats_what_is_under_way_here() {
    for step in [100_000, -100_000] {
        let outside = Outside::new(false);
        let graph = Graph::builder("charging")
            .node_with("charge", (outside.clone(), Effect::once(seconds(60))), charge)
            .end("charge")
            .build();
        let (graph, world) = (Arc::new(graph.unwrap()), World::new());
        let process = Process::start(&world, &Arc::new(Memory::default()), &graph).await;
        let run = process.run(&graph, &Log::default()).await;
        outside.was_asked(1).await;
        world.step(step);
        tokio::time::sleep(seconds(20)).await;
        assert_eq!(process.head(run).await.status, Status::Running);
        outside.open.add_permits(1);
        process.until(run, Status::Done).await;
        assert_eq!(outside.asked(), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn who_cancels_ends_a_sleep_at_once() {
    let graph = napping(3600);
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Sleeping).await;
    let begun = Instant::now();
    process.engine.cancel(run).await.unwrap();
    process.until(run, Status::Cancelled).await;
    assert!(begun.elapsed() < seconds(1), "{:?}", begun.elapsed());
    assert_eq!(process.state(&graph, run).await.lines, ["nap"]);
}

#[tokio::test(start_paused = true)]
async fn who_cancels_an_effect_that_does_not_listen_is_told_what_is_unknown() {
    let outside = Outside::new(false);
    let graph = Graph::builder("deaf")
        .node_with("charge", (outside.clone(), Effect::once(seconds(60))), charge)
        .node_with("tidy", "tidy", note)
        .edge("charge", "tidy")
        .end("tidy")
        .after_cancel("tidy")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let begun = Instant::now();
    let run = process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    process.engine.cancel(run).await.unwrap();
    let head = process.until(run, Status::NeedsAttention).await;
    // Not before its deadline: what was asked for may still be going on outside.
    assert!(begun.elapsed() >= seconds(60));
    let key = format!("{run}/0/0");
    assert!(head.reason.unwrap().contains(&key));
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(process.head(run).await.revision, head.revision, "it rests, though somebody wants it to end");
    let verdict = workflow::Verdict::MarkDone(serde_json::json!("it did"));
    let commit = process.engine.decide(run, &key, verdict).await.unwrap();
    process.engine.apply(commit).await.unwrap();
    process.until(run, Status::Cancelled).await;
    assert_eq!(process.state(&graph, run).await.lines, ["charged", "tidy"]);
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_goes_down_lets_an_effect_finish_and_hands_the_run_back() {
    let outside = Outside::new(false);
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::once(seconds(600))), charge)
        .node_with("after", "after", note)
        .edge("charge", "after")
        .end("after")
        .build();
    let (graph, world, store) = (Arc::new(graph.unwrap()), World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let run = first.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    let open = Arc::clone(&outside.open);
    tokio::spawn(async move {
        tokio::time::sleep(seconds(1)).await;
        open.add_permits(1);
    });
    first.stop().await;
    let head = store.heads().remove(0);
    assert_eq!((head.status, head.holder), (Status::Running, None));
    let second = Process::start(&world, &store, &graph).await;
    second.until(run, Status::Done).await;
    assert_eq!(second.state(&graph, run).await.lines, ["charged", "after"]);
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_goes_down_waits_no_longer_than_its_grace_time() {
    let outside = Outside::new(false);
    let graph = Graph::builder("stuck")
        .node_with("charge", (outside.clone(), Effect::once(seconds(600)).grace(seconds(600))), charge)
        .end("charge")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    let begun = Instant::now();
    process.stop().await;
    assert!(begun.elapsed() <= seconds(10) + seconds(1), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_short_sleep_does_not_wait_for_the_next_beat() {
    async fn doze(log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        log.add("doze");
        Ok(Step::Sleep { until: ctx.now() + std::time::Duration::from_millis(300) })
    }
    let graph = Graph::builder("dozing")
        .node("doze", doze)
        .node("again", doze)
        .node_with("after", "after", note)
        .edge("doze", "again")
        .edge("again", "after")
        .end("after")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let begun = Instant::now();
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Done).await;
    let lasted = begun.elapsed().as_millis();
    assert!((600..700).contains(&lasted), "{lasted} ms");
}
