//! Where the focus goes when what floats goes away.
//!
//! # Design
//! A browser gives the focus back when a popover closes that was opened from the page, but not when it was opened from
//! another one, as *Rename* is from the menu: then it is nowhere, and the menu stays. So the menu goes too, and the
//! focus comes back to what opened it.

use super::dom::{document, find, on};
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement};

/// Looks after every popover of the page.
pub(super) fn keep() {
    let Some(all) = document().and_then(|document| document.query_selector_all("[popover]").ok()) else {
        return;
    };
    for i in 0..all.length() {
        let Some(popover) = all.get(i).and_then(|node| node.dyn_into::<Element>().ok()) else { continue };
        on::<Event>(&popover.clone(), "toggle", move |_| {
            if !popover.matches(":popover-open").unwrap_or(true) && is_lost(&popover) {
                back_from(&popover);
            }
        });
    }
}

/// Whether nothing has the focus, or something in the popover that is just closing.
fn is_lost(closed: &Element) -> bool {
    let Some(document) = document() else { return false };
    let at = document.active_element();
    at.is_none_or(|at| closed.contains(Some(&at)) || document.body().is_some_and(|body| *body == at))
}

/// Closes the menus that lie under a closed popover, and gives the focus to the button that opened the lowest.
fn back_from(popover: &Element) {
    let Some(opener) = find(&format!("[popovertarget='{}']:not([popovertargetaction])", popover.id())) else {
        return;
    };
    let menu = opener.closest(".menu:popover-open").ok().flatten();
    if let Some(menu) = menu {
        if let Some(menu) = menu.dyn_ref::<HtmlElement>() {
            let _ = menu.hide_popover();
        }
        back_from(&menu);
    } else if let Some(button) = opener.dyn_ref::<HtmlElement>() {
        let _ = button.focus();
    }
}
