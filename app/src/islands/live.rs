//! What every page gains when the browser is awake: copy, theme, folding, forms that open where something is wrong.

use leptos::prelude::*;

/// Wakes the page.
#[island]
pub fn Live() -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    browser::wake();
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use crate::islands::{
        dom::{announce, document, find, later, on, target_of, visible_text, window},
        focus, place, signal, touch,
    };
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, Event, HtmlElement, HtmlInputElement, MouseEvent};

    const YEAR_S: u32 = 31_536_000;

    pub(super) fn wake() {
        let Some(document) = document() else { return };
        if let Some(root) = document.document_element() {
            let _ = root.set_attribute("data-live", "");
        }
        on::<MouseEvent>(&document, "click", |event| {
            if let Some(button) = target_of(&event, "[data-copy]") {
                copy(&button);
            } else if target_of(&event, "[data-fold]").is_some() {
                fold();
            }
        });
        on::<Event>(&document, "change", |event| {
            if let Some(choice) =
                target_of(&event, "[data-theme-choice]").and_then(|e| e.dyn_into::<HtmlInputElement>().ok())
            {
                choose_theme(&choice.value());
            }
        });
        on::<Event>(&document, "submit", |event| {
            // What was not sent is nobody else's: the next one at this window may be somebody else.
            if target_of(&event, "form[action='/api/session/end']").is_some()
                && let Some(storage) = window().and_then(|window| window.session_storage().ok().flatten())
            {
                let _ = storage.clear();
            }
        });
        if let Some(address) = find("[data-address]").and_then(|app| app.get_attribute("data-address")) {
            stand_under(&address);
        }
        if let Some(toast) = find(".toast > p, .told > p") {
            // What a page begins with is no news to a screen reader.
            announce(&visible_text(&toast));
        }
        focus::keep();
        touch::keep();
        signal::tell();
        place::keep();
        // A form that was refused is open, so that one sees why.
        if let Some(form) = find("[popover][data-open]").and_then(|form| form.dyn_into::<HtmlElement>().ok())
        {
            let _ = form.show_popover();
        }
    }

    /// Gives the page its own address in place of the one it came under.
    fn stand_under(address: &str) {
        let history = window().and_then(|window| window.history().ok());
        if let Some(history) = history {
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(address));
        }
    }

    fn remember(pair: &str, seconds: u32) {
        let Some(document) = document() else { return };
        // `cookie` is a property of HTML documents alone.
        let _ = js_sys::Reflect::set(
            &document,
            &"cookie".into(),
            &format!("{pair}; Path=/; SameSite=Lax; Max-Age={seconds}").into(),
        );
    }

    fn choose_theme(theme: &str) {
        let Some(root) = document().and_then(|document| document.document_element()) else { return };
        if theme == "auto" {
            let _ = root.remove_attribute("data-theme");
            remember("theme=", 0);
        } else {
            let _ = root.set_attribute("data-theme", theme);
            remember(&format!("theme={theme}"), YEAR_S);
        }
    }

    fn fold() {
        let Some(root) = document().and_then(|document| document.document_element()) else { return };
        if root.has_attribute("data-rail") {
            let _ = root.remove_attribute("data-rail");
            remember("rail=", 0);
        } else {
            let _ = root.set_attribute("data-rail", "folded");
            remember("rail=folded", YEAR_S);
        }
    }

    /// Copies the code, the question or the answer that the button belongs to.
    fn copy(button: &Element) {
        let text = match button.closest("figure.code").ok().flatten() {
            Some(figure) => figure.query_selector("pre").ok().flatten().and_then(|pre| pre.text_content()),
            None => button.closest(".turn").ok().flatten().and_then(|turn| {
                turn.query_selector(".bubble, .prose").ok().flatten().map(|text| visible_text(&text))
            }),
        };
        let (Some(text), Some(window)) = (text, window()) else { return };
        let _promise = window.navigator().clipboard().write_text(&text);
        announce("Copied");
        let _ = button.set_attribute("data-done", "");
        let button = button.clone();
        later(1_500, move || {
            let _ = button.remove_attribute("data-done");
        });
    }
}
