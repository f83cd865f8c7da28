//! Pictures of graphs.

use crate::{
    branches::merge,
    interrupts::answer,
    parts::{Log, ask, note},
    world::{Note, Process, World},
};
use serde_json::json;
use std::sync::Arc;
use workflow::{Checkpointer, Graph, Lit, Memory, Status};

fn graph() -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("a <picture> & \"more\"")
        .node_with("look", "look", note)
        .fork("fork", &["left", "right"], "join")
        .node_with("left", "left", note)
        .node_with("right", "right?", ask)
        .join("join", merge)
        .node_with("</script>\"'&", "odd", note)
        .edge("look", "fork")
        .edge("left", "join")
        .edge("right", "join")
        .route("join", &[("a & b", "look"), ("on", "</script>\"'&")], |_| "on")
        .end("</script>\"'&")
        .build();
    Arc::new(graph.unwrap())
}

const MERMAID: &str = r##"flowchart TD
  n0["look"]:::visited
  n1{{"fork"}}:::visited
  n2["left"]:::visited
  n3["right"]:::current
  n4{{"join"}}:::current
  n5["#60;/script#62;#34;'#38;"]
  n6(("end"))
  n0 ==> n1
  n1 ==> n2
  n1 ==> n3
  n2 ==> n4
  n3 --> n4
  n4 -->|"a #38; b"| n0
  n4 -->|"on"| n5
  n5 --> n6
"##;

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_in_a_branch_is_lit_up_to_there() {
    let graph = graph();
    let process = Process::start(&World::new(), &Arc::new(Memory::default()), &graph).await;
    let run = process.run(&graph, &Log::default()).await;
    process.until(run, Status::Waiting).await;
    let loaded = process.store.load(run).await.unwrap().unwrap();
    let lit = Lit::new(&process.events(run).await, &graph.threads(&loaded.checkpoint.unwrap()).unwrap());
    assert_eq!(graph.mermaid(&lit), MERMAID);
    let svg = graph.svg(&lit);
    assert!(svg.contains("Visited: look, fork, left. Now at: right, join."), "{svg}");
    let question = process.store.questions(run).await.unwrap().remove(0);
    process.engine.answer(answer(run, &question, json!(1))).await.unwrap();
    process.until(run, Status::Done).await;
    let loaded = process.store.load(run).await.unwrap().unwrap();
    let lit = Lit::new(&process.events(run).await, &graph.threads(&loaded.checkpoint.unwrap()).unwrap());
    let svg = graph.svg(&lit);
    assert!(!svg.contains("current") && svg.contains("<circle class=\"end visited\""), "{svg}");
    assert!(graph.mermaid(&lit).contains("n5 ==> n6"), "the way to the end is part of the path");
}

const SVG: &str = r#"<svg xmlns="http://www.w3.org/2000/svg" class="graph" viewBox="0 0 208 160" width="208" height="160" role="img" aria-labelledby="graph-title graph-desc">
<title id="graph-title">short</title>
<desc id="graph-desc">2 nodes.</desc>
<path class="way" d="M104 44C104 58 104 58 104 72"/>
<path class="way" d="M104 112C104 126 104 126 104 140"/>
<g class="node ahead"><title>one</title><rect x="24" y="4" width="160" height="40" rx="8"/><text x="104" y="24" text-anchor="middle" dominant-baseline="central">one</text></g>
<g class="node ahead"><title>a name that is longer than a node</title><rect x="24" y="72" width="160" height="40" rx="8"/><text x="104" y="92" text-anchor="middle" dominant-baseline="central">a name that is long…</text></g>
<circle class="end" cx="104" cy="148" r="8"/>
</svg>
"#;

#[test]
fn a_small_graph_is_drawn_as_it_always_was() {
    let graph = Graph::<Log, Note>::builder("short")
        .node_with("one", "one", note)
        .node_with("a name that is longer than a node", "two", note)
        .edge("one", "a name that is longer than a node")
        .end("a name that is longer than a node")
        .build()
        .unwrap();
    assert_eq!(graph.svg(&Lit::default()), SVG);
}

#[test]
fn names_are_text_and_nothing_brings_a_style_of_its_own() {
    let svg = graph().svg(&Lit::default());
    assert!(!svg.contains("<script") && !svg.contains("</script") && !svg.contains("<picture"), "{svg}");
    assert!(svg.contains("&lt;/script&gt;&quot;&#39;&amp;") && svg.contains("a &amp; b"), "{svg}");
    assert!(!svg.contains("style"), "{svg}");
    let opened = svg.matches("<g ").count();
    assert_eq!((opened, svg.matches("</g>").count()), (6, 6));
}

#[test]
fn a_way_back_goes_up_and_every_other_way_goes_down() {
    let svg = graph().svg(&Lit::default());
    let place = |name: &str| {
        let at = svg.find(&format!("<title>{name}</title><rect x=\"")).unwrap();
        let rest = &svg[at..];
        let y = rest.split("y=\"").nth(1).unwrap().split('"').next().unwrap();
        y.parse::<u32>().unwrap()
    };
    assert!(place("look") < place("fork") && place("fork") < place("left"));
    assert_eq!(place("left"), place("right"));
    assert!(place("right") < place("join"));
}
