//! What may be done about a run, and what it means.

use crate::{
    api::once,
    components::icon::{icon, small_icon},
};
use api_types::RunStatus;
use leptos::prelude::*;
use studio::{InTheWay, RunView, ports::store::ListedAnswer};

/// Of one's own run: what can be done now.
pub(super) fn actions(view: &RunView) -> AnyView {
    let id = view.listed.run.id.to_string();
    let Some(answer) = view.listed.answer.as_ref().filter(|_| view.is_own) else {
        return ().into_any();
    };
    match view.listed.run.status {
        RunStatus::Running | RunStatus::Waiting | RunStatus::Sleeping => view! {
            <section class="section">
                <h2 class="sr">"What you can do"</h2>
                {one("/api/run/stop", &id, "Stop", "stop", None, "What is written so far is kept, and what it used is settled.")}
            </section>
        }
        .into_any(),
        RunStatus::NeedsAttention => attention(view, answer, &id).into_any(),
        // What it is continued by is said with its status.
        RunStatus::Failed if view.listed.run.is_continued() => ().into_any(),
        RunStatus::Failed if view.listed.run.revision > 0 && view.in_the_way.is_some() => view! {
            <section class="section"><h2 class="sr">"What you can do"</h2><p>{view.in_the_way.map(|why| in_words(why, answer))}</p></section>
        }
        .into_any(),
        RunStatus::Failed if view.listed.run.revision > 0 => view! {
            <section class="section">
                <h2 class="sr">"What you can do"</h2>
                {one("/api/run/retry", &id, "Try again", "again", once::new_key(), "The model is asked once more, in this run. What it wrote before stays, and it goes on after it.")}
            </section>
        }
        .into_any(),
        _ => ().into_any(),
    }
}

/// Why it cannot be written on, and where it goes on.
fn in_words(why: InTheWay, answer: &ListedAnswer) -> AnyView {
    let chat = format!("/chat/{}", answer.conversation);
    match why {
        InTheWay::Binned => "Its chat is in the bin; restore it first.".into_any(),
        InTheWay::Continued(run) => {
            view! { "Its answer goes on in "<a href=format!("/runs/{run}")>"a later run"</a>"." }.into_any()
        }
        InTheWay::WentOn => {
            view! { "The chat went on after this answer; ask "<a href=chat>"there"</a>" for what is missing." }.into_any()
        }
        InTheWay::Busy => {
            view! { "Another answer is being written in "<a href=chat>"its chat"</a>"; wait until it is over." }.into_any()
        }
    }
}

/// The three ways out of not knowing; one, where its answer cannot be written on.
fn attention(view: &RunView, answer: &ListedAnswer, id: &str) -> impl IntoView + use<> {
    let model = answer.model.to_string();
    let can_go_on = view.in_the_way.is_none();
    let key = view.unknown.as_ref().map(|unknown| unknown.key.clone()).unwrap_or_default();
    let decide = |verdict: &'static str, name: &'static str, pictured: &'static str, words: &'static str| {
        view! {
            <li class="row decision">
                <div class="what"><p class="about">{words}</p></div>
                <form method="post" action="/api/run/decide">
                    <input type="hidden" name="run" value=id.to_owned() />
                    <input type="hidden" name="key" value=key.clone() />
                    <button class="btn small" type="submit" name="verdict" value=verdict>{small_icon(pictured)}{name}</button>
                </form>
            </li>
        }
    };
    view! {
        <section class="section">
            <h2>"This run needs your word"</h2>
            <p>
                {format!("{model} was asked, and the studio went down before the answer was whole. Whether the model finished it, and \
                          whether it was paid for, nobody here can know. The studio never asks a second time by itself: that could cost \
                          twice. What had come in is kept in the chat.")}
            </p>
            {view.in_the_way.map(|why| view! { <p>{in_words(why, answer)}</p> })}
            <ul class="rows">
                {can_go_on.then(|| decide("ask_again", "Ask again", "again", "The model goes on after what there is. If it is a paid one, this call is paid besides the first."))}
                {can_go_on.then(|| decide("keep", "Keep what is there", "check", "What was written is the answer, and the run is done. Nothing is asked."))}
                {decide("give_up", "Give up", "close", if can_go_on {
                    "The answer stays broken off, and the run has failed. You can still continue it in the chat."
                } else {
                    "The answer stays as it is, and the run has failed."
                })}
            </ul>
        </section>
    }
}

fn one(
    action: &'static str,
    id: &str,
    name: &'static str,
    pictured: &'static str,
    key: Option<String>,
    words: &'static str,
) -> impl IntoView + use<> {
    let back = format!("/runs/{id}");
    view! {
        <form class="stack tight" method="post" action=action>
            <input type="hidden" name="run" value=id.to_owned() />
            <input type="hidden" name="back" value=back />
            {once::field(key)}
            <div class="actions"><button class="btn" type="submit">{icon(pictured)}{name}</button></div>
            <p class="hint">{words}</p>
        </form>
    }
}
