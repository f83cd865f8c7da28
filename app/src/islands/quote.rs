//! What the answer would cost to what is typed now, while one types.

use crate::{
    islands::dom::{document, find, find_as, written},
    quote,
};
use api_types::Price;
use std::str::FromStr;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};

fn number<T: FromStr>(element: &Element, name: &str) -> Option<T> {
    element.get_attribute(name)?.parse().ok()
}

/// Says it anew: for what the page shows, what is typed, and the settings of a conversation that has not begun.
pub(super) fn update() {
    let Some(place) = find("#quote") else { return };
    let (Some(unseen), Some(prompt), Some(completion), Some(most)) = (
        number::<u64>(&place, "data-bytes"),
        number(&place, "data-prompt"),
        number(&place, "data-completion"),
        number::<u32>(&place, "data-max-tokens"),
    ) else {
        return;
    };
    let typed = find_as::<HtmlTextAreaElement>("#message").map_or(0, |area| area.value().len() as u64);
    let system = written("system_prompt").map_or(0, |text| text.len() as u64);
    let max_tokens = written("max_tokens").and_then(|text| text.trim().parse().ok()).unwrap_or(most);
    let price = Price { prompt_micros_per_million: prompt, completion_micros_per_million: completion };
    let words = quote::words(price, unseen + shown() + typed + system, max_tokens);
    if place.text_content().as_ref() != Some(&words) {
        place.set_text_content(Some(&words));
    }
}

/// So many bytes of the turns on this page go to the model with the next question.
fn shown() -> u64 {
    let turns = document().and_then(|page| page.query_selector_all(".thread [data-bytes]").ok());
    let Some(turns) = turns else { return 0 };
    let of = |at| turns.item(at)?.dyn_ref::<Element>().and_then(|turn| number::<u64>(turn, "data-bytes"));
    (0..turns.length()).filter_map(of).sum()
}
