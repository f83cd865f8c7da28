//! Passkeys in the browser's own autofill: a request that waits under a field until somebody picks one there.
//!
//! # Design
//! A browser has one request at a time, so the button stops the one that waits. A ceremony lives five minutes; a page that is
//! open for longer begins a new one. What was refused is not tried again by itself: the button is there.

use super::{
    ceremony::{Failure, finish, is_interrupted, options_of, tell, to_json},
    dom::{find, get_credential, go, has_autofill, later},
};
use crate::api::session::start_sign_in;
use js_sys::Reflect;
use leptos::task::spawn_local;
use std::{cell::RefCell, rc::Rc};
use web_sys::AbortController;

/// Half a minute less than a ceremony lives.
const WAIT_MS: i32 = 270_000;

/// The request that waits, if one does.
#[derive(Clone, Default)]
pub(super) struct Autofill(Rc<RefCell<Option<AbortController>>>);

impl Autofill {
    /// Waits, in a browser that can; `next` is where one goes on.
    pub(super) fn begin(&self, next: String) {
        let autofill = self.clone();
        spawn_local(async move {
            if has_autofill().await.is_ok_and(|answer| answer.is_truthy()) {
                if let Some(field) = find("[data-autofill]") {
                    let _ = field.set_attribute("data-ready", "");
                }
                autofill.wait(next);
            }
        });
    }

    /// Waits once more.
    pub(super) fn wait(&self, next: String) {
        self.stop();
        let Ok(controller) = AbortController::new() else { return };
        self.0.replace(Some(controller.clone()));
        later(WAIT_MS, {
            let (autofill, controller, next) = (self.clone(), controller.clone(), next.clone());
            move || {
                if autofill.0.borrow().as_ref() == Some(&controller) {
                    autofill.wait(next);
                }
            }
        });
        let autofill = self.clone();
        spawn_local(async move {
            let done = pick(&controller).await;
            // Stopped, or another one waits by now.
            if autofill.0.borrow().as_ref() != Some(&controller) {
                return;
            }
            autofill.0.replace(None);
            match done {
                Ok(()) => go(&next),
                Err(failure) if is_interrupted(&failure) => {}
                Err(failure) => tell(failure),
            }
        });
    }

    /// Lets go, so that the button can ask.
    pub(super) fn stop(&self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

async fn pick(controller: &AbortController) -> Result<(), Failure> {
    let start = start_sign_in().await?;
    let request = options_of(&start.options)?;
    Reflect::set(&request, &"mediation".into(), &"conditional".into())?;
    Reflect::set(&request, &"signal".into(), &controller.signal())?;
    let credential = to_json(&get_credential(&request).await?)?;
    finish(start, credential).await
}
