//! What floats: menu, popover, dialog, side sheet, toast. Each opens by its button; most also stand open here.

use super::{case, row, section};
use crate::components::icon::{icon, small_icon};
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Menu and popover", "float.css", menus())}
        {section("Dialog and side sheet", "float.css", dialogs())}
        {section("Toast", "float.css", toasts())}
    }
}

fn entries() -> impl IntoView {
    view! {
        <p class="heading">"Who answers"</p>
        <button type="button" aria-current="true">{icon("chip")}<span class="two">"SmolLM2 135M"<small>"Built in · private, free"</small></span>{small_icon("check")}</button>
        <button type="button" data-force="hover">{icon("cloud")}<span class="two">"A large one"<small>"per million tokens: reading $2.00, writing $8.00"</small></span></button>
        <button type="button" data-force="focus-visible">{icon("edit")}"Rename"</button>
        <hr />
        <button class="danger-item" type="button">{icon("trash")}"Delete"</button>
    }
}

fn menus() -> impl IntoView {
    row(view! {
        {case("opens", view! {
            <button class="btn" type="button" popovertarget="a-menu">"Menu"</button>
            <div class="menu" id="a-menu" popover>{entries()}</div>
        })}
        {case("opens", view! {
            <button class="btn" type="button" popovertarget="a-popover">"Popover"</button>
            <div class="popover" id="a-popover" popover>{words()}</div>
        })}
        {case("menu", view! { <div class="menu standing" popover>{entries()}</div> })}
        {case("popover", view! { <div class="popover standing" popover>{words()}</div> })}
    })
}

fn words() -> impl IntoView {
    view! { <p>"Held while it runs: "<span class="money estimate">"$0.04"</span>". What is not used comes back."</p> }
}

fn question() -> impl IntoView {
    view! {
        <h2>"Delete this key?"</h2>
        <p>"Ana's phone can no longer sign in with it. Her other key stays."</p>
        <div class="actions">
            <button class="btn quiet" type="button" popovertarget="a-dialog" popovertargetaction="hide">"Cancel"</button>
            <button class="btn danger filled" type="button">"Delete the key"</button>
        </div>
    }
}

fn dialogs() -> impl IntoView {
    row(view! {
        {case("opens", view! {
            <button class="btn" type="button" popovertarget="a-dialog">"Dialog"</button>
            <div class="dialog" id="a-dialog" popover role="dialog" aria-label="Delete this key?">{question()}</div>
        })}
        {case("opens", view! {
            <button class="btn" type="button" popovertarget="a-sheet">"Side sheet"</button>
            <div class="sheet" id="a-sheet" popover role="dialog" aria-label="Settings">
                <div class="sheet-head"><h2>"Settings"</h2>
                    <button class="btn quiet icon-only" type="button" popovertarget="a-sheet" popovertargetaction="hide" aria-label="Close">{icon("close")}</button></div>
                <div class="sheet-body"><p>"Beside the work; from below on a phone."</p></div>
                <div class="sheet-foot"><button class="btn primary" type="button">"Save"</button></div>
            </div>
        })}
        {case("dialog", view! { <div class="dialog standing" popover>{question()}</div> })}
    })
}

fn toasts() -> impl IntoView {
    row(view! {
        <div class="toast">
            <p>"The conversation was deleted."</p>
            <button class="btn quiet small" type="button">{small_icon("undo")}"Undo"</button>
            <button class="btn quiet icon-only small" type="button" aria-label="Close">{small_icon("close")}</button>
        </div>
        <div class="toast"><p>"Copied."</p></div>
    })
}
