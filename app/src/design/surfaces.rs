//! Card, rows, table, facts.

use super::{FORCED, name_of, section};
use crate::components::icon::{icon, small_icon};
use leptos::prelude::*;

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Card", "surface.css", cards())}
        {section("Rows", "surface.css", rows())}
        {section("Table: cards on a phone", "surface.css", table())}
    }
}

fn cards() -> impl IntoView {
    let links = FORCED
        .map(|state| {
            view! {
                <a class="card" href="#main" data-force=state>
                    <h3>{format!("A card that leads somewhere, {}", name_of(state))}</h3><p>"All of it is the link."</p>
                </a>
            }
        })
        .into_iter()
        .collect_view();
    view! {
        <div class="columns">
            <div class="card">
                <h3>"A card"</h3>
                <p>"One thing, and what one can do with it."</p>
                <div class="actions"><button class="btn small" type="button">"Open"</button><button class="btn small quiet" type="button">"Not now"</button></div>
            </div>
            {links}
            <div class="card selected"><h3>"Selected"</h3><p>"The one of several that counts."</p></div>
            <div class="card muted-card"><h3>"Muted"</h3><p>"Nothing in it yet."</p></div>
            <div class="card" aria-busy="true"><div class="skeleton"><i></i><i></i><i></i></div></div>
        </div>
    }
}

fn rows() -> impl IntoView {
    view! {
        <ul class="rows">
            <li class="row">
                {icon("chip")}
                <div class="what"><span class="name">"A row with something to do"</span><p class="about">"What it is, in a few words"</p></div>
                <button class="btn small" type="button">"Connect"</button>
            </li>
            {FORCED.map(|state| view! {
                <li>
                    <a class="row" href="#main" data-force=state>
                        {icon("chat")}
                        <div class="what"><span class="name">{format!("A row that is a link, {}", name_of(state))}</span><p class="about">"2 minutes ago"</p></div>
                        {small_icon("right")}
                    </a>
                </li>
            }).into_iter().collect_view()}
            <li class="row">
                {icon("model")}
                <div class="what">
                    <span class="name">"publisher/a-model-whose-name-never-ends-and-has-no-place-to-break-70B-Instruct-Q4_K_M.gguf"</span>
                    <p class="about">"Its name is cut, never its place"</p>
                </div>
                <div class="shy"><button class="btn quiet icon-only small" type="button" aria-label="Delete">{icon("trash")}</button></div>
            </li>
        </ul>
    }
}

fn table() -> impl IntoView {
    const SPENT: [(&str, &str, &str, &str); 3] = [
        ("A letter to the landlord", "SmolLM2 135M", "1,204", "$0.00"),
        ("Names for a sailing boat", "gpt-large", "18,310", "$0.0412"),
        ("Python: read a CSV without a library", "claude", "9,077", "$0.12"),
    ];
    view! {
        <div class="table-wrap as-cards" tabindex="0" role="region" aria-label="What was spent">
            <table class="table" role="table">
                <thead role="rowgroup"><tr role="row">
                    <th role="columnheader" scope="col">"Conversation"</th><th role="columnheader" scope="col">"Model"</th>
                    <th role="columnheader" scope="col" class="number">"Tokens"</th><th role="columnheader" scope="col" class="number">"Cost"</th>
                </tr></thead>
                <tbody role="rowgroup">
                    {SPENT.map(|(title, model, tokens, cost)| view! {
                        <tr role="row">
                            <th role="rowheader" scope="row">{title}</th>
                            <td role="cell" data-label="Model">{model}</td>
                            <td role="cell" data-label="Tokens" class="number">{tokens}</td>
                            <td role="cell" data-label="Cost" class="number">{cost}</td>
                        </tr>
                    }).into_iter().collect_view()}
                </tbody>
            </table>
        </div>
        <dl class="facts">
            <dt>"Model"</dt><dd>"SmolLM2 135M"</dd>
            <dt>"Started"</dt><dd>"3 May 2026, 14:02"</dd>
            <dt>"Digest"</dt><dd>"c54e7d13520ecc989c63dc99d55de3065e2f343a91f43f053d16b5e62077c261"</dd>
        </dl>
    }
}
