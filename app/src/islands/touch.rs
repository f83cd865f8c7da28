//! A fresh touch before a form that needs one is sent.
//!
//! # Design
//! The form itself is sent by the browser, once, as if there were no script: only before it the server is asked whether the
//! last touch is fresh enough, and where it is not, the person touches first. So what the form answers is shown by the
//! browser, and nothing is sent twice.

use super::{
    ceremony::{Failure, credential_for, refuse_in},
    dom::{document, find, find_as, on},
};
use crate::api::touch::{finish_touch, start_touch};
use leptos::task::spawn_local;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlDialogElement, HtmlElement, HtmlFormElement, SubmitEvent};

/// A form that waits for a touch, and the button that sends it.
type Waiting = Rc<RefCell<Option<(HtmlFormElement, Option<HtmlElement>)>>>;

/// On a form whose touch is there: it goes.
const TOUCHED: &str = "data-touched";

/// Looks after every form of the page that says `data-touch`.
pub(super) fn keep() {
    let Some(document) = document() else { return };
    let waiting = Waiting::default();
    on::<SubmitEvent>(&document, "submit", {
        let waiting = waiting.clone();
        move |event| {
            let Some(form) = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok())
            else {
                return;
            };
            if !form.has_attribute("data-touch") || form.has_attribute(TOUCHED) {
                return;
            }
            event.prevent_default();
            let button = event.submitter().and_then(|button| button.dyn_into().ok());
            waiting.replace(Some((form, button)));
            go(waiting.clone());
        }
    });
    // Whoever cancels sends nothing, also when the touch comes after all.
    for name in ["cancel", "submit"] {
        if let Some(dialog) = dialog() {
            let waiting = waiting.clone();
            on::<Event>(&dialog, name, move |_| drop(waiting.take()));
        }
    }
    if let Some(again) = find("[data-touch-again]") {
        on::<Event>(&again, "click", move |_| go(waiting.clone()));
    }
}

/// Touches, then sends the form that waits.
fn go(waiting: Waiting) {
    busy(true);
    spawn_local(async move {
        let touched = touch().await;
        busy(false);
        match touched {
            Ok(()) => {
                close();
                if let Some((form, button)) = waiting.take() {
                    let _ = form.set_attribute(TOUCHED, "");
                    let _ = form.request_submit_with_submitter(button.as_ref());
                }
            }
            Err(failure) => {
                open();
                if let Some(place) = find("[data-touch-refused]") {
                    refuse_in(&place, &failure);
                }
            }
        }
    });
}

/// Makes sure of a fresh touch.
pub(super) async fn touch() -> Result<(), Failure> {
    if let Some(start) = start_touch().await? {
        open();
        let credential = credential_for(&start.options).await?;
        finish_touch(start.ceremony, credential).await?;
        close();
    }
    Ok(())
}

fn open() {
    if let Some(place) = find("[data-touch-refused]") {
        place.replace_children_with_node_0();
    }
    if let Some(dialog) = dialog().filter(|dialog| !dialog.open()) {
        let _ = dialog.show_modal();
    }
}

fn close() {
    if let Some(dialog) = dialog() {
        dialog.close();
    }
}

fn dialog() -> Option<HtmlDialogElement> {
    find_as("#touch")
}

fn busy(yes: bool) {
    let Some(button): Option<Element> = find("[data-touch-again]") else { return };
    if yes {
        let _ = button.set_attribute("aria-busy", "true");
    } else {
        let _ = button.remove_attribute("aria-busy");
    }
}
