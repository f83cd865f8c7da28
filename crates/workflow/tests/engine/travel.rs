//! Checkpoints: a list of them, the state at each, and runs that go on from one.

use crate::{
    interrupts::answer,
    parts::{Log, Outside, ask, charge, note},
    world::{Note, Process, World, owner, seconds},
};
use serde_json::json;
use std::sync::Arc;
use workflow::{Checkpointer, Ctx, Effect, Graph, Memory, NodeError, Revision, Status, Step};

fn graph(before: &Outside, after: &Outside) -> Arc<Graph<Log, Note>> {
    let how = Effect::once(seconds(10));
    let graph = Graph::builder("travelling")
        .node_with("pay", (before.clone(), how), charge)
        .node_with("ask", "which?", ask)
        .node_with("send", (after.clone(), how), charge)
        .node_with("end", "end", note)
        .edge("pay", "ask")
        .edge("ask", "send")
        .edge("send", "end")
        .end("end")
        .build();
    Arc::new(graph.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_fork_carries_what_was_done_before_it_and_does_what_comes_after_it_on_its_own() {
    let (pay, send) = (Outside::new(true), Outside::new(true));
    let graph = graph(&pay, &send);
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    process.engine.answer(answer(run, &question, json!("this"))).await.unwrap();
    process.until(run, Status::Done).await;

    let history = process.store.history(run).await.unwrap();
    let waited = history.iter().find(|listed| listed.status == Status::Waiting).unwrap();
    let sealed = process.store.checkpoint(run, waited.revision).await.unwrap().unwrap();
    assert_eq!(graph.state_at(&sealed).unwrap().lines, ["charged"]);

    let fork = process.engine.fork(run, waited.revision, owner()).await.unwrap();
    let fork = process.begin(fork).await;
    process.until(fork, Status::Waiting).await;
    assert_eq!(process.head(fork).await.forked_from, Some((run, waited.revision)));
    let asked = process.store.questions(fork).await.unwrap().remove(0);
    assert_ne!(asked.id, question.id);
    process.engine.answer(answer(fork, &asked, json!("that"))).await.unwrap();
    process.until(fork, Status::Done).await;
    let lines = process.state(&graph, fork).await.lines;
    assert_eq!(lines, ["charged", "which?: Answer(String(\"that\"))", "charged", "end"]);
    // Paid once; sent by each of them, under keys of their own.
    assert_eq!((pay.asked(), send.asked()), (vec![1], vec![1, 1]));
    assert_eq!(process.state(&graph, run).await.lines[1], "which?: Answer(String(\"this\"))");
}

#[tokio::test(start_paused = true)]
async fn a_result_inside_the_node_that_is_forked_is_carried_too() {
    async fn both(
        (first, second): (Outside, Outside),
        log: &mut Log,
        ctx: &Ctx<Note>,
    ) -> Result<Step, NodeError> {
        let how = Effect::once(seconds(10));
        let first: String = ctx.effect("first", how, |call| first.call(call)).await?;
        let second: String = ctx.effect("second", how, |call| second.call(call)).await?;
        log.lines = vec![first, second];
        Ok(Step::Next)
    }
    let (first, second) = (Outside::new(true), Outside::new(false));
    let graph =
        Graph::builder("both").node_with("both", (first.clone(), second.clone()), both).end("both").build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::NeedsAttention).await;
    second.open.add_permits(5);
    let newest = process.head(run).await.revision;
    let fork = process.engine.fork(run, newest, owner()).await.unwrap();
    let fork = process.begin(fork).await;
    process.until(fork, Status::Done).await;
    let lines = process.state(&graph, fork).await.lines;
    assert_eq!(lines, [format!("did {run}/0/0"), format!("did {fork}/0/1")]);
    assert_eq!((first.asked(), second.asked()), (vec![1], vec![1, 1]));
    assert_eq!(process.head(run).await.status, Status::NeedsAttention);
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_on_from_an_end_or_from_a_checkpoint_that_never_was() {
    let graph = Graph::builder("short").node_with("only", "only", note).end("only").build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    let end = process.until(run, Status::Done).await.revision;
    assert!(process.engine.fork(run, end, owner()).await.is_err());
    assert!(process.engine.fork(run, Revision(99), owner()).await.is_err());
}
