//! Follows `/api/events` and writes what it says into the page.

use super::{
    complaint,
    dom::{announce, document, find, later, on, show, window},
    growing, place, quote,
};
use api_types::{AnswerEvent, ConversationId, MessageId};
use leptos::task::spawn_local;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Element, Event, EventSource, HtmlTextAreaElement, MessageEvent, RequestInit, Response, VisibilityState,
};

/// A stream that was refused is tried again after so long.
const AGAIN_MS: i32 = 3_000;

/// A stream that is gone for so long is said to be lost: longer than it takes one to come back by itself.
const LOST_MS: i32 = 4_000;

/// An answer may be heard of before the reply to its question is here: its place has so long to come.
const PLACE_MS: i32 = 1_500;

struct Stream {
    source: Option<EventSource>,
    after: i64,
    /// When the page was made, in microseconds.
    made: i64,
    conversation: Option<ConversationId>,
}

/// Opens the stream while the tab is visible; hidden, it is closed, so that many tabs do not use up the connections.
pub(super) fn follow(conversation: Option<ConversationId>, after: i64) {
    let stream = Rc::new(RefCell::new(Stream { source: None, after, made: after, conversation }));
    open(&stream);
    let Some(document) = document() else { return };
    on::<Event>(&document.clone(), "visibilitychange", move |_| {
        if document.visibility_state() == VisibilityState::Visible {
            open(&stream);
        } else if let Some(source) = stream.borrow_mut().source.take() {
            source.close();
        }
    });
}

fn open(stream: &Rc<RefCell<Stream>>) {
    let hidden = document().is_none_or(|document| document.visibility_state() != VisibilityState::Visible);
    if hidden || stream.borrow().source.is_some() {
        return;
    }
    let Ok(source) = EventSource::new(&format!("/api/events?only=answers&after={}", stream.borrow().after))
    else {
        return;
    };
    on::<MessageEvent>(&source, "answer", {
        let stream = stream.clone();
        move |event| {
            if let Ok(at) = event.last_event_id().parse() {
                stream.borrow_mut().after = at;
            }
            let Some(text) = event.data().as_string() else { return };
            if let Ok(answer) = serde_json::from_str::<AnswerEvent>(&text) {
                let (conversation, made) = (stream.borrow().conversation, stream.borrow().made);
                apply(conversation, made, &answer);
            }
        }
    });
    connection(&source);
    on::<Event>(&source, "error", {
        let (stream, this) = (stream.clone(), source.clone());
        move |_| {
            // While it connects again by itself there is nothing to do.
            if this.ready_state() == EventSource::CLOSED {
                stream.borrow_mut().source = None;
                let stream = stream.clone();
                spawn_local(async move {
                    if is_signed_out().await {
                        // Who signs in does it in another tab; coming back to this one opens the stream again.
                        signed_out(true);
                    } else {
                        later(AGAIN_MS, move || open(&stream));
                    }
                });
            }
        }
    });
    stream.borrow_mut().source = Some(source);
}

fn apply(conversation: Option<ConversationId>, made: i64, answer: &AnswerEvent) {
    dot(answer);
    if let (Some(spent), Some(place)) = (&answer.spent, find("#spent")) {
        place.set_text_content(Some(spent));
    }
    if conversation != Some(answer.conversation) {
        return;
    }
    let Some(article) = find(&format!("#m-{}", answer.message)) else {
        // What ended before the page was made is on it, or on another branch.
        if answer.ended_at.is_none_or(|ended| ended > made) {
            keep(answer);
        }
        return;
    };
    // Ids of runs grow with time: of the run that this one goes on with, what is told late is over.
    if article.get_attribute("data-run").is_some_and(|shown| shown > answer.run.to_string()) {
        return;
    }
    // A page that was just made is told of its ended answers again: that is no news.
    let was_active = article.has_attribute("aria-busy");
    let _ = article.set_attribute("data-state", answer.state.as_str());
    let _ = article.set_attribute("data-run", &answer.run.to_string());
    if let Some(prose) = article.query_selector(".prose").ok().flatten() {
        write(&prose, answer);
    }
    if answer.state.is_active() {
        let _ = article.set_attribute("aria-busy", "true");
        // Its run was tried again: what stood below its end is not true any more.
        if !was_active && let Some(foot) = article.query_selector("[data-foot]").ok().flatten() {
            foot.set_inner_html("");
        }
    } else {
        let _ = article.remove_attribute("aria-busy");
        // Told again it is the foot that is there, and somebody may be on one of its buttons.
        let foot = article.query_selector("[data-foot]").ok().flatten().filter(|_| was_active);
        if let (Some(foot), Some(html)) = (foot, &answer.foot) {
            foot.set_inner_html(html);
            quote::update();
            place::foot_came(&article);
        }
        if was_active {
            announce(match answer.state {
                api_types::AnswerState::Finished => "The answer is finished",
                api_types::AnswerState::Stopped => "The answer was stopped",
                _ => "The answer broke off",
            });
        }
    }
    reflect();
}

/// Puts blocks and tail where they belong.
fn write(prose: &Element, answer: &AnswerEvent) {
    let has_text = !answer.blocks.is_empty()
        || answer.frame.is_some()
        || !answer.tail.is_empty()
        || answer.from > 0
        || answer.tail_from > 0;
    let child = |selector: &str| prose.query_selector(selector).ok().flatten();
    if !has_text && answer.state.is_active() {
        if let (Some(place), Some(note)) = (child("[data-note]"), &answer.note) {
            place.set_text_content(Some(note));
        }
        return;
    }
    if let Some(thinking) = child(".thinking") {
        thinking.remove();
    }
    let unfinished = child(":scope > .unfinished").or_else(|| {
        let place = document()?.create_element("div").ok()?;
        place.set_class_name("unfinished");
        prose.append_child(&place).ok()?;
        Some(place)
    });
    let Some(unfinished) = unfinished else { return };
    // What stands at or after `from` is told anew.
    let blocks = prose.query_selector_all(":scope > .block");
    if let Ok(blocks) = blocks
        && (answer.tail_from == 0 || !answer.blocks.is_empty())
    {
        for i in answer.from..blocks.length() {
            if let Some(old) = blocks.get(i).and_then(|node| node.dyn_into::<Element>().ok()) {
                old.remove();
            }
        }
    }
    for html in &answer.blocks {
        let block = document().and_then(|document| document.create_element("div").ok());
        if let Some(block) = block {
            block.set_class_name("block");
            block.set_inner_html(html);
            let _ = prose.insert_before(&block, Some(&unfinished));
        }
    }
    if !answer.state.is_active() {
        unfinished.remove();
        return;
    }
    if let Some(frame) = &answer.frame {
        unfinished.set_inner_html(frame);
    }
    if let Some(tail) = unfinished.query_selector("[data-tail]").ok().flatten() {
        growing::keep_and_add(&tail, answer.tail_from as usize, &answer.tail);
    }
}

/// The dot beside a conversation in the rail.
fn dot(answer: &AnswerEvent) {
    let Some(link) = find(&format!(".recent [data-conversation=\"{}\"] .link", answer.conversation)) else {
        return;
    };
    let dot = link.query_selector(".dot").ok().flatten();
    match (answer.state.is_active(), dot) {
        (true, None) => {
            let _ = link.insert_adjacent_html(
                "beforeend",
                "<span class=\"dot\" role=\"img\" aria-label=\"answering\"></span>",
            );
        }
        (false, Some(dot)) => dot.remove(),
        _ => {}
    }
}

/// Send or Stop, whichever makes sense now.
pub(super) fn reflect() {
    let run = find(".turn.answer[aria-busy=true]").and_then(|article| article.get_attribute("data-run"));
    if let Some(stop) = find("[data-stop]") {
        let _ = stop.set_attribute("data-stop", run.as_deref().unwrap_or_default());
        show(&stop, run.is_some());
    }
    if let Some(send) = find("[data-send]") {
        show(&send, run.is_none());
    }
    if run.is_none() {
        complaint::ended();
    }
}

thread_local! {
    /// How often a stream was opened: one that came meanwhile makes an older error no news.
    static OPENED: Cell<u32> = const { Cell::new(0) };
    /// What was said of answers that the page has no place for yet: just sent from here, or in another window.
    static KEPT: RefCell<Vec<AnswerEvent>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what was said; where no place comes within a while, the answer is another window's.
fn keep(answer: &AnswerEvent) {
    let message = answer.message;
    KEPT.with_borrow_mut(|kept| kept.push(answer.clone()));
    later(PLACE_MS, move || {
        let waits = KEPT.with_borrow_mut(|kept| {
            let before = kept.len();
            kept.retain(|answer| answer.message != message);
            kept.len() < before
        });
        if waits {
            fetch_again(&message.to_string());
        }
    });
}

/// Says what was kept of an answer whose place is on the page now.
pub(super) fn catch_up(conversation: ConversationId, message: MessageId) {
    let kept = KEPT
        .with_borrow_mut(|kept| kept.extract_if(.., |answer| answer.message == message).collect::<Vec<_>>());
    for answer in kept {
        apply(Some(conversation), i64::MAX, &answer);
    }
}

/// Loads the page again for a message that it lacks: once, and not under somebody who is writing. Otherwise it says that
/// there is more: a message of another branch is on no page of this one.
fn fetch_again(message: &str) {
    const KEY: &str = "fetched for";
    let typed = find("#message")
        .and_then(|e| e.dyn_into::<HtmlTextAreaElement>().ok())
        .is_some_and(|text| !text.value().is_empty());
    let Some(window) = window() else { return };
    let storage = window.session_storage().ok().flatten();
    let fetched = storage.as_ref().and_then(|s| s.get_item(KEY).ok().flatten());
    let is_past = is_past();
    if typed || is_past || fetched.as_deref() == Some(message) {
        if let Some(newer) = find("#newer") {
            show(&newer, true);
        }
        return;
    }
    if let Some(storage) = storage {
        let _ = storage.set_item(KEY, message);
    }
    let _ = window.location().reload();
}

/// Whether the page shows earlier messages than the last.
pub(super) fn is_past() -> bool {
    window()
        .and_then(|window| window.location().search().ok())
        .is_some_and(|search| search.contains("until="))
}

/// Says that the connection is lost where it is for longer than a moment, and takes it back.
pub(super) fn connection(source: &EventSource) {
    on::<Event>(source, "open", |_| {
        OPENED.set(OPENED.get().wrapping_add(1));
        lost(false);
        signed_out(false);
    });
    on::<Event>(source, "error", {
        let source = source.clone();
        move |_| {
            let (source, opened) = (source.clone(), OPENED.get());
            later(LOST_MS, move || {
                let hidden =
                    document().is_none_or(|document| document.visibility_state() != VisibilityState::Visible);
                let is_known = find("#signed-out:not([hidden])").is_some();
                let is_back = source.ready_state() == EventSource::OPEN || OPENED.get() != opened;
                if !is_back && !hidden && !is_known {
                    lost(true);
                }
            });
        }
    });
}

/// A stream that was refused does not say why: it is asked for once more, without its body.
async fn is_signed_out() -> bool {
    let options = RequestInit::new();
    options.set_method("HEAD");
    let Some(window) = window() else { return false };
    let asked = JsFuture::from(window.fetch_with_str_and_init("/api/events", &options)).await;
    asked
        .ok()
        .and_then(|answer| answer.dyn_into::<Response>().ok())
        .is_some_and(|answer| answer.status() == 401)
}

/// Says that nobody is signed in any more and where one can be, or takes it back.
pub(super) fn signed_out(yes: bool) {
    let Some(place) = find("#signed-out") else { return };
    if yes && place.has_attribute("hidden") {
        announce("You are signed out");
        lost(false);
    }
    show(&place, yes);
}

fn lost(yes: bool) {
    let Some(place) = find("#lost") else { return };
    if yes && place.has_attribute("hidden") {
        announce("The connection is lost");
    }
    show(&place, yes);
}
