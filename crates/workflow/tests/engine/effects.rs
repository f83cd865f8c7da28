//! Effects: what is repeated, what is not, and what nobody knows.

use crate::{
    parts::{Log, Outside, charge, note},
    world::{Note, Process, World, seconds},
};
use serde_json::json;
use std::sync::Arc;
use workflow::{Backoff, Ctx, Effect, Failure, Graph, Memory, NodeError, Status, Step, Verdict, What};

fn charging(outside: &Outside, how: Effect) -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("charging")
        .node_with("before", "before", note)
        .node_with("charge", (outside.clone(), how), charge)
        .node_with("after", "after", note)
        .edge("before", "charge")
        .edge("charge", "after")
        .end("after")
        .mirror(|_, _, status, reason| vec![format!("{}: {}", status.as_str(), reason.unwrap_or("-"))])
        .build();
    Arc::new(graph.unwrap())
}

async fn stage(outside: &Outside, how: Effect) -> (Arc<Graph<Log, Note>>, Arc<World>, Process) {
    let (graph, world) = (charging(outside, how), World::new());
    let process = Process::start(&world, &Arc::new(Memory::default()), &graph).await;
    (graph, world, process)
}

fn key(events: &[workflow::Event]) -> String {
    let key = |event: &workflow::Event| match &event.what {
        What::Begun { key, .. } => Some(key.clone()),
        _ => None,
    };
    events.iter().find_map(key).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_did_not_take_place_is_tried_again_with_the_same_key_and_longer_pauses() {
    let outside = Outside::new(true).answers((0..3).map(|_| Err(Failure::Passing("busy".into()))));
    let (graph, _world, process) = stage(&outside, Effect::idempotent(seconds(10))).await;
    let begun = tokio::time::Instant::now();
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Done).await;
    assert_eq!(outside.asked(), [4]);
    let lasted = begun.elapsed();
    assert!(lasted >= std::time::Duration::from_millis(3500) && lasted < seconds(5), "{lasted:?}");
}

#[tokio::test(start_paused = true)]
async fn what_will_not_take_place_fails_its_node_and_its_run_and_is_asked_anew_when_somebody_retries() {
    let outside = Outside::new(true).answers([Err(Failure::Final("no money".into()))]);
    let (graph, _world, process) = stage(&outside, Effect::once(seconds(10))).await;
    let run = process.run(&graph, &Log::default()).await;
    let head = process.until(run, Status::Failed).await;
    assert_eq!(head.reason.as_deref(), Some("`charge` failed: no money"));
    assert!(process.engine.decide(run, "x", Verdict::Retry).await.is_err());
    let again = process.engine.retry(run).await.unwrap();
    process.engine.apply(again).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!(outside.asked(), [2]);
    let failed = "failed: `charge` failed: no money";
    assert_eq!(process.store.writes(), ["before", failed, "after", "done: -"]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_that_is_too_slow_stops_the_run_and_each_verdict_leads_on() {
    for (verdict, status, asked) in [
        (Verdict::Retry, Status::Done, 2),
        (Verdict::MarkDone(json!("it did")), Status::Done, 1),
        (Verdict::GiveUp("never mind".into()), Status::Failed, 1),
    ] {
        let outside = Outside::new(false);
        let (graph, _world, process) = stage(&outside, Effect::once(seconds(10))).await;
        let run = process.run(&graph, &Log::default()).await;
        let begun = tokio::time::Instant::now();
        let head = process.until(run, Status::NeedsAttention).await;
        assert!(begun.elapsed() >= seconds(10));
        let key = key(&process.events(run).await);
        assert_eq!(key, format!("{run}/1/0"));
        assert!(head.reason.unwrap().contains(&key));
        outside.open.add_permits(10);
        assert!(process.engine.decide(run, "another/key/0", verdict.clone()).await.is_err());
        let commit = process.engine.decide(run, &key, verdict).await.unwrap();
        process.engine.apply(commit).await.unwrap();
        process.until(run, status).await;
        assert_eq!(outside.asked(), [asked]);
    }
}

#[tokio::test(start_paused = true)]
async fn two_people_judge_and_one_is_told_that_it_was_judged() {
    let outside = Outside::new(false);
    let (graph, _world, process) = stage(&outside, Effect::once(seconds(1))).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::NeedsAttention).await;
    let key = key(&process.events(run).await);
    let one = process.engine.decide(run, &key, Verdict::GiveUp("a".into())).await.unwrap();
    let other = process.engine.decide(run, &key, Verdict::Retry).await.unwrap();
    process.engine.apply(one).await.unwrap();
    assert!(process.engine.apply(other).await.is_err());
    process.until(run, Status::Failed).await;
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_effect_of_a_dead_process_is_judged_at_its_deadline_and_not_before() {
    for (how, status, asked) in [
        (Effect::idempotent(seconds(60)), Status::Done, 2),
        (Effect::once(seconds(60)), Status::NeedsAttention, 1),
    ] {
        let outside = Outside::new(false);
        let (graph, world, first) = stage(&outside, how).await;
        let run = first.run(&graph, &Log::default()).await;
        outside.was_asked(1).await;
        let begun = tokio::time::Instant::now();
        first.kill();
        let second = Process::start(&world, &first.store, &graph).await;
        tokio::time::sleep(seconds(55)).await;
        assert_eq!((outside.asked(), first.head(run).await.status), (vec![1], Status::Running));
        outside.open.add_permits(10);
        second.until(run, status).await;
        assert!(begun.elapsed() >= seconds(59), "{:?}", begun.elapsed());
        assert_eq!(outside.asked(), [asked]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_does_not_wait_for_a_slow_node_behind_it() {
    async fn slow(log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
        tokio::time::sleep(seconds(30)).await;
        log.add("slow");
        Ok(Step::Next)
    }
    let outside = Outside::new(true);
    let graph = Graph::builder("slow")
        .node_with("charge", (outside.clone(), Effect::once(seconds(10))), charge)
        .node("slow", slow)
        .edge("charge", "slow")
        .end("slow")
        .build();
    let (graph, world, store) = (Arc::new(graph.unwrap()), World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let run = first.run(&graph, &Log::default()).await;
    tokio::time::sleep(seconds(1)).await;
    first.kill();
    let second = Process::start(&world, &store, &graph).await;
    second.until(run, Status::Done).await;
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_visited_again_is_given_the_results_it_had() {
    async fn twice(outside: Outside, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let how = Effect::once(seconds(10));
        let (one, other) = (outside.clone(), outside);
        let first: String = ctx.effect("first", how, |call| one.call(call)).await?;
        if ctx.failed() < 2 {
            log.add("a change that does not count");
            return Ok(Step::Retry { after: seconds(1) });
        }
        let second: String = ctx.effect("second", how, |call| other.call(call)).await?;
        log.add(format!("{} {}", first.ends_with("/0"), second.ends_with("/1")));
        Ok(Step::Done)
    }
    let outside = Outside::new(true);
    let graph = Graph::builder("twice").node_with("twice", outside.clone(), twice).end("twice").build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Done).await;
    assert_eq!(outside.asked(), [1, 1]);
    assert_eq!(process.state(&graph, run).await.lines, ["true true"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_that_fails_or_panics_or_dawdles_is_tried_as_often_as_it_says_and_then_fails_its_run() {
    async fn wrong(how: &'static str, _: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        ctx.write("does not count".to_owned());
        match how {
            "fails" => Err(NodeError::new("no")),
            "panics" => panic!("on purpose"),
            _ => std::future::pending().await,
        }
    }
    for (how, reason) in [("fails", "no"), ("panics", "it panicked"), ("dawdles", "it took longer than 5s")] {
        let tries = Backoff { tries: 3, first: seconds(1), longest: seconds(1) };
        let graph = Graph::builder("wrong")
            .node_with("wrong", how, wrong)
            .retried(tries)
            .time_max(seconds(5))
            .end("wrong")
            .build();
        let graph = Arc::new(graph.unwrap());
        let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
        let run = process.run(&graph, &Log::default()).await;
        let head = process.until(run, Status::Failed).await;
        assert_eq!(head.reason, Some(reason.to_owned()));
        let again = |event: &workflow::Event| matches!(event.what, What::Again { .. });
        assert_eq!(process.events(run).await.iter().filter(|event| again(event)).count(), 2);
        assert!(process.store.writes().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_does_not_wait_for_its_effect_does_not_leave_without_it() {
    async fn hasty(outside: Outside, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        tokio::select! {
            biased;
            charged = ctx.effect::<String, _, _>("charge", Effect::once(seconds(5)), |call| outside.call(call)) => {
                log.add(charged.is_ok().to_string());
            }
            () = tokio::time::sleep(seconds(1)) => {}
        }
        Ok(Step::Next)
    }
    let outside = Outside::new(false);
    let graph = Graph::builder("hasty").node_with("hasty", outside.clone(), hasty).end("hasty").build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::NeedsAttention).await;
    assert_eq!(outside.asked(), [1]);
}
