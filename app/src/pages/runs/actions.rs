//! What may be done about a run, and what it means.

use crate::{
    api::once,
    components::icon::{icon, small_icon},
};
use api_types::RunStatus;
use leptos::prelude::*;
use studio::{RunView, ports::store::ListedAnswer};

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

/// The three ways out of not knowing.
fn attention(view: &RunView, answer: &ListedAnswer, id: &str) -> impl IntoView + use<> {
    let model = answer.model.to_string();
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
            <ul class="rows">
                {decide("ask_again", "Ask again", "again", "The model goes on after what there is. If it is a paid one, this call is paid besides the first.")}
                {decide("keep", "Keep what is there", "check", "What was written is the answer, and the run is done. Nothing is asked.")}
                {decide("give_up", "Give up", "close", "The answer stays broken off, and the run has failed. You can still continue it in the chat.")}
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
