//! Branches that join, and graphs inside graphs.

use crate::{
    interrupts::answer,
    parts::{Log, Outside, ask, charge, note},
    world::{Note, Process, World, seconds},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use workflow::{
    Checkpointer, Ctx, Effect, Failure, Graph, Memory, NodeError, State, Status, Step, Wait, What,
};

pub(crate) fn merge(log: &mut Log, branches: Vec<Log>) -> Result<(), NodeError> {
    let before = log.lines.len();
    log.lines.extend(branches.into_iter().flat_map(|branch| branch.lines.into_iter().skip(before)));
    Ok(())
}

async fn late((after, step): (u64, Step), log: &mut Log, _: &Ctx<Note>) -> Result<Step, NodeError> {
    tokio::time::sleep(Duration::from_millis(after)).await;
    log.add(after.to_string());
    Ok(step)
}

#[tokio::test(start_paused = true)]
async fn branches_join_in_the_order_of_the_fork_whoever_came_first() {
    let graph = Graph::builder("race")
        .node_with("start", "start", note)
        .fork("fork", &["slow", "quick", "middle"], "join")
        .node_with("slow", (900, Step::Next), late)
        .node_with("quick", (1, Step::Done), late)
        .node_with("middle", (300, Step::Next), late)
        .join("join", merge)
        .edge("start", "fork")
        .edge("slow", "join")
        .edge("quick", "join")
        .edge("middle", "join")
        .end("join")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Done).await;
    assert_eq!(process.state(&graph, run).await.lines, ["start", "900", "1", "300"]);
}

fn asking(outside: &Outside) -> Arc<Graph<Log, Note>> {
    let how = Effect::once(seconds(10));
    let graph = Graph::builder("asking")
        .fork("fork", &["one", "other", "charge"], "join")
        .node_with("one", "one?", ask)
        .node_with("other", "other?", ask)
        .node_with("charge", (outside.clone(), how), charge)
        .join("join", merge)
        .node_with("after", "after", note)
        .edge("one", "join")
        .edge("other", "join")
        .edge("charge", "join")
        .edge("join", "after")
        .end("after")
        .build();
    Arc::new(graph.unwrap())
}

#[tokio::test(start_paused = true)]
async fn questions_of_branches_are_answered_one_by_one_by_their_ids() {
    let (outside, world) = (Outside::new(true), World::new());
    let (graph, store) = (asking(&outside), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let run = first.run(&graph, &Log::default()).await;
    first.until(run, Status::Waiting).await;
    let questions = store.questions(run).await.unwrap();
    assert_eq!(questions.len(), 2);
    first.engine.answer(answer(run, &questions[1], json!(2))).await.unwrap();
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(first.head(run).await.status, Status::Waiting);
    first.kill();
    let second = Process::start(&world, &store, &graph).await;
    second.engine.answer(answer(run, &questions[0], json!(1))).await.unwrap();
    second.until(run, Status::Done).await;
    let lines = second.state(&graph, run).await.lines;
    assert_eq!(lines, ["one?: Answer(Number(1))", "other?: Answer(Number(2))", "charged", "after"]);
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_comes_to_a_branch_while_its_sibling_is_still_at_work() {
    let outside = Outside::new(false);
    let graph = asking(&outside);
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    tokio::time::sleep(seconds(1)).await;
    let questions = process.store.questions(run).await.unwrap();
    assert_eq!(questions.len(), 2);
    process.engine.answer(answer(run, &questions[0], json!(1))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let settled = |event: &workflow::Event| matches!(event.what, What::Settled { .. });
    assert_eq!(process.events(run).await.iter().filter(|event| settled(event)).count(), 1);
    outside.open.add_permits(1);
    process.until(run, Status::Waiting).await;
    process.engine.answer(answer(run, &questions[1], json!(2))).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!(outside.asked(), [1]);
}

#[tokio::test(start_paused = true)]
async fn what_a_sibling_did_is_kept_when_a_branch_fails_and_is_not_done_again() {
    let fails = Outside::new(true).answers([Err(Failure::Final("no".into()))]);
    let works = Outside::new(false);
    let how = Effect::once(seconds(10));
    let graph = Graph::builder("halves")
        .fork("fork", &["works", "fails"], "join")
        .node_with("works", (works.clone(), how), charge)
        .node_with("fails", (fails.clone(), how), charge)
        .join("join", merge)
        .edge("works", "join")
        .edge("fails", "join")
        .end("join")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    works.open.add_permits(1);
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Failed).await;
    let loaded = process.store.load(run).await.unwrap().unwrap();
    let threads = graph.threads(&loaded.checkpoint.unwrap()).unwrap();
    assert!(matches!(threads["0.1/"].wait, Wait::Failed(_)));
    let again = process.engine.retry(run).await.unwrap();
    process.engine.apply(again).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!((works.asked(), fails.asked()), (vec![1], vec![2]));
}

#[tokio::test(start_paused = true)]
async fn when_a_branch_fails_its_siblings_begin_nothing_more() {
    let fails = Outside::new(true).answers([Err(Failure::Final("no".into()))]);
    let later = Outside::new(true);
    let how = Effect::once(seconds(10));
    let graph = Graph::builder("halves")
        .fork("fork", &["wait", "fails"], "join")
        .node_with("wait", (100, Step::Next), late)
        .node_with("later", (later.clone(), how), charge)
        .node_with("fails", (fails.clone(), how), charge)
        .join("join", merge)
        .edge("wait", "later")
        .edge("later", "join")
        .edge("fails", "join")
        .end("join")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Failed).await;
    tokio::time::sleep(seconds(5)).await;
    assert_eq!(later.asked(), [0_u32; 0]);
    let again = process.engine.retry(run).await.unwrap();
    process.engine.apply(again).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!((later.asked(), fails.asked()), (vec![1], vec![2]));
}

#[tokio::test(start_paused = true)]
async fn branches_that_cannot_be_merged_are_not_done_again_when_they_can() {
    let (outside, fails) = (Outside::new(true), Arc::new(AtomicBool::new(true)));
    let graph = Graph::builder("merging")
        .fork("fork", &["one", "other"], "join")
        .node_with("one", (outside.clone(), Effect::once(seconds(10))), charge)
        .node_with("other", "other", note)
        .join("join", move |log: &mut Log, branches| {
            assert!(!fails.swap(false, Ordering::SeqCst), "on purpose");
            merge(log, branches)
        })
        .edge("one", "join")
        .edge("other", "join")
        .end("join")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    let head = process.until(run, Status::Failed).await;
    assert_eq!(head.reason.as_deref(), Some("it panicked"));
    let again = process.engine.retry(run).await.unwrap();
    process.engine.apply(again).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!(process.state(&graph, run).await.lines, ["charged", "other"]);
    assert_eq!(outside.asked(), [1]);
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Outer {
    title: String,
    inner: Log,
}

impl State for Outer {
    const NAME: &'static str = "outer";
    const VERSION: u32 = 1;
}

#[tokio::test(start_paused = true)]
async fn a_graph_works_inside_another_on_a_part_of_its_state() {
    async fn title(outer: &mut Outer, _: &Ctx<Note>) -> Result<Step, NodeError> {
        outer.title += "t";
        Ok(Step::Next)
    }
    let inner = Graph::builder("inner")
        .node_with("begin", "begin", note)
        .fork("fork", &["left", "right"], "join")
        .node_with("left", (2, Step::Done), late)
        .node_with("right", (1, Step::Next), late)
        .join("join", merge)
        .node_with("check", "check", note)
        .edge("begin", "fork")
        .edge("left", "join")
        .edge("right", "join")
        .edge("join", "check")
        .route("check", &[("again", "begin"), ("enough", "leave")], |log: &Log| {
            if log.lines.len() < 5 { "again" } else { "enough" }
        })
        .node_with("leave", "leave", note)
        .end("leave")
        .build();
    let graph = Graph::builder("outer")
        .node("first", title)
        .graph("inner", inner.unwrap(), |outer: &Outer| &outer.inner, |outer| &mut outer.inner)
        .node("last", title)
        .edge("first", "inner")
        .edge("inner", "last")
        .end("last")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Outer::default()).await;
    process.until(run, Status::Done).await;
    let state = process.state(&graph, run).await;
    assert_eq!(state.title, "tt");
    assert_eq!(state.inner.lines[..4], ["begin", "2", "1", "check"]);
    assert_eq!(process.path(run).await.last().unwrap(), "last");
    assert!(process.path(run).await.contains(&"inner/leave".to_owned()));
}
