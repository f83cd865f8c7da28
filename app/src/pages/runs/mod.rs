//! `/runs`: what the studio does for somebody, one operation after the other; for administrators, for everybody.

mod actions;
mod run;

use crate::islands::Runs;
use crate::{
    api::{Refused, context},
    components::{
        frame::{Here, frame, page as framed},
        icon::{LAMP, small_icon},
        notice::connection,
        parts::parts,
        run::{status, subject, took},
        when,
    },
};
use api_types::{Micros, Problem, RunId};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    RunFilter, RunPage, SignedIn,
    ports::{Timestamp, store::ListedRun},
};

pub(crate) use run::run;
// The gallery shows parts of the page.
#[cfg(debug_assertions)]
pub(crate) use run::{graph_box, steps};

/// The page.
pub(crate) fn runs() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let is_everyone = is_everyone(&by)?;
        let filter = match context::asked("show") {
            None => RunFilter::All,
            Some(word) => RunFilter::parse(&word).ok_or(Problem::NotFound)?,
        };
        let before =
            context::asked("before").map(|text| cursor(&text).ok_or(Problem::NotFound)).transpose()?;
        let studio = context::studio()?;
        let list = match is_everyone {
            true => studio.organization_runs(&by.admin()?, filter, before).await?,
            false => studio.runs(&by, filter, before).await?,
        };
        let attention = studio.runs_needing_attention(&by).await?;
        let data = super::frame_data(by.clone()).await?;
        let now = data.now;
        let intro = if is_everyone {
            "What the studio does for everybody. Whose words they are stays theirs: here are times, models and costs."
        } else {
            "Everything the studio does for you is a run. It outlives a crash, is done once, and can be looked into here."
        };
        let newest = before.map(|_| (address(filter, is_everyone, None), "Newest runs"));
        let older = list.next.map(|next| (address(filter, is_everyone, Some(next)), "Older runs"));
        let body = view! {
            <div class="intro"><p>{intro}</p></div>
            <nav class="tabs" aria-label="Which runs">{tabs(filter, is_everyone, attention)}</nav>
            {connection()}
            <div class="stack" id="runs" data-runs=stream(is_everyone, now)>
                {by.admin().is_ok().then(|| whose(filter, is_everyone))}
                {rows(list, filter, is_everyone, &by, now)}
                {parts("Parts of the list", newest, older)}
            </div>
            <Runs />
        };
        Ok(view! { <Title text="Runs" />{frame(data, Here::Runs, framed("Runs", body))} }.into_any())
    })
}

/// Whether those of everybody are asked for; only an administrator may.
fn is_everyone(by: &SignedIn) -> Result<bool, Refused> {
    match context::asked("of").as_deref() {
        None => Ok(false),
        Some("everyone") => {
            by.admin()?;
            Ok(true)
        }
        Some(_) => Err(Problem::NotFound.into()),
    }
}

/// The stream that tells of what happens in the runs of the list from now on.
fn stream(is_everyone: bool, now: Timestamp) -> String {
    let of = if is_everyone { "&of=everyone" } else { "" };
    format!("/api/events?only=runs&after={}{of}", now.0)
}

fn address(filter: RunFilter, is_everyone: bool, before: Option<(Timestamp, RunId)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if is_everyone {
        query.append_pair("of", "everyone");
    }
    if filter != RunFilter::All {
        query.append_pair("show", filter.as_str());
    }
    if let Some((at, id)) = before {
        query.append_pair("before", &format!("{}.{id}", at.0));
    }
    match query.finish().as_str() {
        "" => "/runs".to_owned(),
        query => format!("/runs?{query}"),
    }
}

/// `micros.id`, as the link to the next part has it.
fn cursor(text: &str) -> Option<(Timestamp, RunId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
}

fn tabs(chosen: RunFilter, is_everyone: bool, attention: u32) -> impl IntoView + use<> {
    RunFilter::ALL
        .into_iter()
        .map(|filter| {
            let words = match filter {
                RunFilter::All => "All".to_owned(),
                RunFilter::Active => "Active".to_owned(),
                RunFilter::Attention if attention > 0 && !is_everyone => {
                    format!("Needs attention ({attention})")
                }
                RunFilter::Attention => "Needs attention".to_owned(),
                RunFilter::Failed => "Failed".to_owned(),
                RunFilter::Ended => "Ended".to_owned(),
            };
            let current = (filter == chosen).then_some("page");
            view! { <a class="tab" href=address(filter, is_everyone, None) aria-current=current>{words}</a> }
        })
        .collect_view()
}

fn whose(filter: RunFilter, is_everyone: bool) -> impl IntoView + use<> {
    let (words, to) = if is_everyone { ("Only mine", false) } else { ("Of everybody", true) };
    view! { <nav aria-label="Whose runs"><a class="btn small" href=address(filter, to, None)>{small_icon("person")}{words}</a></nav> }
}

fn rows(page: RunPage, filter: RunFilter, is_everyone: bool, by: &SignedIn, now: Timestamp) -> AnyView {
    if page.runs.is_empty() {
        return none(filter, is_everyone).into_any();
    }
    let me = by.person();
    view! {
        <ul class="rows">{page.runs.iter().map(|listed| row(listed, listed.run.owned.owner == me, is_everyone, now)).collect_view()}</ul>
    }
    .into_any()
}

fn none(filter: RunFilter, is_everyone: bool) -> impl IntoView {
    let (head, words) = match filter {
        RunFilter::All if is_everyone => ("No runs yet", "Nobody has asked a model anything yet."),
        RunFilter::All => ("No runs yet", "A run begins with each message you send."),
        RunFilter::Active => ("Nothing is running", "What is being written, or waits, is here."),
        RunFilter::Attention => (
            "Nothing needs attention",
            "A run waits here when nobody knows whether something took place, as after a crash.",
        ),
        RunFilter::Failed => {
            ("Nothing failed", "Runs in which something went wrong are here, with the reason.")
        }
        RunFilter::Ended => {
            ("Nothing has ended yet", "Runs that came to their end or were stopped are here.")
        }
    };
    let start = filter == RunFilter::All && !is_everyone;
    view! {
        <div class="empty">
            {start.then(|| view! { <span class="contents" inner_html=LAMP></span> })}
            <h2>{head}</h2>
            <p>{words}</p>
            {start.then(|| view! { <div class="actions"><a class="btn primary" href="/chat">"New chat"</a></div> })}
        </div>
    }
}

fn row(listed: &ListedRun, is_own: bool, is_everyone: bool, now: Timestamp) -> impl IntoView + use<> {
    let run = &listed.run;
    let href =
        if is_everyone { format!("/runs/{}?of=everyone", run.id) } else { format!("/runs/{}", run.id) };
    let model = listed.answer.as_ref().map(|answer| format!("{} · ", answer.model));
    let until = if run.status.is_active() { now } else { run.changed_at };
    let took = took(until.since(run.opened_at));
    let tokens = listed.answer.as_ref().and_then(|answer| answer.usage.completion_tokens);
    let tokens = tokens.map(|tokens| format!(" · {} tokens", studio::grouped(tokens as usize)));
    let cost = listed.answer.as_ref().and_then(|answer| answer.cost_micros);
    let cost = cost.map(|micros| view! { " · "<span class="money">{Micros(micros).to_string()}</span> });
    view! {
        <li class="row">
            <div class="what">
                <a class="name" href=href>{subject(listed, is_own)}</a>
                <p class="about">{model}{when::moment(run.opened_at, now)}" · "<span class="num">{took}</span>{tokens}{cost}</p>
            </div>
            {status(run)}
        </li>
    }
}
