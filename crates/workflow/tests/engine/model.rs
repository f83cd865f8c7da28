//! Random graphs under random deaths of their process, against the simplest thing that gives the same result.

use crate::doors::{Death, Doors};
use crate::world::{Note, Process, World, owner, seconds};
use crate::{branches::merge, interrupts::answer, parts::Log};
use proptest::prelude::*;
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use workflow::{
    Backoff, Builder, Call, Checkpointer, Ctx, Effect, Failure, Graph, Memory, NodeError, Request, RunId,
    Status, Step, Verdict, What,
};

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    Nothing,
    Once,
    /// Once, and the first time the other side is busy.
    Flaky,
    Idempotent,
    Two,
    Ask,
    Sleep,
}

/// A piece of a graph: a node, or branches that join.
#[derive(Debug, Clone)]
enum Piece {
    Node(Does),
    Branches(Vec<Vec<Does>>),
}

/// The world outside, which remembers what was asked of it.
#[derive(Default)]
struct Truth {
    calls: Mutex<BTreeMap<String, u32>>,
}

impl Truth {
    async fn call(self: Arc<Self>, name: String, is_flaky: bool, call: Call) -> Result<String, Failure> {
        let busy = format!("{name} was busy");
        if is_flaky && self.count(&busy) == 0 {
            self.note(&busy);
            return Err(Failure::Passing("busy".to_owned()));
        }
        self.note(call.key());
        tokio::time::sleep(Duration::from_millis(20)).await;
        Ok(format!("{name} done"))
    }

    fn note(&self, key: &str) {
        *self.calls.lock().unwrap().entry(key.to_owned()).or_default() += 1;
    }

    fn count(&self, key: &str) -> u32 {
        self.calls.lock().unwrap().get(key).copied().unwrap_or(0)
    }
}

type Env = (Arc<Truth>, &'static str, Does);

async fn act((truth, name, does): Env, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    // Each death in the middle of it is a try of an idempotent effect.
    let busy = Backoff { tries: 10, first: seconds(1), longest: seconds(1) };
    let how = match does {
        Does::Idempotent => Effect::idempotent(seconds(5)).retried(busy),
        _ => Effect::once(seconds(5)).retried(busy),
    };
    let is_flaky = does == Does::Flaky;
    match (does, ctx.reply()) {
        (Does::Ask, None) => return Ok(Step::Interrupt(Request::new(name)?)),
        (Does::Ask, Some(_)) => log.add(format!("{name} {}", ctx.answer::<String>()?.unwrap_or_default())),
        (Does::Nothing | Does::Sleep, _) => log.add(name),
        (Does::Once | Does::Flaky | Does::Idempotent | Does::Two, _) => {
            for n in 0..if does == Does::Two { 2 } else { 1 } {
                let (truth, name) = (Arc::clone(&truth), format!("{name}.{n}"));
                let done: String = ctx.effect("act", how, |call| truth.call(name, is_flaky, call)).await?;
                log.add(done);
            }
        }
    }
    ctx.write(name.to_owned());
    match does {
        Does::Sleep => Ok(Step::Sleep { until: ctx.now() + seconds(3) }),
        _ => Ok(Step::Next),
    }
}

/// The same, as one would write it for a world in which nothing dies.
fn reference(pieces: &[Piece]) -> Vec<String> {
    fn lines(name: &str, does: Does) -> Vec<String> {
        match does {
            Does::Nothing | Does::Sleep => vec![name.to_owned()],
            Does::Ask => vec![format!("{name} yes")],
            Does::Once | Does::Flaky | Does::Idempotent => vec![format!("{name}.0 done")],
            Does::Two => vec![format!("{name}.0 done"), format!("{name}.1 done")],
        }
    }
    let piece = |(n, piece): (usize, &Piece)| match piece {
        Piece::Node(does) => lines(&format!("n{n}"), *does),
        Piece::Branches(branches) => {
            let branch = |(b, branch): (usize, &Vec<Does>)| -> Vec<String> {
                let node = |(i, does): (usize, &Does)| lines(&format!("n{n}b{b}i{i}"), *does);
                branch.iter().enumerate().flat_map(node).collect()
            };
            branches.iter().enumerate().flat_map(branch).collect()
        }
    };
    pieces.iter().enumerate().flat_map(piece).collect()
}

/// Names live as long as the tests.
fn name(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn chain(
    mut graph: Builder<Log, Note>,
    truth: &Arc<Truth>,
    nodes: &[(&'static str, Does)],
    to: &'static str,
) -> Builder<Log, Note> {
    for (n, (name, does)) in nodes.iter().enumerate() {
        let next = nodes.get(n + 1).map_or(to, |(next, _)| next);
        graph = graph.node_with(name, (Arc::clone(truth), *name, *does), act).edge(name, next);
    }
    graph
}

fn graph(pieces: &[Piece], truth: &Arc<Truth>) -> Arc<Graph<Log, Note>> {
    let first = |n: usize| name(if n == pieces.len() { "end".to_owned() } else { format!("n{n}") });
    let mut graph = Graph::builder("random");
    for (n, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Node(does) => graph = chain(graph, truth, &[(first(n), *does)], first(n + 1)),
            Piece::Branches(branches) => {
                let join = name(format!("n{n}join"));
                let named: Vec<Vec<(&'static str, Does)>> = (0..)
                    .zip(branches)
                    .map(|(b, branch)| {
                        (0..).zip(branch).map(|(i, does)| (name(format!("n{n}b{b}i{i}")), *does)).collect()
                    })
                    .collect();
                let entries: Vec<&'static str> = named.iter().map(|branch: &Vec<_>| branch[0].0).collect();
                graph = graph.fork(first(n), &entries, join);
                for branch in &named {
                    graph = chain(graph, truth, branch, join);
                }
                graph = graph.join(join, merge).edge(join, first(n + 1));
            }
        }
    }
    let graph = graph.node_with("end", (Arc::clone(truth), "end", Does::Nothing), act).end("end");
    Arc::new(graph.build().unwrap())
}

struct Outcome {
    status: Status,
    lines: Vec<String>,
    writes: Vec<String>,
    truth: Arc<Truth>,
    /// Keys of effects that must not take place twice.
    once: Vec<String>,
    judged: usize,
}

/// Lets a run live through all these deaths, answers it, and judges what it does not know by what is true.
async fn live(
    pieces: &[Piece],
    deaths: &[(usize, Death)],
    cancel_after: Option<usize>,
    is_eager: bool,
) -> Outcome {
    let truth = Arc::new(Truth::default());
    let graph = graph(pieces, &truth);
    let (world, store) = (World::new(), Arc::new(Memory::default()));
    let mut doors = Arc::new(Doors::new(Arc::clone(&store)));
    let mut deaths = deaths.iter().copied();
    let mut next = deaths.next();
    let mut stopped = Vec::new();
    let mut process = Process::alone(&world, &store, Arc::<Doors>::clone(&doors), &graph).await;
    let opening = if is_eager {
        process.engine.open_eagerly(&graph, owner(), &Log::default()).await.unwrap()
    } else {
        process.engine.open(&graph, owner(), &Log::default()).unwrap()
    };
    let run = process.begin(opening).await;
    doors.die_next(next);
    let (mut judged, mut rounds) = (0, 0);
    loop {
        rounds += 1;
        assert!(rounds < 1000, "the run never comes to its end: {:?}", process.head(run).await);
        tokio::select! {
            () = doors.died() => {
                if matches!(next, Some((_, Death::Politely))) {
                    process.go_down().await;
                }
                doors = Arc::new(doors.another());
                let other = Process::alone(&world, &store, Arc::<Doors>::clone(&doors), &graph).await;
                let dead = std::mem::replace(&mut process, other);
                match next {
                    Some((_, Death::Stopped)) => stopped.push(dead),
                    _ => dead.kill(),
                }
                next = deaths.next();
                doors.die_next(next);
            }
            () = tokio::time::sleep(Duration::from_millis(100)) => {}
        }
        if cancel_after.is_some_and(|after| doors.commits() >= after) {
            process.engine.cancel(run).await.unwrap();
        }
        let head = process.head(run).await;
        for question in store.questions(run).await.unwrap() {
            process.engine.answer(answer(run, &question, json!("yes"))).await.unwrap();
            assert!(process.engine.answer(answer(run, &question, json!("no"))).await.is_err());
        }
        match head.status {
            Status::NeedsAttention => judged += judge(&process, run, &truth).await,
            status if status.is_over() => break,
            _ => {}
        }
    }
    tokio::time::sleep(seconds(5)).await;
    assert!(!doors.has_kept_late());
    let begun = |event: workflow::Event| match event.what {
        What::Begun { node, key, .. } => Some((node, key)),
        _ => None,
    };
    let begun = process.events(run).await.into_iter().filter_map(begun);
    let once = begun.filter(|(node, _)| !is_idempotent(pieces, node)).map(|(_, key)| key).collect();
    let mut writes = store.writes();
    writes.retain(|write| write != "answered");
    let lines = process.state(&graph, run).await.lines;
    Outcome { status: process.head(run).await.status, lines, writes, truth, once, judged }
}

/// Every unknown effect is named in the reason; what is true of it is said.
async fn judge(process: &Process, run: RunId, truth: &Truth) -> usize {
    let reason = process.head(run).await.reason.unwrap();
    let keys: Vec<String> = reason
        .split("Its key is ")
        .skip(1)
        .filter_map(|rest| rest.split(". ").next().map(|key| key.trim_end_matches('.').to_owned()))
        .collect();
    assert!(!keys.is_empty(), "{reason}");
    let events = process.events(run).await;
    let mut judged = 0;
    for key in keys {
        let node = events.iter().find_map(|event| match &event.what {
            What::Begun { node, key: found, .. } if *found == key => Some(node.clone()),
            _ => None,
        });
        let place = key.rsplit('/').next().unwrap();
        let verdict = match truth.count(&key) {
            0 => Verdict::Retry,
            _ => Verdict::MarkDone(json!(format!("{}.{place} done", node.unwrap()))),
        };
        // While it is being taken up again the next round will do.
        if let Ok(commit) = process.engine.decide(run, &key, verdict).await
            && process.store.commit(Arc::new(commit)).await.is_ok()
        {
            process.engine.look(run).await.unwrap();
            judged += 1;
        }
    }
    judged
}

fn is_idempotent(pieces: &[Piece], node: &str) -> bool {
    let at = |piece: &Piece, n: usize| match piece {
        Piece::Node(does) => *does == Does::Idempotent && node == format!("n{n}"),
        Piece::Branches(branches) => branches.iter().enumerate().any(|(b, branch)| {
            let is_it =
                |(i, does): (usize, &Does)| *does == Does::Idempotent && node == format!("n{n}b{b}i{i}");
            branch.iter().enumerate().any(is_it)
        }),
    };
    pieces.iter().enumerate().any(|(n, piece)| at(piece, n))
}

fn does() -> impl Strategy<Value = Does> {
    use Does::{Ask, Flaky, Idempotent, Nothing, Once, Sleep, Two};
    prop::sample::select(vec![Nothing, Nothing, Once, Once, Flaky, Idempotent, Two, Ask, Sleep])
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let branches = prop::collection::vec(prop::collection::vec(does(), 1..3), 2..4);
    let piece = prop_oneof![4 => does().prop_map(Piece::Node), 1 => branches.prop_map(Piece::Branches)];
    prop::collection::vec(piece, 1..5)
}

fn deaths() -> impl Strategy<Value = Vec<(usize, Death)>> {
    let death = prop::sample::select(vec![Death::Before, Death::After, Death::Politely, Death::Stopped]);
    prop::collection::vec((1..5_usize, death), 0..7)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

/// What is true whatever dies and whoever cancels.
fn check(outcome: &Outcome) {
    for key in &outcome.once {
        assert!(outcome.truth.count(key) <= 1, "{key} took place {} times", outcome.truth.count(key));
    }
    let mut writes = outcome.writes.clone();
    writes.sort();
    writes.dedup();
    assert_eq!(writes.len(), outcome.writes.len(), "a node's writes were kept twice: {:?}", outcome.writes);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_run_that_lives_through_deaths_ends_as_one_that_met_none(
        pieces in pieces(), deaths in deaths(), is_eager in any::<bool>()
    ) {
        let outcome = block_on(live(&pieces, &deaths, None, is_eager));
        check(&outcome);
        let mut expected = reference(&pieces);
        expected.push("end".to_owned());
        prop_assert_eq!(outcome.status, Status::Done);
        prop_assert_eq!(outcome.lines, expected);
        prop_assert!(!deaths.is_empty() || outcome.judged == 0);
    }

    #[test]
    fn a_run_that_is_cancelled_comes_to_an_end_and_did_nothing_twice(
        pieces in pieces(), deaths in deaths(), after in 1..8_usize
    ) {
        let outcome = block_on(live(&pieces, &deaths, Some(after), false));
        check(&outcome);
        let mut expected = reference(&pieces);
        expected.push("end".to_owned());
        match outcome.status {
            Status::Done => prop_assert_eq!(outcome.lines, expected),
            status => prop_assert_eq!(status, Status::Cancelled),
        }
    }
}

/// One graph with everything in it, and every single place to die.
#[test]
fn before_and_after_every_commit_of_a_graph_with_everything_in_it_nothing_is_lost_or_done_twice() {
    use Does::{Ask, Flaky, Idempotent, Nothing, Once, Sleep, Two};
    let pieces = [
        Piece::Node(Nothing),
        Piece::Node(Once),
        Piece::Branches(vec![vec![Ask, Once], vec![Two], vec![Sleep, Idempotent]]),
        Piece::Node(Flaky),
        Piece::Node(Ask),
    ];
    let mut expected = reference(&pieces);
    expected.push("end".to_owned());
    for death in [Death::Before, Death::After, Death::Politely, Death::Stopped] {
        for after in 1..40 {
            let outcome = block_on(live(&pieces, &[(after, death)], None, false));
            check(&outcome);
            assert_eq!((outcome.status, &outcome.lines), (Status::Done, &expected), "{after} {death:?}");
        }
    }
}
