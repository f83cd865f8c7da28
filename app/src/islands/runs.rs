//! Pages of runs that are awake: they look again when something happens.

use leptos::prelude::*;

/// Wakes the page. `after` is when it was made, in microseconds.
#[island]
pub fn Runs(after: i64) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    browser::wake(after);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = after;
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use crate::islands::dom::{document, find, later, on, window};
    use api_types::{AnswerEvent, AnswerState, RunId};
    use leptos::task::spawn_local;
    use std::{cell::RefCell, collections::HashMap, rc::Rc};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{EventSource, MessageEvent, Response};

    /// What comes together is looked at once.
    const COLLECT_MS: i32 = 300;
    /// Of runs of others nothing is told: they are looked at this often.
    const LOOK_MS: i32 = 5_000;

    #[derive(Default)]
    struct Seen {
        states: HashMap<RunId, AnswerState>,
        is_due: bool,
    }

    pub(super) fn wake(after: i64) {
        let Some(page) = find("[data-runs]") else { return };
        if page.get_attribute("data-runs").as_deref() == Some("everyone") {
            return later(LOOK_MS, look_on);
        }
        let Ok(source) = EventSource::new(&format!("/api/events?after={after}")) else { return };
        let seen = Rc::new(RefCell::new(Seen::default()));
        on::<MessageEvent>(&source, "answer", move |event| {
            let Some(answer) =
                event.data().as_string().and_then(|text| serde_json::from_str::<AnswerEvent>(&text).ok())
            else {
                return;
            };
            let is_news = seen.borrow_mut().states.insert(answer.run, answer.state) != Some(answer.state);
            if is_news && !std::mem::replace(&mut seen.borrow_mut().is_due, true) {
                let seen = seen.clone();
                later(COLLECT_MS, move || {
                    seen.borrow_mut().is_due = false;
                    look();
                });
            }
        });
    }

    fn look_on() {
        if document().is_some_and(|document| !document.hidden()) {
            look();
        }
        later(LOOK_MS, look_on);
    }

    async fn text_of(address: &str) -> Option<String> {
        let answer = JsFuture::from(window()?.fetch_with_str(address)).await.ok()?;
        let answer = answer.dyn_into::<Response>().ok().filter(Response::ok)?;
        JsFuture::from(answer.text().ok()?).await.ok()?.as_string()
    }

    /// Asks for the page once more, and shows what is new in it; not under the hands of somebody who is in it.
    fn look() {
        let Some(address) = window().and_then(|window| window.location().href().ok()) else { return };
        spawn_local(async move {
            let Some(text) = text_of(&address).await else { return };
            let (Some(page), Some(document)) = (find("[data-runs]"), document()) else { return };
            let is_within = document.active_element().is_some_and(|active| page.contains(Some(&active)));
            let is_open = page.query_selector("details[open]").ok().flatten().is_some();
            if is_within || is_open {
                return;
            }
            let Ok(made) = document.create_element("div") else { return };
            made.set_inner_html(&text);
            if let Ok(Some(new)) = made.query_selector("[data-runs]") {
                page.set_inner_html(&new.inner_html());
            }
        });
    }
}
