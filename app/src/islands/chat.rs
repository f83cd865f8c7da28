//! A conversation that is awake: sends without leaving the page, follows answers, stops them.

use api_types::ConversationId;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which conversation, and how fresh the page is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ChatPlace {
    /// `None` before the first message.
    pub conversation: Option<ConversationId>,
    /// When the page was made, in microseconds: the stream begins there.
    pub after: i64,
}

/// Wakes the composer and the stream.
#[island]
pub fn Chat(place: ChatPlace) -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    browser::wake(place);
    #[cfg(not(target_arch = "wasm32"))]
    let _ = place;
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use super::ChatPlace;
    use crate::{
        api::{Refused, message::send_message, number::MaybeNumber, run::stop_run},
        islands::{
            answers, complaint,
            dom::{announce, document, find, find_as, go, on, show, target_of, window, written},
            quote,
        },
    };
    use api_types::{ConversationId, Problem, Started};
    use leptos::task::spawn_local;
    use std::{cell::Cell, rc::Rc};
    use wasm_bindgen::JsCast;
    use web_sys::{
        Event, HtmlButtonElement, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent, Storage,
        SubmitEvent,
    };

    thread_local! {
        /// Messages that this page has sent.
        static SENT: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn wake(place: ChatPlace) {
        answers::follow(place.conversation, place.after);
        let (Some(form), Some(text)) = (find("#composer"), find_as::<HtmlTextAreaElement>("#message")) else {
            return;
        };
        let sending = Rc::new(Cell::new(false));
        keep_draft(&text, place.conversation);

        on::<SubmitEvent>(&form, "submit", {
            let (text, sending) = (text.clone(), sending.clone());
            move |event| {
                // A button that does something else with what is typed.
                if event.submitter().is_some_and(|button| button.has_attribute("formaction")) {
                    return;
                }
                event.prevent_default();
                if find("[data-stop]:not([hidden])").is_some() {
                    complaint::say_until_ended(
                        "An answer is being written. Wait for it or stop it, then send.",
                    );
                } else if !sending.get() {
                    send(place.conversation, text.clone(), sending.clone());
                }
            }
        });
        on::<KeyboardEvent>(&text, "keydown", {
            let form = form.clone();
            move |event| {
                // A phone's Enter is a new line; an input method's Enter ends a word.
                let is_touch = window().is_some_and(|w| {
                    w.match_media("(pointer: coarse)").ok().flatten().is_some_and(|query| query.matches())
                });
                if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && !is_touch {
                    event.prevent_default();
                    if let Some(form) = form.dyn_ref::<web_sys::HtmlFormElement>() {
                        let _ = form.request_submit();
                    }
                }
            }
        });
        if let Some(button) = find("[data-stop]") {
            on::<Event>(&button, "click", |_| stop());
        }
        if let Some(document) = document() {
            on::<KeyboardEvent>(&document, "keydown", |event| {
                // Enter in a setting of a new conversation is done with it, and sends nothing.
                let setting = target_of(&event, "input[form=composer]").filter(|_| event.key() == "Enter");
                if let Some(sheet) = setting.and_then(|input| input.closest("[popover]").ok().flatten()) {
                    event.prevent_default();
                    let _ = sheet.dyn_ref::<HtmlElement>().map(HtmlElement::hide_popover);
                }
                let open = find(":popover-open").is_some();
                if event.key() == "Escape" && !open {
                    stop();
                }
            });
        }
        if let Some(document) = document() {
            on::<Event>(&document, "input", |event| {
                if target_of(&event, "[form=composer]").is_some() {
                    quote::update();
                }
            });
        }
        answers::reflect();
        quote::update();
        latest();
    }

    /// Who has scrolled up has a way back to the end.
    fn latest() {
        const FAR_PX: i32 = 240;
        let (Some(scroller), Some(button)) = (find(".scroller"), find("[data-latest]")) else { return };
        on::<Event>(&button, "click", |_| to_end());
        // A reversed column: its end is zero, and what lies above is negative.
        let look = {
            let scroller = scroller.clone();
            move || show(&button, scroller.scroll_top() < -FAR_PX)
        };
        // A browser may have brought the page back to where its reader was.
        look();
        on::<Event>(&scroller, "scroll", move |_| look());
    }

    fn to_end() {
        if let Some(scroller) = find(".scroller") {
            scroller.set_scroll_top(0);
        }
        if let Some(text) = find_as::<HtmlElement>("#message") {
            let _ = text.focus();
        }
    }

    fn storage() -> Option<Storage> {
        window()?.session_storage().ok()?
    }

    fn draft_key(conversation: Option<ConversationId>) -> String {
        conversation.map_or_else(|| "draft".to_owned(), |id| format!("draft {id}"))
    }

    /// What was typed survives a reload of this tab.
    fn keep_draft(text: &HtmlTextAreaElement, conversation: Option<ConversationId>) {
        let key = draft_key(conversation);
        if text.value().is_empty()
            && let Some(draft) = storage().and_then(|s| s.get_item(&key).ok().flatten())
        {
            text.set_value(&draft);
        }
        on::<Event>(text, "input", {
            let text = text.clone();
            move |_| {
                complaint::clear();
                quote::update();
                if let Some(storage) = storage() {
                    let _ = storage.set_item(&key, &text.value());
                }
            }
        });
    }

    fn send(conversation: Option<ConversationId>, text: HtmlTextAreaElement, sending: Rc<Cell<bool>>) {
        let typed = text.value();
        if typed.trim().is_empty() {
            complaint::say("Write something first.");
            return;
        }
        let model = find_as::<HtmlButtonElement>("[data-send]").and_then(|send| send.value().parse().ok());
        let system = written("system_prompt").unwrap_or_default();
        // The page's key, and which message of this page it is: one that has to be tried again is the same message.
        let sent_before = SENT.get();
        let once = find_as::<HtmlInputElement>("#composer [name=once]")
            .map(|key| format!("{}-{sent_before}", key.value()));
        busy(&sending, true);
        spawn_local(async move {
            let sent = send_message(
                typed,
                conversation,
                model,
                setting("temperature"),
                setting("max_tokens"),
                system,
                once,
            )
            .await;
            busy(&sending, false);
            match sent {
                Ok(started) => {
                    SENT.set(sent_before + 1);
                    if let Some(storage) = storage() {
                        let _ = storage.remove_item(&draft_key(conversation));
                    }
                    text.set_value("");
                    complaint::clear();
                    answers::signed_out(false);
                    begun(conversation, &started);
                }
                Err(Refused(Problem::SignIn)) => answers::signed_out(true),
                // The text stays where it is.
                Err(refused) => complaint::refused(&refused.0),
            }
        });
    }

    fn setting<T>(name: &str) -> MaybeNumber<T> {
        written(name).map_or(MaybeNumber::Empty, MaybeNumber::Other)
    }

    fn begun(conversation: Option<ConversationId>, started: &Started) {
        // A new conversation has a page of its own; a page that lacks what came before the message is made anew.
        if conversation.is_none() || is_behind() {
            go(&format!("/chat/{}", started.conversation));
            return;
        }
        let Some(thread) = find(".thread") else { return };
        if find(&format!("#m-{}", started.message)).is_none() {
            let _ = thread.insert_adjacent_html("beforeend", &started.html);
        }
        answers::catch_up(started.conversation, started.message);
        answers::reflect();
        quote::update();
        to_end();
    }

    /// Whether the page shows earlier messages, or knows that newer ones are missing on it.
    fn is_behind() -> bool {
        answers::is_past() || find("#newer:not([hidden])").is_some()
    }

    fn stop() {
        let Some(button) = find("[data-stop]:not([hidden])") else { return };
        let run = button.get_attribute("data-stop").and_then(|run| run.parse().ok());
        let Some(run) = run else { return };
        let _ = button.set_attribute("aria-busy", "true");
        announce("Stopping");
        spawn_local(async move {
            let stopped = stop_run(run, None).await;
            let _ = button.remove_attribute("aria-busy");
            if let Err(refused) = stopped {
                complaint::say(&refused.to_string());
            }
            // The button that had the focus goes away.
            if let Some(text) = find_as::<HtmlElement>("#message") {
                let _ = text.focus();
            }
        });
    }

    fn busy(sending: &Rc<Cell<bool>>, yes: bool) {
        sending.set(yes);
        if let Some(button) = find_as::<HtmlButtonElement>("[data-send]") {
            if yes {
                let _ = button.set_attribute("aria-busy", "true");
            } else {
                let _ = button.remove_attribute("aria-busy");
            }
        }
    }
}
