//! Pieces of the frame around every page.

use super::{FORCED, case, name_of, row, section};
use crate::components::icon::{icon, small_icon};
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    section("Frame", "shell.css", frame())
}

fn frame() -> impl IntoView {
    let link = |state: &'static str| {
        view! { <a class="link" href="#main" data-force=state>{icon("model")}<span class="name">{name_of(state)}</span></a> }
    };
    row(view! {
        {case("entries", view! {
            <div class="narrow">
                {FORCED.map(link).into_iter().collect_view()}
                <a class="link" href="#main" aria-current="page">{icon("chat")}<span class="name">"this page"</span></a>
                <a class="link" href="#main"><span class="name">"A conversation whose title is too long"</span><span class="dot" role="img" aria-label="answering"></span></a>
            </div>
        })}
        {case("the person", view! {
            <div class="narrow">
                <button class="person" type="button">
                    <span class="face" aria-hidden="true">"A"</span><span class="name">"Ana Lima"</span>{small_icon("updown")}
                </button>
            </div>
        })}
    })
}
