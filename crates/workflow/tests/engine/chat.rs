//! A chat: six nodes, one effect, few commits.

use crate::world::{Note, Process, World, owner, seconds};
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use workflow::{Call, Ctx, Effect, Failure, Graph, Memory, NodeError, State, Status, Step, Stop};

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chat {
    question: String,
    answer: String,
    is_whole: bool,
    words: usize,
}

impl State for Chat {
    const NAME: &'static str = "chat";
    const VERSION: u32 = 1;
}

#[derive(Serialize, Deserialize)]
struct Answer {
    text: String,
    is_whole: bool,
}

type Model = Arc<tokio::sync::Mutex<mpsc::Receiver<&'static str>>>;

async fn pass(_: &mut Chat, _: &Ctx<Note>) -> Result<Step, NodeError> {
    Ok(Step::Next)
}

async fn execute(model: Model, chat: &mut Chat, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    let how = Effect::once(seconds(600)).lost_with_its_process();
    let answer = ctx.effect("model", how, |call| stream(model, call)).await?;
    (chat.answer, chat.is_whole) = (answer.text, answer.is_whole);
    Ok(Step::Next)
}

/// Streams words until there are no more, or until it is told to stop: what it has then is the answer.
async fn stream(model: Model, call: Call) -> Result<Answer, Failure> {
    let (mut words, mut text) = (model.lock().await, String::new());
    loop {
        tokio::select! {
            biased;
            why = call.stopped() => {
                assert_eq!(why, Stop::Run);
                return Ok(Answer { text, is_whole: false });
            }
            word = words.recv() => match word {
                Some(word) => text.push_str(word),
                None => return Ok(Answer { text, is_whole: true }),
            }
        }
    }
}

async fn settle(chat: &mut Chat, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    chat.words = chat.answer.split_whitespace().count();
    ctx.write(format!("settled {} words", chat.words));
    Ok(Step::Next)
}

fn chat(model: Model) -> Arc<Graph<Chat, Note>> {
    let graph = Graph::builder("chat")
        .node("validate_input", pass)
        .node("check_safety", pass)
        .node_with("execute_operation", model, execute)
        .node("format_output", pass)
        .node("settle_cost", settle)
        .node("remember", pass)
        .edge("validate_input", "check_safety")
        .edge("check_safety", "execute_operation")
        .edge("execute_operation", "format_output")
        .edge("format_output", "settle_cost")
        .edge("settle_cost", "remember")
        .end("remember")
        .after_cancel("format_output")
        .build();
    Arc::new(graph.unwrap())
}

fn model(words: &[&'static str]) -> (Model, mpsc::Sender<&'static str>) {
    let (send, receive) = mpsc::channel(100);
    for word in words {
        send.try_send(*word).unwrap();
    }
    (Arc::new(receive.into()), send)
}

const NODES: [&str; 6] =
    ["validate_input", "check_safety", "execute_operation", "format_output", "settle_cost", "remember"];

#[tokio::test(start_paused = true)]
async fn a_chat_costs_three_commits_and_two_when_it_is_opened_eagerly() {
    for is_eager in [false, true] {
        let (model, sender) = model(&["two ", "words"]);
        drop(sender);
        let (graph, world, store) = (chat(model), World::new(), Arc::new(Memory::default()));
        let process = Process::start(&world, &store, &graph).await;
        let opening = if is_eager {
            process.engine.open_eagerly(&graph, owner(), &Chat::default()).await.unwrap()
        } else {
            process.engine.open(&graph, owner(), &Chat::default()).unwrap()
        };
        let run = process.begin(opening).await;
        process.until(run, Status::Done).await;
        assert_eq!(store.commits(), if is_eager { 2 } else { 3 });
        assert_eq!(process.path(run).await, NODES);
        let state = process.state(&graph, run).await;
        assert_eq!((state.answer.as_str(), state.words), ("two words", 2));
        assert_eq!(store.writes(), ["settled 2 words"]);
        let seqs: Vec<u64> = process.events(run).await.iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn who_stops_an_answer_keeps_what_was_written_and_it_is_settled() {
    let (model, sender) = model(&["half ", "an ", "ans"]);
    let (graph, world, store) = (chat(model), World::new(), Arc::new(Memory::default()));
    let process = Process::start(&world, &store, &graph).await;
    let run = process.run(&graph, &Chat::default()).await;
    while sender.capacity() < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let begun = tokio::time::Instant::now();
    process.engine.cancel(run).await.unwrap();
    process.until(run, Status::Cancelled).await;
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());
    let state = process.state(&graph, run).await;
    assert_eq!((state.answer.as_str(), state.is_whole, state.words), ("half an ans", false, 3));
    assert_eq!(store.writes(), ["settled 3 words"]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_process_died_is_unknown_at_once_and_never_asked_again_unasked() {
    let (model, sender) = model(&["lost"]);
    let (graph, world, store) = (chat(model), World::new(), Arc::new(Memory::default()));
    let first = Process::start(&world, &store, &graph).await;
    let run = first.run(&graph, &Chat::default()).await;
    while sender.capacity() < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    first.kill();
    let second = Process::start(&world, &store, &graph).await;
    let begun = tokio::time::Instant::now();
    let head = second.until(run, Status::NeedsAttention).await;
    assert!(begun.elapsed() < seconds(7), "{:?}", begun.elapsed());
    assert!(head.reason.unwrap().starts_with("`model` was begun and gave no result"));
}

#[tokio::test(start_paused = true)]
async fn a_run_whose_opening_was_not_kept_calls_nothing() {
    let (model, sender) = model(&["never asked"]);
    let (graph, world, store) = (chat(model), World::new(), Arc::new(Memory::default()));
    let process = Process::start(&world, &store, &graph).await;
    for is_eager in [false, true] {
        let opening = if is_eager {
            process.engine.open_eagerly(&graph, owner(), &Chat::default()).await.unwrap()
        } else {
            process.engine.open(&graph, owner(), &Chat::default()).unwrap()
        };
        let ticket = opening.ticket.unwrap();
        ticket.cancel();
        process.engine.start(ticket);
        tokio::time::sleep(seconds(2)).await;
        assert_eq!((store.commits(), process.engine.live().len()), (0, 0));
    }
    assert_eq!(sender.capacity(), 99);
}
