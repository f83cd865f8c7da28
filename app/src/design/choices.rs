//! Switch, segmented choice, chip.

use super::{FORCED, case, name_of, row, section};
use crate::components::icon::small_icon;
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Switch", "choice.css", switches())}
        {section("Segmented choice", "choice.css", segmented())}
        {section("Chip", "choice.css", chips())}
    }
}

fn switches() -> impl IntoView {
    let one = |name: &'static str, forced: &'static str, checked: bool, disabled: bool| {
        view! {
            <label class="switch">
                <input type="checkbox" role="switch" checked=checked disabled=disabled data-force=forced />{name}
            </label>
        }
    };
    let forced =
        |checked| FORCED.map(|state| one(name_of(state), state, checked, false)).into_iter().collect_view();
    view! {
        {row(view! { {forced(false)}{one("disabled", "", false, true)} })}
        {row(view! { {forced(true)}{one("disabled", "", true, true)} })}
        {row(view! {
            <label class="switch"><input type="checkbox" role="switch" aria-busy="true" checked />"busy"</label>
            <label class="switch"><input type="checkbox" role="switch" aria-invalid="true" aria-describedby="switch-error" />"error"</label>
            <p class="error" id="switch-error">"Only an administrator may change this."</p>
        })}
    }
}

fn segmented() -> impl IntoView {
    let group = |state: &'static str, forced: &'static str, disabled: bool| {
        let option = move |words: &'static str, at: usize| {
            view! {
                <label>
                    <input type="radio" name=format!("segmented-{state}") checked=at == 0 disabled=disabled data-force=if at == 1 { forced } else { "" } />
                    <span>{words}</span>
                </label>
            }
        };
        case(
            state,
            view! {
                <fieldset class="segmented">
                    <legend class="sr">{format!("Theme, {state}")}</legend>
                    {option("Auto", 0)}{option("Light", 1)}{option("Dark", 2)}
                </fieldset>
            },
        )
    };
    let forced = FORCED.map(|state| group(name_of(state), state, false)).into_iter().collect_view();
    row(view! { {forced}{group("disabled", "", true)} })
}

fn chips() -> impl IntoView {
    let forced = FORCED
        .map(|state| {
            case(
                name_of(state),
                view! { <button class="chip" type="button" data-force=state>"Local"</button> },
            )
        })
        .into_iter()
        .collect_view();
    row(view! {
        {case("says something", view! { <span class="chip">{small_icon("chip")}"On this machine"</span> })}
        {forced}
        {case("chosen", view! { <button class="chip" type="button" aria-pressed="true">{small_icon("check")}"Local"</button> })}
        {case("disabled", view! { <button class="chip" type="button" disabled>"Local"</button> })}
        {case("busy", view! { <button class="chip" type="button" aria-busy="true">"Local"</button> })}
        {case("too long", view! { <span class="chip"><span class="name">"A name that is longer than a chip should ever be, and then some"</span></span> })}
    })
}
