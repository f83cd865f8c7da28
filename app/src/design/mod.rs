//! `/design`, in dev builds alone: every component of style/ in each of its states, light and dark. docs/look.md says how it is used.
//!
//! A component is shown as a page writes it: what differs from page to page is copied from here. Never here: a rule of
//! style/, but for the few of style/design.css that lay the gallery out.

mod choices;
mod controls;
mod conversation;
mod floats;
mod foundations;
mod frames;
mod runs;
mod surfaces;
mod telling;

use crate::{components::frame::theme_choice, islands::Live, shell::document};
use leptos::{config::LeptosOptions, nonce::use_nonce, prelude::*};
use leptos_meta::{Title, provide_meta_context};

/// Gives each rule for a state a twin for elements that say `data-force="STATE"`.
const FORCE: &str = include_str!("force.js");

/// The states that a pointer or a key brings about, as `data-force` names them.
const FORCED: [&str; 4] = ["", "hover", "focus-visible", "hover active"];

/// The document of the gallery.
pub fn gallery(options: LeptosOptions) -> impl IntoView {
    provide_meta_context();
    let nonce = use_nonce().map(|nonce| nonce.to_string());
    let body = view! {
        <Title text="Components · Vobio" />
        <a class="skip" href="#main">"Skip to the components"</a>
        <main class="gallery" id="main">
            <header>
                <h1>"Components"</h1>
                {theme_choice()}
            </header>
            {foundations::all()}
            {controls::all()}
            {choices::all()}
            {surfaces::all()}
            {floats::all()}
            {telling::all()}
            {conversation::all()}
            {runs::all()}
            {frames::all()}
        </main>
        <Live />
        <script nonce=nonce inner_html=FORCE></script>
    };
    document(options, body)
}

/// A heading, the file that the rules are in, and what there is to see.
fn section(title: &'static str, file: &'static str, shown: impl IntoView + 'static) -> impl IntoView {
    view! {
        <section class="section">
            <h2>{title}</h2>
            <p class="small">{format!("style/{file}")}</p>
            <div class="shown">{shown}</div>
        </section>
    }
}

/// Things beside one another.
fn row(shown: impl IntoView + 'static) -> impl IntoView {
    view! { <div class="beside">{shown}</div> }
}

/// One thing over the name of its state.
fn case(state: &'static str, shown: impl IntoView + 'static) -> impl IntoView {
    view! { <div class="case">{shown}<p class="small muted">{state}</p></div> }
}

/// The name of a forced state.
fn name_of(forced: &str) -> &'static str {
    match forced {
        "hover" => "hover",
        "focus-visible" => "focus",
        "hover active" => "pressed",
        _ => "rest",
    }
}
