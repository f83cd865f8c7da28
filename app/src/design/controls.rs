//! What is pressed and what is filled in.

use super::{FORCED, case, name_of, row, section};
use crate::components::icon::icon;
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    view! { {section("Buttons", "button.css", buttons())}{section("Fields", "field.css", fields())} }
}

fn buttons() -> impl IntoView {
    const KINDS: [(&str, &str); 5] = [
        ("btn primary", "Save changes"),
        ("btn", "Connect"),
        ("btn quiet", "Cancel"),
        ("btn danger", "Delete"),
        ("btn danger filled", "Delete for good"),
    ];
    let of = |(class, words): (&'static str, &'static str)| {
        let forced = FORCED.map(|state| {
            case(
                name_of(state),
                view! { <button class=class type="button" data-force=state>{words}</button> },
            )
        });
        row(view! {
            {forced.into_iter().collect_view()}
            {case("disabled", view! { <button class=class type="button" disabled>{words}</button> })}
            {case("busy", view! { <button class=class type="button" aria-busy="true">{words}</button> })}
        })
    };
    view! {
        {KINDS.map(of).into_iter().collect_view()}
        {row(view! {
            {case("with an icon", view! { <button class="btn" type="button">{icon("again")}"Look again"</button> })}
            {case("small", view! { <button class="btn small" type="button">"Chat with it"</button> })}
            {case("icon alone", view! { <button class="btn quiet icon-only" type="button" aria-label="Settings">{icon("settings")}</button> })}
            {case("small icon", view! { <button class="btn quiet icon-only small" type="button" aria-label="Copy">{icon("copy")}</button> })}
            {case("link, disabled", view! { <a class="btn" role="link" aria-disabled="true">"Not yet"</a> })}
        })}
        <button class="btn primary wide" type="button">{icon("key")}"As wide as its place"</button>
    }
}

fn fields() -> impl IntoView {
    let inputs = FORCED[..3].iter().map(|state| input(name_of(state), state, false, None)).collect_view();
    view! {
        <div class="columns">
            {inputs}
            {input("disabled", "", true, None)}
            {input("error", "", false, Some("That owner code is not valid. Make a new one with: vobio setup-code"))}
            {input("error, focus", "focus-visible", false, Some("Temperature goes from 0 to 2."))}
            <div class="field">
                <label for="f-read">"Read only"</label>
                <input class="input mono" id="f-read" value="XXXX-XXXX-XXXX-XXXX" readonly />
            </div>
            <div class="field">
                <label for="f-number">"Number "<span class="optional">"(optional)"</span></label>
                <input class="input number" id="f-number" inputmode="numeric" placeholder="1024" />
            </div>
            {select("rest", "", false)}
            {select("focus", "focus-visible", false)}
            {select("disabled", "", true)}
            {area("rest", "", "")}
            {area("focus", "focus-visible", "It grows with what is written in it, line by line, up to twenty lines; only then does it scroll. Until then the page is as long as the text.")}
            <div class="field" aria-busy="true">
                <label for="f-busy">"Busy"</label>
                <input class="input" id="f-busy" value="https://models.example/v1" readonly />
                <p class="hint">"Asking the server which models it has…"</p>
            </div>
            <div class="field">
                <div class="pair"><label for="f-slider">"How much it matters"</label><output for="f-slider">"60 %"</output></div>
                <input class="slider" id="f-slider" type="range" value="60" />
                <p class="ends" aria-hidden="true"><span>"little"</span><span>"a lot"</span></p>
            </div>
        </div>
    }
}

fn input(
    state: &'static str,
    forced: &'static str,
    disabled: bool,
    error: Option<&'static str>,
) -> impl IntoView {
    let id = format!("f-{}", state.replace(", ", "-"));
    let (hint, wrong) = (format!("{id}-hint"), format!("{id}-error"));
    view! {
        <div class="field">
            <label for=id.clone()>{state}</label>
            <input class="input" id=id data-force=forced value="Ana Lima" disabled=disabled aria-invalid=error.map(|_| "true")
                aria-describedby=format!("{hint} {wrong}") />
            <p class="hint" id=hint>"As others read it."</p>
            {error.map(|error| view! { <p class="error" id=wrong>{icon("error")}{error}</p> })}
        </div>
    }
}

fn select(state: &'static str, forced: &'static str, disabled: bool) -> impl IntoView {
    let id = format!("f-select-{state}");
    view! {
        <div class="field">
            <label for=id.clone()>{format!("Select, {state}")}</label>
            <select class="select" id=id data-force=forced disabled=disabled>
                <option>"SmolLM2 135M, the built-in one with a name that is longer than its place"</option>
            </select>
        </div>
    }
}

fn area(state: &'static str, forced: &'static str, text: &'static str) -> impl IntoView {
    let id = format!("f-area-{state}");
    view! {
        <div class="field">
            <label for=id.clone()>{format!("Text area, {state}")}</label>
            <textarea class="area" id=id rows="3" data-force=forced placeholder="You answer in plain words.">{text}</textarea>
        </div>
    }
}
