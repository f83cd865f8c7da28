//! What tells: notice, progress, skeleton, empty state, money, run state, risk.

use super::{case, row, section};
use crate::components::{
    icon::{DOORWAY, LAMP, icon},
    notice::{notice, notice_with},
    once::shown_once,
};
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Notice", "status.css", notices())}
        {section("Shown once", "status.css, code.css", shown_once(
            view! { <b>"The link is ready. "</b>"It is shown this once and kept nowhere." },
            "Link of the invitation",
            "https://studio.example/join#AAAA-BBBB-CCCC-DDDD".to_owned(),
        ))}
        {section("Progress and skeleton", "status.css", progress())}
        {section("Empty state", "status.css", empty())}
        {section("Money, run state, risk", "status.css", marks())}
    }
}

fn notices() -> impl IntoView {
    let go_on = || view! { <button class="btn small" type="button">"Continue"</button> };
    view! {
        {notice_with("", "stop", view! { <b>"This answer was stopped."</b>" What was written is kept." }, go_on())}
        {notice("info", "info", "The studio was updated while you were away.")}
        {notice("good", "good", view! { <b>"Connected."</b>" Twelve models can answer now." })}
        {notice_with("warn", "warn", view! { <b>"The studio went down in the middle of this answer."</b>" What was written is kept." }, go_on())}
        {notice_with("danger", "error", view! { <b>"The model did not finish."</b>" The server closed the connection." }, go_on())}
    }
}

fn progress() -> impl IntoView {
    view! {
        <div class="columns">
            <div class="progress">
                <p class="pair"><span id="p-known">"Fetching the weights"</span><span>"58 of 93 MB"</span></p>
                <progress max="93" value="58" aria-labelledby="p-known"></progress>
            </div>
            <div class="progress">
                <p class="pair"><span id="p-unknown">"Loading the model"</span></p>
                <progress aria-labelledby="p-unknown"></progress>
            </div>
            <div class="skeleton" role="img" aria-label="Loading"><i></i><i></i><i></i></div>
        </div>
    }
}

fn empty() -> impl IntoView {
    view! {
        <div class="columns">
            <div class="empty">
                <span class="contents" inner_html=LAMP></span>
                <h3>"No conversations yet"</h3>
                <p>"What you ask is kept here, for you alone."</p>
                <div class="actions"><button class="btn primary" type="button">{icon("plus")}"New chat"</button></div>
            </div>
            <div class="empty">
                <span class="contents" inner_html=DOORWAY></span>
                <h3>"There is nothing here"</h3>
                <p>"It may have been deleted, or the address is wrong."</p>
                <div class="actions"><button class="btn" type="button">"All conversations"</button></div>
            </div>
        </div>
    }
}

fn marks() -> impl IntoView {
    const STATES: [(&str, &str); 6] = [
        ("queued", "Waiting"),
        ("running", "Running"),
        ("finished", "Finished"),
        ("stopped", "Stopped"),
        ("failed", "Failed"),
        ("interrupted", "Interrupted"),
    ];
    const RISKS: [(&str, &str); 4] = [
        ("low", "Low risk"),
        ("medium", "Medium risk"),
        ("high", "High risk"),
        ("critical", "Critical risk"),
    ];
    view! {
        {row(view! {
            {case("exact", view! { <span class="money">"$0.0004"</span> })}
            {case("estimate", view! { <span class="money estimate">"$0.002"</span> })}
            {case("of a budget", view! {
                <a class="cost" href="#main">
                    <span><b class="money">"$0.12"</b>" of $2 this hour"</span>
                    <meter aria-label="Spent this hour" min="0" max="2" low="1.5" high="1.9" optimum="0" value="0.12"></meter>
                </a>
            })}
            {case("nearly spent", view! {
                <a class="cost" href="#main">
                    <span><b class="money">"$1.71"</b>" of $2 this hour"</span>
                    <meter aria-label="Spent this hour" min="0" max="2" low="1.5" high="1.9" optimum="0" value="1.71"></meter>
                </a>
            })}
        })}
        {row(STATES.map(|(state, word)| view! { <span class="state" data-state=state>{word}</span> }).into_iter().collect_view())}
        {row(RISKS.map(|(risk, word)| view! { <span class="risk" data-risk=risk>{word}</span> }).into_iter().collect_view())}
    }
}
