//! `/runs/:id`: one run, looked into.

use super::actions::actions;
use crate::islands::Runs;
use crate::{
    api::{context, form, once},
    components::{
        frame::{Here, drawer, frame},
        icon::small_icon,
        notice::{connection, notice, refused},
        run::{node_words, sentence, status, subject, took},
        toast, when,
    },
};
use api_types::{Micros, Problem, RunId, RunStatus};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use studio::{InTheWay, RunStep, RunView, ports::Timestamp};

/// The page; `?at=` names the checkpoint whose state is shown.
pub(crate) fn run() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<RunId>().ok());
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let is_everyone = super::is_everyone(&by)?;
        let id = id.ok_or(Problem::NotFound)?;
        let at = context::asked("at").map(|text| text.parse().map_err(|_| Problem::NotFound)).transpose()?;
        let studio = context::studio()?;
        let seen = match is_everyone {
            true => studio.organization_run(&by.admin()?, id, at).await?,
            false => studio.run_view(&by, id, at).await?,
        };
        let data = crate::pages::frame_data(by).await?;
        let now = data.now;
        let of = if is_everyone { "&of=everyone" } else { "" };
        let last = seen.events.last().map_or(0, |event| event.seq);
        let stream = format!("/api/events?run={id}&after={last}{of}");
        let title = subject(&seen.listed, seen.is_own);
        let back = if is_everyone { "/runs?of=everyone" } else { "/runs" };
        let form = form::refused_form();
        let saved = (context::asked("saved").is_some() && form.is_none()).then(toast::saved);
        let main = view! {
            <main class="main" id="main">
                <header class="head">{drawer()}<h1>{title.clone()}</h1></header>
                <div class="page">
                    <nav class="parts-above" aria-label="Back"><a class="btn quiet small" href=back>{small_icon("left")}"Runs"</a></nav>
                    {form.as_ref().map(|form| refused(&form.problem))}
                    {connection()}
                    <div class="stack far" id="run" data-runs=stream>
                        {facts(&seen, now)}
                        {actions(&seen)}
                        {graph(&seen)}
                        {steps(&seen.steps, seen.listed.run.status.is_over())}
                        {checkpoints(&seen, is_everyone)}
                        {events(&seen)}
                    </div>
                    <Runs />
                </div>
            </main>
            {toast::toasts(saved)}
        };
        Ok(view! { <Title text=title />{frame(data, Here::Runs, main)} }.into_any())
    })
}

fn facts(seen: &RunView, now: Timestamp) -> impl IntoView + use<> {
    let run = &seen.listed.run;
    let until = if run.status.is_active() { now } else { run.changed_at };
    let unread = seen.unread.clone();
    let reason = run.reason.clone().filter(|_| run.status == RunStatus::Failed && !run.is_continued());
    let continued = run.is_continued().then(|| {
        let by = match seen.in_the_way {
            Some(InTheWay::Continued(by)) => {
                view! { <a href=format!("/runs/{by}")>"another run"</a> }.into_any()
            }
            _ => "another run".into_any(),
        };
        notice("", "info", view! { <b>"Continued. "</b>"Its answer goes on in "{by}"." })
    });
    // Tokens and cost are settled at the end of a run.
    let unknown = |words: &str| if run.status.is_over() { words } else { "not settled yet" }.to_owned();
    let answer = seen.listed.answer.as_ref().map(|answer| {
        let tokens = match (answer.usage.prompt_tokens, answer.usage.completion_tokens) {
            (None, None) => unknown("not said by the model"),
            (read, written) => format!("{} read, {} written", known(read), known(written)),
        };
        // A price is of no use where the model did not say of what.
        let why = match (answer.usage.prompt_tokens, answer.usage.completion_tokens) {
            (Some(_), Some(_)) => "no price is known",
            _ => "not known: the model did not say what it used",
        };
        let cost = answer.cost_micros.map_or_else(|| unknown(why), |micros| Micros(micros).to_string());
        let chat = seen.is_own.then(|| match answer.is_binned {
            true => view! { <dt>"Chat"</dt><dd>"in the bin"</dd> }.into_any(),
            false => view! { <dt>"Chat"</dt><dd><a href=format!("/chat/{}", answer.conversation)>"Open it"</a></dd> }.into_any(),
        });
        view! {
            <dt>"Model"</dt><dd>{answer.model.to_string()}</dd>
            <dt>"Tokens"</dt><dd>{tokens}</dd>
            <dt>"Cost"</dt><dd>{cost}</dd>
            {chat}
        }
    });
    let forked = run.forked_from.map(|(from, revision)| {
        view! { <dt>"Started from"</dt><dd>{format!("checkpoint {revision} of ")}<a href=format!("/runs/{from}")>"another run"</a></dd> }
    });
    let (id, owner) = (run.id.to_string(), seen.listed.owner_name.clone());
    view! {
        <section class="section">
            <h2 class="sr">"What it is"</h2>
            {reason.map(|reason| notice("danger", "error", view! { <b>"It failed. "</b>{reason} }))}
            {unread.map(|what| {
                let words = format!("{what}. What can be read is below. Its answer, as far as it was kept, is in its chat; go on there.");
                notice("danger", "error", view! { <b>"Something that was kept of this run cannot be read: "</b>{words} })
            })}
            {continued}
            <dl class="facts">
                <dt>"Status"</dt><dd data-status tabindex="-1">{status(run)}</dd>
                {(!seen.is_own).then(|| view! { <dt>"Whose"</dt><dd>{owner}</dd> })}
                <dt>"Opened"</dt><dd>{when::moment(run.opened_at, now)}</dd>
                <dt>"Took"</dt><dd class="num">{took(until.since(run.opened_at))}</dd>
                {answer}
                {forked}
                <dt>"Run"</dt><dd><code>{id}</code></dd>
            </dl>
        </section>
    }
}

fn known(tokens: Option<u32>) -> String {
    tokens.map_or_else(|| "?".to_owned(), |tokens| studio::grouped(tokens as usize))
}

fn graph(seen: &RunView) -> AnyView {
    match seen.graph.clone() {
        None if seen.listed.run.revision == 0 => {
            view! { <p>"This run is from before the studio kept the steps of runs."</p> }.into_any()
        }
        None => ().into_any(),
        Some(svg) => view! {
            <section class="section">
                <h2>"The way it took"</h2>
                {graph_box(svg)}
            </section>
        }
        .into_any(),
    }
}

/// A graph as SVG, in a box of its own where it is wider than the page.
pub(crate) fn graph_box(svg: String) -> impl IntoView {
    view! { <div class="graph-box" tabindex="0" role="group" aria-label="The graph of the run" inner_html=svg></div> }
}

/// The steps of a run; nothing where none were kept.
pub(crate) fn steps(steps: &[RunStep], is_over: bool) -> Option<impl IntoView + use<>> {
    let rows = steps.iter().map(|of| step(of, is_over)).collect_view();
    (!steps.is_empty()).then(|| {
        view! {
            <section class="section">
                <h2>"Steps"</h2>
                <div class="table-wrap as-cards">
                    <table class="table" role="table">
                        <thead><tr role="row"><th scope="col" role="columnheader">"Step"</th><th scope="col" role="columnheader">"What"</th><th class="number" scope="col" role="columnheader">"Took"</th></tr></thead>
                        <tbody role="rowgroup">{rows}</tbody>
                    </table>
                </div>
            </section>
        }
    })
}

fn step(step: &RunStep, is_over: bool) -> impl IntoView + use<> {
    let took = step.to.map_or_else(
        || if is_over { "ended here" } else { "not over" }.to_owned(),
        |to| took(to.since(step.from)),
    );
    let effects = step
        .effects
        .iter()
        .map(|(name, _, word)| {
            format!(" ({name}: {})", if word == "due" { "may be called again" } else { word })
        })
        .collect::<String>();
    view! {
        <tr role="row">
            <th scope="row" role="rowheader"><code>{step.node.clone()}</code></th>
            <td role="cell" data-label="What"><span>{node_words(&step.node)}{effects}</span></td>
            <td class="number" role="cell" data-label="Took">{took}</td>
        </tr>
    }
}

fn checkpoints(seen: &RunView, is_everyone: bool) -> Option<impl IntoView + use<>> {
    let (shown, state) = seen.state.clone()?;
    let id = seen.listed.run.id;
    let of = if is_everyone { "&of=everyone" } else { "" };
    let links = seen
        .commits
        .iter()
        .filter(|commit| commit.has_state)
        .map(|commit| {
            let (number, status) = (commit.revision, commit.status.as_str().replace('_', " "));
            let current = (number == shown).then_some("true");
            view! {
                <a class="tab" href=format!("/runs/{id}?at={number}{of}#state") aria-current=current>{format!("{number}: {status}")}</a>
            }
        })
        .collect_view();
    // From before the model was asked there is something to do again; later there is not.
    let answer = seen.listed.answer.as_ref().filter(|_| seen.is_own && state.contains("\"outcome\": null"));
    let why_not = answer.and_then(|answer| match seen.listed.run.status {
        _ if answer.is_binned => {
            Some("The chat is in the bin. Restore it, and a new run can start from here.")
        }
        RunStatus::Running | RunStatus::Waiting | RunStatus::Sleeping => {
            Some("A new run can start from here once this one is over: a chat has one answer at a time.")
        }
        _ => None,
    });
    let can_start = answer.is_some() && why_not.is_none();
    Some(view! {
        <section class="section" id="state">
            <h2>"State at each checkpoint"</h2>
            <nav class="tabs" aria-label="Checkpoints">{links}</nav>
            <div class="stack">
                <pre class="state-json" tabindex="0" aria-label=format!("State at checkpoint {shown}")><code>{state}</code></pre>
                {why_not.map(|why| view! { <p class="hint">{why}</p> })}
                {can_start.then(|| view! {
                    <form class="stack tight" method="post" action="/api/run/fork">
                        <input type="hidden" name="run" value=id.to_string() />
                        <input type="hidden" name="revision" value=shown.to_string() />
                        {once::hidden()}
                        <div class="actions"><button class="btn" type="submit">{small_icon("again")}"Start a new run from here"</button></div>
                        <p class="hint">"The same question is asked again with these settings. Its answer stands beside this one in the chat."</p>
                    </form>
                })}
            </div>
        </section>
    })
}

fn events(seen: &RunView) -> Option<impl IntoView + use<>> {
    let first = seen.listed.run.opened_at;
    let rows = seen
        .events
        .iter()
        .map(|event| {
            let after = took(Timestamp(event.at.0).since(first));
            view! { <li value=event.seq.to_string()>{sentence(event)}<span class="about">" · after "<span class="num">{after}</span></span></li> }
        })
        .collect_view();
    (!seen.events.is_empty()).then(|| {
        view! {
            <section class="section">
                <h2>"Events"</h2>
                <details>
                    <summary>{format!("{} events, in the order in which they were kept", seen.events.len())}</summary>
                    <ol class="events">{rows}</ol>
                </details>
            </section>
        }
    })
}
