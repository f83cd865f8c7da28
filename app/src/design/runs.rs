//! Runs: rows of their list, decisions, the lit graph, steps, state at a checkpoint, events.

use super::{case, row, section};
use crate::{
    components::icon::small_icon,
    pages::runs::{graph_box, steps},
};
use leptos::prelude::*;
use studio::{RunStep, ports::Timestamp};

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Rows of runs and their filters", "surface.css, shell.css", list())}
        {section("What a person decides about a run", "surface.css", decisions())}
        {section("The graph of a run", "surface.css", graphs())}
        {section("Steps, state, events", "surface.css", inside())}
    }
}

fn list() -> impl IntoView {
    const RUNS: [(&str, &str, &str, &str); 5] = [
        ("A letter to the landlord", "mock/lorem · just now · 4 s", "running", "Running"),
        (
            "Explain interest to a ten-year-old",
            "mock/lorem · 2 minutes ago · 12 s",
            "interrupted",
            "Needs attention",
        ),
        (
            "Names for a sailing boat, short ones that can be called across the water in a storm and written on a small stern",
            "mock/lorem · 2 minutes ago · 1 min 5 s · 1,204 tokens · $0.00115",
            "stopped",
            "Stopped",
        ),
        ("What to see in Porto on a rainy day", "mock/lorem · 2 minutes ago · 5 ms", "failed", "Failed"),
        (
            "Plan a garden of four beds",
            "mock/lorem · 2 minutes ago · 8 s · 131 tokens · $0.001325",
            "finished",
            "Done",
        ),
    ];
    view! {
        <nav class="tabs" aria-label="Which runs">
            <a class="tab" href="#main" aria-current="page">"All"</a>
            <a class="tab" href="#main">"Active"</a>
            <a class="tab" href="#main" data-force="hover">"Needs attention (1)"</a>
            <a class="tab" href="#main" data-force="focus-visible">"Failed"</a>
            <a class="tab" href="#main">"Ended"</a>
        </nav>
        <ul class="rows">
            {RUNS.map(|(title, about, state, word)| view! {
                <li class="row">
                    <div class="what"><a class="name" href="#main">{title}</a><p class="about">{about}</p></div>
                    <span class="state" data-state=state>{word}</span>
                </li>
            }).into_iter().collect_view()}
        </ul>
    }
}

fn decisions() -> impl IntoView {
    const WAYS: [(&str, &str, &str); 2] = [
        (
            "again",
            "Ask again",
            "The model goes on after what there is. If it is a paid one, this call is paid besides the first.",
        ),
        (
            "check",
            "Keep what is there",
            "What was written is the answer, and the run is done. Nothing is asked.",
        ),
    ];
    view! {
        <ul class="rows">
            {WAYS.map(|(pictured, name, words)| view! {
                <li class="row decision">
                    <div class="what"><p class="about">{words}</p></div>
                    <button class="btn small" type="button">{small_icon(pictured)}{name}</button>
                </li>
            }).into_iter().collect_view()}
        </ul>
    }
}

/// As the engine draws it, of three nodes.
fn graph(nodes: [&'static str; 3], is_done: bool) -> String {
    let node = |(n, class): (usize, &str)| {
        let (name, y) = (["validate_input", "execute_operation", "settle_cost"][n], 4 + n * 68);
        format!(
            "<g class=\"node {class}\"><rect x=\"24\" y=\"{y}\" width=\"160\" height=\"40\" rx=\"8\"/>\
             <text x=\"104\" y=\"{}\" text-anchor=\"middle\" dominant-baseline=\"central\">{name}</text></g>",
            y + 20
        )
    };
    let way = |n: usize| {
        let is_lit =
            nodes[n] == "visited" && (is_done || nodes.get(n + 1).is_some_and(|next| *next != "ahead"));
        let (class, y) = (if is_lit { "way visited" } else { "way" }, 44 + n * 68);
        format!("<path class=\"{class}\" d=\"M104 {y}V{}\"/>", y + 28)
    };
    let end = if is_done { "end visited" } else { "end" };
    let drawn: String = (0..3).map(way).chain(nodes.into_iter().enumerate().map(node)).collect();
    format!(
        "<svg class=\"graph\" viewBox=\"0 0 208 228\" width=\"208\" height=\"228\" role=\"img\" aria-label=\"A graph\">{drawn}\
         <circle class=\"{end}\" cx=\"104\" cy=\"216\" r=\"8\"/></svg>"
    )
}

fn graphs() -> impl IntoView {
    row(view! {
        {case("done", graph_box(graph(["visited", "visited", "visited"], true)))}
        {case("at its second node", graph_box(graph(["visited", "current", "ahead"], false)))}
    })
}

fn inside() -> impl IntoView {
    let step = |node: &str, from: i64, to: Option<i64>, effects| RunStep {
        node: node.to_owned(),
        from: Timestamp(from),
        to: to.map(Timestamp),
        effects,
    };
    let shown = [
        step("validate_input", 0, Some(1_000), vec![]),
        step(
            "execute_operation",
            1_000,
            None,
            vec![("answer".to_owned(), Timestamp(1_000), "begun".to_owned())],
        ),
    ];
    view! {
        {steps(&shown, false)}
        <nav class="tabs" aria-label="Checkpoints">
            <a class="tab" href="#main">"1: running"</a>
            <a class="tab" href="#main" aria-current="true">"2: done"</a>
        </nav>
        <pre class="state-json" tabindex="0" aria-label="State at checkpoint 2"><code>"{\n  \"model\": \"mock/lorem\",\n  \"outcome\": null\n}"</code></pre>
        <details open>
            <summary>"2 events, in the order in which they were kept"</summary>
            <ol class="events">
                <li value="1">"Opened"<span class="about">" · after 0 ms"</span></li>
                <li value="2">"execute_operation: answer begins, with 2 h at most"<span class="about">" · after 1 ms"</span></li>
            </ol>
        </details>
    }
}
