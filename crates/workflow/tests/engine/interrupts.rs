//! Questions to people.

use crate::{
    parts::{Log, Outside, ask, charge, note},
    world::{Note, Process, World, seconds},
};
use serde_json::{Value, json};
use std::sync::Arc;
use workflow::{
    Answer, Checkpointer, Ctx, Effect, EngineError, Graph, Interrupt, Memory, NodeError, Request, RunId,
    Status, Step, StoreError,
};

fn asking() -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("asking")
        .node_with("ask", "may I?", ask)
        .node_with("after", "after", note)
        .edge("ask", "after")
        .end("after")
        .build();
    Arc::new(graph.unwrap())
}

pub(crate) fn answer(run: RunId, to: &Interrupt, body: Value) -> Answer<Note> {
    let (interrupt, digest) = (to.id, to.digest.clone());
    let at = workflow::Timestamp(0);
    Answer { run, interrupt, digest, body, at, writes: vec!["answered".to_owned()] }
}

async fn stage() -> (Arc<Graph<Log, Note>>, Process, RunId, Interrupt) {
    let graph = asking();
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    (graph, process, run, question)
}

#[tokio::test(start_paused = true)]
async fn a_question_waits_for_hours_and_its_answer_leads_on() {
    let (graph, process, run, question) = stage().await;
    assert_eq!((question.node.as_str(), &question.asked), ("ask", &json!("may I?")));
    tokio::time::sleep(seconds(4 * 3600)).await;
    assert_eq!(process.head(run).await.status, Status::Waiting);
    process.engine.answer(answer(run, &question, json!("yes"))).await.unwrap();
    process.until(run, Status::Done).await;
    assert_eq!(process.state(&graph, run).await.lines, ["may I?: Answer(String(\"yes\"))", "after"]);
    assert_eq!(process.store.writes(), ["answered", "after"]);
    assert!(process.store.questions(run).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_something_else_or_to_nothing_is_refused() {
    let (_graph, process, run, question) = stage().await;
    let altered = Answer { digest: "0".repeat(64), ..answer(run, &question, json!(1)) };
    let unknown = Answer { interrupt: workflow::InterruptId(run.0), ..answer(run, &question, json!(1)) };
    for (wrong, why) in [(altered, StoreError::Altered), (unknown, StoreError::NotFound)] {
        assert_eq!(process.engine.answer(wrong).await, Err(EngineError::Store(why)));
    }
    assert_eq!(process.head(run).await.status, Status::Waiting);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_answers_at_once_one_wins() {
    let graph = asking();
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..1000 {
        let (engine, answer) = (Arc::clone(&process.engine), answer(run, &question, json!(n)));
        tasks.spawn(async move { (n, engine.answer(answer).await) });
    }
    let results = tasks.join_all().await;
    let won: Vec<_> = results.iter().filter(|(_, result)| result.is_ok()).map(|(n, _)| n).collect();
    assert_eq!(won.len(), 1);
    let lost = results.iter().filter(|(_, result)| *result == Err(EngineError::Store(StoreError::Answered)));
    assert_eq!(lost.count(), 999);
    process.until(run, Status::Done).await;
    let line = format!("may I?: Answer(Number({}))", won[0]);
    assert_eq!(process.state(&graph, run).await.lines, [line, "after".to_owned()]);
    assert_eq!(process.store.writes(), ["answered", "after"]);
}

#[tokio::test(start_paused = true)]
async fn a_question_with_a_time_limit_goes_on_without_an_answer_and_takes_none_any_more() {
    async fn brief(log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        match ctx.reply() {
            None => Ok(Step::Interrupt(Request::new("soon?")?.until(ctx.now() + seconds(60)))),
            Some(reply) => {
                log.add(format!("{reply:?}"));
                Ok(Step::Next)
            }
        }
    }
    let graph = Arc::new(Graph::builder("brief").node("brief", brief).end("brief").build().unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let begun = tokio::time::Instant::now();
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    process.until(run, Status::Done).await;
    assert!(begun.elapsed() >= seconds(60) && begun.elapsed() < seconds(62));
    assert_eq!(process.state(&graph, run).await.lines, ["Expired"]);
    let late = process.engine.answer(answer(run, &question, json!("yes"))).await;
    assert_eq!(late, Err(EngineError::Store(StoreError::Answered)));
}

#[tokio::test(start_paused = true)]
async fn who_cancels_a_run_that_asks_drops_its_question() {
    let (_graph, process, run, question) = stage().await;
    process.engine.cancel(run).await.unwrap();
    process.until(run, Status::Cancelled).await;
    assert!(process.store.questions(run).await.unwrap().is_empty());
    let late = process.engine.answer(answer(run, &question, json!("yes"))).await;
    assert_eq!(late, Err(EngineError::Store(StoreError::Answered)));
    let gone = process.engine.cancel(RunId(question.id.0)).await;
    assert_eq!(gone, Err(EngineError::Store(StoreError::NotFound)));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_drops_its_question_and_settles_on_its_way_out() {
    async fn settle(log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
        let how = Effect::once(seconds(10));
        let call = |call: workflow::Call| async move { Ok(call.is_stopped()) };
        let is_stopped: bool = ctx.effect("settle", how, call).await?;
        log.add(format!("settled, cancelled {}, stopped {is_stopped}", ctx.is_cancelled()));
        Ok(Step::Next)
    }
    let graph = Graph::builder("settling")
        .node_with("ask", "may I?", ask)
        .node("settle", settle)
        .edge("ask", "settle")
        .end("settle")
        .after_cancel("settle")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    process.engine.cancel(run).await.unwrap();
    process.until(run, Status::Cancelled).await;
    assert!(process.store.questions(run).await.unwrap().is_empty());
    let settled = |event: workflow::Event| match event.what {
        workflow::What::Settled { interrupt, word } => Some((interrupt, word)),
        _ => None,
    };
    let settled: Vec<_> = process.events(run).await.into_iter().filter_map(settled).collect();
    assert_eq!(settled, [(question.id, "dropped".to_owned())]);
    let lines = process.state(&graph, run).await.lines;
    assert_eq!(lines, ["settled, cancelled true, stopped false"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_run_that_cannot_go_on_is_heard_once_and_waits_with_it() {
    let outside = Outside::new(false);
    let graph = Graph::builder("stuck")
        .fork("fork", &["ask", "charge"], "join")
        .node_with("ask", "may I?", ask)
        .node_with("charge", (outside.clone(), Effect::once(seconds(5))), charge)
        .join("join", crate::branches::merge)
        .edge("ask", "join")
        .edge("charge", "join")
        .end("join")
        .build();
    let graph = Arc::new(graph.unwrap());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    outside.was_asked(1).await;
    process.engine.cancel(run).await.unwrap();
    process.until(run, Status::NeedsAttention).await;
    let question = process.store.questions(run).await.unwrap().remove(0);
    process.engine.answer(answer(run, &question, json!("yes"))).await.unwrap();
    tokio::time::sleep(seconds(2)).await;
    let head = process.head(run).await;
    assert_eq!(head.status, Status::NeedsAttention);
    tokio::time::sleep(seconds(10)).await;
    assert_eq!(process.head(run).await.revision, head.revision);
}
