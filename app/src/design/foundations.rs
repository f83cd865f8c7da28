//! What everything else is made of: colours, sizes of type.

use super::section;
use leptos::prelude::*;

const COLOURS: &str = "well paper surface raised hover press line edge ink muted \
    accent accent-hover accent-press accent-edge accent-soft accent-text accent-ink \
    good good-text good-soft warn warn-text warn-soft info info-text info-soft \
    danger danger-text danger-soft danger-fill danger-fill-hover danger-fill-press on-danger scrim";

pub(super) fn all() -> impl IntoView {
    let swatch = |name: &'static str| {
        view! {
            <div class="swatch">
                <svg aria-hidden="true" inner_html=format!("<rect width=\"100%\" height=\"100%\" fill=\"var(--{name})\"/>")></svg>
                <span>{name}</span>
            </div>
        }
    };
    let colours =
        view! { <div class="swatches">{COLOURS.split_whitespace().map(swatch).collect_view()}</div> };
    let sizes = view! {
        <p class="text-[2.5rem]">"40 · Your studio. Your key."</p>
        <p class="text-[1.75rem]">"28 · What would you like to work on?"</p>
        <p class="text-[1.25rem]">"20 · Found on this machine"</p>
        <p>"16 · Answers and prose, at most 68 characters wide."</p>
        <p class="text-[0.875rem]">"14 · Controls, tables, rows."</p>
        <p class="small">"13 · Hints, times, what it took: "<span class="num">"0123456789"</span></p>
        <p><b>"650 titles"</b>" · "<span class="font-[550]">"550 labels"</span>" · 400 text · "<code>"code"</code></p>
    };
    view! { {section("Colours", "tokens.css", colours)}{section("Type", "tokens.css", sizes)} }
}
