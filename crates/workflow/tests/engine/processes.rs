//! More than one process, and turns between owners.

use crate::{
    parts::{Log, Outside, charge, note},
    world::{Doors, Note, Process, World, owner, seconds},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use workflow::{
    Checkpointer, Ctx, Effect, Engine, Graph, Memory, NodeError, OwnerId, Status, Step, StoreError,
};

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

fn charging(outside: &Outside, deadline: Duration) -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::once(deadline)), charge)
        .end("charge")
        .build();
    Arc::new(graph.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_ticket_of_an_earlier_life_is_not_started() {
    let outside = Outside::new(true);
    let (graph, world, store) = (charging(&outside, seconds(60)), World::new(), Arc::new(Memory::default()));
    let process = Process::start(&world, &store, &graph).await;
    let opening = process.engine.open_eagerly(&graph, owner(), &Log::default()).await.unwrap();
    let run = opening.run;
    store.commit(Arc::new(opening.commit)).await.unwrap();
    let life = process.head(run).await.holder.unwrap();
    store.leave(life).await.unwrap();
    tokio::time::sleep(seconds(3)).await;
    process.engine.start(opening.ticket.unwrap());
    process.until(run, Status::NeedsAttention).await;
    assert_eq!(outside.asked(), [0_u32; 0]);
}

#[tokio::test(start_paused = true)]
async fn an_intent_that_took_longer_to_commit_than_its_effect_may_is_not_acted_on_whatever_the_clock_says() {
    for step in [0, -1_000, 1_000] {
        let outside = Outside::new(true);
        let (graph, world, memory) =
            (charging(&outside, seconds(1)), World::new(), Arc::new(Memory::default()));
        let doors = Arc::new(Doors::new(Arc::clone(&memory)));
        let process = Process::over(&world, &memory, Arc::<Doors>::clone(&doors), &graph).await;
        doors.slow(seconds(2));
        let run = process.run(&graph, &Log::default()).await;
        tokio::time::sleep(seconds(1)).await;
        world.step(step);
        tokio::time::sleep(seconds(6)).await;
        assert_eq!(outside.asked(), [0_u32; 0]);
        doors.slow(Duration::ZERO);
        process.until(run, Status::Done).await;
        assert_eq!(outside.asked(), [1]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_turn_when_the_process_goes_down_was_not_called_and_is_known_not_to_be() {
    let outside = Outside::new(true);
    let (graph, world, store) = (charging(&outside, seconds(60)), World::new(), Arc::new(Memory::default()));
    let first = Process::build(&world, &store, Engine::builder().graph(&graph, 0)).await;
    let opening = first.engine.open_eagerly(&graph, owner(), &Log::default()).await.unwrap();
    let run = first.begin(opening).await;
    tokio::time::sleep(seconds(1)).await;
    first.stop().await;
    assert_eq!(outside.asked(), [0_u32; 0]);
    let second = Process::start(&world, &store, &graph).await;
    let begun = tokio::time::Instant::now();
    second.until(run, Status::Done).await;
    assert!(begun.elapsed() < seconds(2));
    assert_eq!(outside.asked(), [1]);
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
    for (graph, reason) in [
        (round, "10000 nodes were visited, more than one run may"),
        (lost, "`a`: its route knows no way `off`"),
    ] {
        let graph = Arc::new(graph.build().unwrap());
        let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
        let run = process.run(&graph, &Log::default()).await;
        let head = process.until(run, Status::Failed).await;
        assert!(head.reason.as_ref().is_some_and(|found| found.ends_with(reason)), "{head:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_process_holds_and_does_not_know_of_is_found() {
    // A ticket that was dropped, one that came too late, and a claim whose answer was lost.
    let outside = Outside::new(true);
    let (graph, world, store) = (charging(&outside, seconds(60)), World::new(), Arc::new(Memory::default()));
    let doors = Arc::new(Doors::new(Arc::clone(&store)));
    let process = Process::over(&world, &store, Arc::<Doors>::clone(&doors), &graph).await;
    let mut runs = Vec::new();
    for is_late in [false, true] {
        let opening = process.engine.open(&graph, owner(), &Log::default()).unwrap();
        store.commit(Arc::new(opening.commit)).await.unwrap();
        runs.push(opening.run);
        if is_late {
            tokio::time::sleep(workflow::TICKET_LASTS).await;
            process.engine.start(opening.ticket.unwrap());
            assert_eq!(process.engine.live(), []);
        }
    }
    let opening = process.engine.open(&graph, owner(), &Log::default()).unwrap();
    doors.lose_a_claim();
    let freed = workflow::Commit { held: false, ..opening.commit };
    store.commit(Arc::new(freed)).await.unwrap();
    runs.push(opening.run);
    let begun = tokio::time::Instant::now();
    for run in runs {
        process.until(run, Status::Done).await;
    }
    assert!(begun.elapsed() < workflow::STRAY_AFTER + seconds(3), "{:?}", begun.elapsed());
    assert_eq!(outside.asked(), [1, 1, 1]);
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
async fn a_process_that_goes_down_opens_nothing_more_and_settles_what_was_opened_before() {
    let busy = Outside::new(false);
    let (graph, world, store) = (charging(&busy, seconds(600)), World::new(), Arc::new(Memory::default()));
    let mut first = Process::start(&world, &store, &graph).await;
    first.run(&graph, &Log::default()).await;
    busy.was_asked(1).await;
    let opening = first.engine.open_eagerly(&graph, owner(), &Log::default()).await.unwrap();
    first.engine.close();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(first.engine.open(&graph, owner(), &Log::default()).is_err());
    let second = first.begin(opening).await;
    first.go_down().await;
    assert_eq!(busy.asked(), [1]);
    let loaded = store.load(second).await.unwrap().unwrap();
    let threads = graph.threads(&loaded.checkpoint).unwrap();
    assert_eq!(threads[""].journal[0].known, workflow::Known::Due);
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

#[tokio::test(start_paused = true)]
async fn a_ticket_may_take_its_time_and_nobody_comes_before_it() {
    let outside = Outside::new(true);
    let (graph, world, store) = (charging(&outside, seconds(60)), World::new(), Arc::new(Memory::default()));
    let process = Process::start(&world, &store, &graph).await;
    let opening = process.engine.open_eagerly(&graph, owner(), &Log::default()).await.unwrap();
    store.commit(Arc::new(opening.commit)).await.unwrap();
    tokio::time::sleep(workflow::TICKET_LASTS - seconds(1)).await;
    assert_eq!(process.engine.live(), []);
    process.engine.start(opening.ticket.unwrap());
    process.until(opening.run, Status::Done).await;
    assert_eq!(outside.asked(), [1]);
}
