//! Pages of runs that are awake: they look again when something happened in a run that they show.

use leptos::prelude::*;

/// Wakes the page. What it follows says its `data-runs`.
#[island]
pub fn Runs() -> impl IntoView {
    #[cfg(target_arch = "wasm32")]
    browser::wake();
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use crate::islands::{
        answers::{connection, signed_out},
        dom::{announce, document, find, later, on, window},
    };
    use leptos::task::spawn_local;
    use std::{cell::RefCell, rc::Rc};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{
        Document, Element, Event, EventSource, HtmlElement, MessageEvent, Response, VisibilityState,
    };

    /// What comes together is looked at once.
    const COLLECT_MS: i32 = 300;
    /// A stream that was refused, or a look that failed, is tried again after so long.
    const AGAIN_MS: i32 = 3_000;
    /// What is live: the runs, and the filters with their counts.
    const LIVE: [&str; 2] = ["[data-runs]", ".page > .tabs"];

    #[derive(Default)]
    struct Page {
        source: Option<EventSource>,
        /// A look is coming.
        is_due: bool,
    }

    pub(super) fn wake() {
        let page = Rc::<RefCell<Page>>::default();
        open(&page);
        let Some(document) = document() else { return };
        on::<Event>(&document, "visibilitychange", move |_| {
            if is_seen() {
                // What happened meanwhile is in the page that comes, and it says from where on it follows.
                due(&page, 0);
            } else if let Some(source) = page.borrow_mut().source.take() {
                source.close();
            }
        });
    }

    fn is_seen() -> bool {
        document().is_some_and(|document| document.visibility_state() == VisibilityState::Visible)
    }

    /// Opens the stream that the page names, while it is seen: hidden ones do not use up the connections.
    fn open(page: &Rc<RefCell<Page>>) {
        let Some(address) = find("[data-runs]").and_then(|runs| runs.get_attribute("data-runs")) else {
            return;
        };
        if !is_seen() || page.borrow().source.is_some() {
            return;
        }
        let Ok(source) = EventSource::new(&address) else { return };
        on::<MessageEvent>(&source, "run", {
            let page = page.clone();
            move |_| due(&page, COLLECT_MS)
        });
        connection(&source);
        on::<Event>(&source, "error", {
            let (page, this) = (page.clone(), source.clone());
            move |_| {
                // It comes back by itself, and is told what it missed, unless it was refused.
                if this.ready_state() == EventSource::CLOSED {
                    page.borrow_mut().source = None;
                    due(&page, AGAIN_MS);
                }
            }
        });
        page.borrow_mut().source = Some(source);
    }

    /// Looks after a while, once.
    fn due(page: &Rc<RefCell<Page>>, ms: i32) {
        if std::mem::replace(&mut page.borrow_mut().is_due, true) {
            return;
        }
        let page = page.clone();
        later(ms, move || {
            page.borrow_mut().is_due = false;
            if is_seen() {
                spawn_local(look(page));
            }
        });
    }

    /// Asks for the page once more, and shows what is new in it.
    async fn look(page: Rc<RefCell<Page>>) {
        let made = async {
            let address = window()?.location().href().ok()?;
            let answer = JsFuture::from(window()?.fetch_with_str(&address)).await.ok()?;
            let answer = answer.dyn_into::<Response>().ok().filter(Response::ok)?;
            let text = JsFuture::from(answer.text().ok()?).await.ok()?.as_string()?;
            let document = document()?;
            let made = document.create_element("div").ok()?;
            made.set_inner_html(&text);
            Some((document, made))
        };
        match made.await {
            None => due(&page, AGAIN_MS),
            // The door, for who is signed out by now: there is nothing to follow.
            Some((_, made)) if made.query_selector("[data-runs]").is_ok_and(|runs| runs.is_none()) => {
                signed_out(true);
            }
            Some((document, made)) => {
                let before = stands();
                for part in LIVE {
                    if let (Some(old), Ok(Some(new))) = (find(part), made.query_selector(part)) {
                        renew(&document, &old, &new);
                    }
                }
                let now = stands();
                if let Some(now) = now.filter(|now| before.is_some_and(|before| before != *now)) {
                    announce(&format!("Status of the run: {now}"));
                }
                open(&page);
            }
        }
    }

    /// Where the run of the page stands, in a word; none on a list.
    fn stands() -> Option<String> {
        find("[data-status]")?.text_content()
    }

    /// Makes `old` say what `new` says. What is the same stays, with what is marked or scrolled in it.
    fn renew(document: &Document, old: &Element, new: &Element) {
        if let Some(address) = new.get_attribute("data-runs") {
            let _ = old.set_attribute("data-runs", &address);
        }
        let (olds, news) = (children(old), children(new));
        if olds.len() != news.len() {
            keep_open(old, new);
            return put(document, old, |old| old.set_inner_html(&new.inner_html()));
        }
        for (old, new) in olds.iter().zip(&news) {
            keep_open(old, new);
            if !old.is_equal_node(Some(new)) {
                put(document, old, |old| {
                    let _ = old.replace_with_with_node_1(new);
                });
            }
        }
    }

    /// What somebody opened is open in what comes too.
    fn keep_open(old: &Element, new: &Element) {
        if old.query_selector("details[open]").is_ok_and(|open| open.is_some())
            && let Ok(Some(details)) = new.query_selector("details")
        {
            let _ = details.set_attribute("open", "");
        }
    }

    fn children(of: &Element) -> Vec<Element> {
        std::iter::successors(of.first_element_child(), Element::next_element_sibling).collect()
    }

    /// Puts something in the place of an element; who was in it is at the same link, button or summary afterwards. Where that is
    /// gone, as Stop is when a run ends, they are at what says how the run stands, or at the filter.
    fn put(document: &Document, old: &Element, put: impl FnOnce(&Element)) {
        let at = document.active_element().filter(|active| old.contains(Some(active)));
        let name = at.and_then(|at| {
            let value = |name: &str| {
                at.get_attribute(name).map(|value| format!("{}[{name}='{value}']", at.tag_name()))
            };
            // A button without a value is known by where it leads: another one would do something else.
            let leads = || {
                let form = at.closest("form[action]").ok()??;
                Some(format!("form[action='{}'] {}", form.get_attribute("action")?, at.tag_name()))
            };
            let class = || Some(format!("{}.{}", at.tag_name(), at.class_list().item(0)?));
            let any = || Some(at.tag_name());
            value("href").or_else(|| value("value")).or_else(leads).or_else(class).or_else(any)
        });
        put(old);
        let Some(name) = name else { return };
        let again = find(&format!("[data-runs] {name}, .page > .tabs {name}"));
        let again = again.or_else(|| find("[data-status]"));
        let again = again.or_else(|| find(".page > .tabs [aria-current]"));
        if let Some(element) = again.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
            let _ = element.focus();
        }
    }
}
