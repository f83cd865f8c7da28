//! What keeps a message from being sent, said under the box where it is written.

use super::{
    WHY,
    dom::{document, find, show},
};
use api_types::Problem;
use web_sys::Element;

/// On a sentence that is true only while an answer is written.
const UNTIL_ENDED: &str = "data-until-ended";

/// Says it until something else is typed.
pub(super) fn say(words: &str) {
    place(words);
}

/// Says why something was refused, and where that is explained.
pub(super) fn refused(problem: &Problem) {
    place(&problem.to_string());
    let link = document().and_then(|page| page.create_element("a").ok());
    if let (Some(at), Some(link), Some(place)) = (problem.refusal(), link, find("#message-error")) {
        let _ = link.set_attribute("href", &at.to_string());
        link.set_class_name("why");
        link.set_text_content(Some(WHY));
        let _ = place.append_child(&link);
    }
}

/// Says it until the answer under way has ended.
pub(super) fn say_until_ended(words: &str) {
    if let Some(line) = place(words) {
        let _ = line.set_attribute(UNTIL_ENDED, "");
    }
}

fn place(words: &str) -> Option<Element> {
    if let Some(text) = find("#message") {
        let _ = text.set_attribute("aria-invalid", "true");
    }
    let place = find("#message-error")?;
    let line = document()?.create_element("p").ok()?;
    line.set_class_name("error");
    line.set_text_content(Some(words));
    place.replace_children_with_node_1(&line);
    show(&place, true);
    Some(line)
}

/// Takes it back.
pub(super) fn clear() {
    if let Some(place) = find("#message-error") {
        place.replace_children_with_node_0();
    }
    if let Some(text) = find("#message") {
        let _ = text.remove_attribute("aria-invalid");
    }
}

/// No answer is under way any more.
pub(super) fn ended() {
    if find(&format!("#message-error [{UNTIL_ENDED}]")).is_some() {
        clear();
    }
}
