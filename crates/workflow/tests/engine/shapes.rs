//! What is no graph, and what is no checkpoint.

use crate::{
    branches::merge,
    parts::{Log, note},
    world::{Note, Process, World},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use workflow::{
    Builder, Checkpointer, Engine, EngineError, Graph, GraphError, Memory, Sealed, Settings, State,
    StateError, Status,
};

fn nodes(names: &[&'static str]) -> Builder<Log, Note> {
    names.iter().fold(Graph::builder("g"), |graph, name| graph.node_with(name, *name, note))
}

fn wrong(graph: Builder<Log, Note>) -> GraphError {
    graph.build().map(|_| ()).unwrap_err()
}

#[test]
fn what_is_no_graph_is_said_when_it_is_built() {
    use GraphError::*;
    let s = str::to_owned;
    assert_eq!(wrong(nodes(&[])), Empty);
    assert_eq!(wrong(nodes(&["a", "a"]).end("a")), DoubleName(s("a")));
    assert_eq!(wrong(nodes(&["a"]).end("a").edge("b", "a")), UnknownNode(s("b")));
    assert_eq!(wrong(nodes(&["a"]).end("a").edge("a", "a")), DoubleExit(s("a")));
    assert_eq!(wrong(nodes(&["a"]).edge("a", "b")), UnknownTarget { from: s("a"), to: s("b") });
    let routed = nodes(&["a"]).route("a", &[("x", "b")], |_| "x");
    assert_eq!(wrong(routed), UnknownTarget { from: s("a"), to: s("b") });
    assert_eq!(wrong(nodes(&["a", "b"]).edge("a", "b")), DeadEnd(s("b")));
    assert_eq!(wrong(nodes(&["a", "b"]).end("a").end("b")), Unreachable(s("b")));
    assert_eq!(wrong(nodes(&["a", "b"]).edge("a", "b").edge("b", "a")), NoEnd);
    assert_eq!(wrong(nodes(&["a"]).end("a").after_cancel("b")), UnknownNode(s("b")));

    let join = nodes(&["a"]).join("j", merge).edge("a", "j").end("j");
    assert_eq!(wrong(join), JoinWithoutFork(s("j")));
    let none = nodes(&["a"]).edge("a", "f").fork("f", &[], "j").join("j", merge).end("j");
    assert_eq!(wrong(none), ForkWithoutJoin(s("f")));
    let not_a_join = nodes(&["a", "b"]).edge("a", "f").fork("f", &["b"], "a").end("b");
    assert_eq!(wrong(not_a_join), ForkWithoutJoin(s("f")));
    let forked = || nodes(&["a", "b"]).edge("a", "f").fork("f", &["b"], "j").join("j", merge).end("j");
    assert_eq!(wrong(forked().end("b")), Astray { fork: s("f"), at: s("b") });
    assert_eq!(wrong(forked().edge("b", "j").edge("f", "j")), DoubleExit(s("f")));
    assert_eq!(wrong(forked().edge("b", "j").after_cancel("b")), CancelInBranch(s("b")));
    assert!(forked().edge("b", "j").build().is_ok());
    let nested = nodes(&["a", "b"]).edge("a", "f").fork("f", &["b"], "j").join("j", merge).end("j");
    let nested = nested.edge("b", "g").fork("g", &["c"], "k").node_with("c", "c", note).join("k", merge);
    assert_eq!(wrong(nested.edge("c", "j").edge("k", "j")), Astray { fork: s("g"), at: s("j") });
}

#[tokio::test]
async fn an_engine_has_one_graph_of_a_name() {
    let graph = Arc::new(nodes(&["a"]).end("a").build().unwrap());
    let engine = Engine::builder().graph(&graph, 1).graph(&graph, 2);
    let built = engine.build(World::new(), Arc::new(Memory::default()), Settings::default());
    assert_eq!(built.err(), Some(EngineError::Refused("two graphs have the same name")));
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Third {
    name: String,
    inner: Inner,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Inner {
    size: u32,
}

impl State for Third {
    const NAME: &'static str = "third";
    const VERSION: u32 = 3;

    fn migrate(from: u32, mut value: Value) -> Result<Value, String> {
        match from {
            1 => Ok(json!({ "title": value })),
            2 => {
                let title = value["title"].take();
                Ok(json!({ "name": title, "inner": { "size": 1 } }))
            }
            other => Err(format!("{other} was never")),
        }
    }
}

fn third() -> Graph<Third, Note> {
    async fn pass(_: &mut Third, _: &workflow::Ctx<Note>) -> Result<workflow::Step, workflow::NodeError> {
        Ok(workflow::Step::Next)
    }
    Graph::builder("third").node("node", pass).end("node").build().unwrap()
}

/// A real checkpoint, and the digest of another body in its place, as somebody would make it who knows how.
async fn checkpoint() -> Sealed {
    let graph = Arc::new(third());
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Third::default()).await;
    process.until(run, Status::Done).await;
    process.store.load(run).await.unwrap().unwrap().checkpoint.unwrap()
}

fn resealed(sealed: &Sealed, change: impl FnOnce(&mut Sealed)) -> Sealed {
    let mut sealed = sealed.clone();
    change(&mut sealed);
    workflow::conformance::resealed(sealed)
}

#[tokio::test(start_paused = true)]
async fn a_row_that_was_tampered_with_is_a_fault_with_a_name_and_never_a_panic() {
    let (graph, good) = (third(), checkpoint().await);
    let read = |sealed: &Sealed| graph.state_at(sealed);
    assert_eq!(read(&good), Ok(Third::default()));

    let body = Sealed { body: good.body.replace("node", "nude"), ..good.clone() };
    let version = Sealed { version: 2, ..good.clone() };
    let run = Sealed { run: workflow::RunId(uuid::Uuid::nil()), ..good.clone() };
    let revision = Sealed { revision: good.revision.next(), ..good.clone() };
    let digest = Sealed { digest: String::new(), ..good.clone() };
    for tampered in [body, version, run, revision, digest] {
        assert_eq!(read(&tampered), Err(StateError::Tampered));
    }
    let named = |change: fn(&mut Sealed)| read(&resealed(&good, change)).unwrap_err();
    let schema = named(|sealed| sealed.schema = "fourth".to_owned());
    assert_eq!(schema, StateError::UnknownSchema { found: "fourth".to_owned(), wanted: "third" });
    assert_eq!(named(|sealed| sealed.version = 4), StateError::Newer { found: 4, known: 3 });
    let node = named(|sealed| sealed.body = sealed.body.replace("\"node\":\"node\"", "\"node\":\"gone\""));
    assert_eq!(node, StateError::UnknownNode("gone".to_owned()));
    let field = named(|sealed| sealed.body = sealed.body.replace("\"size\":0", "\"size\":0,\"evil\":1"));
    assert_eq!(field, StateError::UnknownField("inner.evil".to_owned()));
    let field = named(|sealed| sealed.body = sealed.body.replace("\"step\":", "\"evil\":1,\"step\":"));
    assert_eq!(field, StateError::UnknownField("evil".to_owned()));
    for text in
        ["", "{", "null", "[]", "{}", "\"\u{0}\"", "{\"threads\":{},\"cancelling\":false,\"visits\":0}"]
    {
        let sealed = workflow::conformance::resealed(Sealed { body: text.to_owned(), ..good.clone() });
        assert!(matches!(read(&sealed), Err(StateError::Shape(_))), "{text}");
    }
    let deep = "[".repeat(100_000);
    let sealed = workflow::conformance::resealed(Sealed { body: deep, ..good.clone() });
    assert!(matches!(read(&sealed), Err(StateError::Shape(_))));
}

#[tokio::test(start_paused = true)]
async fn an_old_state_comes_through_every_version_between() {
    let (graph, good) = (third(), checkpoint().await);
    let old = |version, state: Value| {
        resealed(&good, |sealed| {
            let mut body: Value = serde_json::from_str(&sealed.body).unwrap();
            body["threads"][""]["state"] = state;
            (sealed.version, sealed.body) = (version, body.to_string());
        })
    };
    let expected = Third { name: "old".to_owned(), inner: Inner { size: 1 } };
    assert_eq!(graph.state_at(&old(1, json!("old"))), Ok(expected.clone()));
    assert_eq!(graph.state_at(&old(2, json!({"title": "old"}))), Ok(expected));
    let none = StateError::NoMigration { from: 0, why: "0 was never".to_owned() };
    assert_eq!(graph.state_at(&old(0, json!(1))), Err(none));
}
