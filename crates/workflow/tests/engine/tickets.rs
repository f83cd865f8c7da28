//! Openings: what is known of a run between its first commit and its start.

use crate::{
    doors::Doors,
    parts::{Log, Outside, charging},
    world::{Process, World, owner, seconds},
};
use std::{sync::Arc, time::Duration};
use workflow::{Checkpointer, Engine, Memory, Status};

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
    let threads = graph.threads(&loaded.checkpoint.unwrap()).unwrap();
    assert_eq!(threads[""].journal[0].known, workflow::Known::Due);
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
