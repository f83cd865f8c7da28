//! What the models of a server cost, and the form that sets it.

use crate::{
    api::{context, form::RefusedForm},
    components::notice::field_error,
};
use api_types::{Micros, Price};
use leptos::prelude::*;
use studio::{PriceLine, PriceSaid, PriceView, PricedModel, grouped, ports::Timestamp};

const SET_PRICE: &str = "/api/model/set-price";

/// Models shown at most; a large server lists hundreds. The form knows all of them.
const MODELS_SHOWN_MAX: usize = 100;

/// The section.
pub(super) fn prices(
    source: &str,
    models: &[PricedModel],
    tracks_cost: bool,
    form: Option<&RefusedForm>,
) -> impl IntoView + use<> {
    let is_empty = models.is_empty();
    let more = models.len().saturating_sub(MODELS_SHOWN_MAX);
    let rows =
        models.iter().take(MODELS_SHOWN_MAX).map(|model| row(source, model, tracks_cost)).collect_view();
    let says = match tracks_cost {
        true => "In dollars per million tokens. A model without a price is not asked.",
        false => {
            "In dollars per million tokens. Costs are not counted now, so nothing is refused for want of a price."
        }
    };
    view! {
        <section class="section" id="prices">
            <h2>"Models and prices"</h2>
            <p>{says}</p>
            {is_empty.then(|| view! { <p class="about">"It lists no model now, so there is nothing to choose from; a price can be set all the same."</p> })}
            {(!is_empty).then(|| view! {
                <div class="table-wrap as-cards">
                    <table class="table" role="table">
                        <thead role="rowgroup"><tr role="row">
                            <th role="columnheader" scope="col">"Model"</th>
                            <th role="columnheader" scope="col" class="number">"Reading"</th>
                            <th role="columnheader" scope="col" class="number">"Writing"</th>
                            <th role="columnheader" scope="col">"From"</th>
                            <th role="columnheader" scope="col"><span class="sr">"Change"</span></th>
                        </tr></thead>
                        <tbody role="rowgroup">{rows}</tbody>
                    </table>
                </div>
            })}
            {(more > 0).then(|| view! { <p class="about">{format!("and {} more; choose them below", grouped(more))}</p> })}
        </section>
        {set(source, models, form)}
    }
}

fn row(source: &str, model: &PricedModel, tracks_cost: bool) -> impl IntoView + use<> {
    let PricedModel { info, price: PriceView { now, coming } } = model;
    let query =
        form_urlencoded::Serializer::new(String::new()).append_pair("model", info.model.as_str()).finish();
    let href = format!("/admin/models/{source}?{query}#set-price");
    let (reading, writing) = match now {
        Some((price, _)) => {
            (dollars(price.prompt_micros_per_million), dollars(price.completion_micros_per_million))
        }
        None => ("–".to_owned(), "–".to_owned()),
    };
    let said = match now {
        Some((_, said)) => view! { {said_by(*said)} }.into_any(),
        None if tracks_cost => {
            view! { <span class="state" data-state="failed">"No price: not asked"</span> }.into_any()
        }
        None => view! { "nobody" }.into_any(),
    };
    let later = coming.iter().map(|line| view! { <br />{later(line)} }).collect_view();
    let name = info.model.name().to_owned();
    let about = format!("Set the price of {name}");
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">{name}</th>
            <td role="cell" class="number" data-label="Reading">{reading}</td>
            <td role="cell" class="number" data-label="Writing">{writing}</td>
            <td role="cell" data-label="From">{said}{later}</td>
            <td role="cell"><a href=href aria-label=about>"Set a price"</a></td>
        </tr>
    }
}

fn dollars(micros: i64) -> String {
    Micros(micros).to_string()
}

fn said_by(said: PriceSaid) -> &'static str {
    match said {
        PriceSaid::OnPage => "set here",
        PriceSaid::InSheet => "the price sheet",
        PriceSaid::InSheetOfSource => "the price sheet, for all of this server",
        PriceSaid::BySource => "the server itself",
        PriceSaid::Near => "this machine: free",
    }
}

fn later(line: &PriceLine) -> String {
    let PriceLine { from, price: Price { prompt_micros_per_million, completion_micros_per_million }, .. } =
        line;
    format!(
        "from {}: {} and {}",
        day_of(*from),
        dollars(*prompt_micros_per_million),
        dollars(*completion_micros_per_million)
    )
}

fn day_of(at: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(at.0).unwrap_or_default();
    at.strftime("%-d %B %Y").to_string()
}

/// The form; what was typed stays in it when it is refused.
fn set(source: &str, models: &[PricedModel], form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let form = form.filter(|form| form.action == SET_PRICE);
    let typed = |name: &str| form.and_then(|form| form.typed(name)).map(str::to_owned);
    let chosen = typed("model").or_else(|| context::asked("model"));
    // A model that is not listed now may be again tomorrow.
    let is_listed = |model: &str| models.iter().any(|listed| listed.info.model.as_str() == model);
    let unlisted = chosen.clone().filter(|model| !is_listed(model));
    let is_typed = models.is_empty();
    let field = |name: &'static str, words: &'static str| {
        let (error, id) = (form.and_then(|form| form.error(name)), format!("price-{name}"));
        let says = if name == "prompt" { "price-prompt-error" } else { "price-completion-error" };
        view! {
            <div class="field">
                <label for=id.clone()>{words}</label>
                <input class="input" id=id name=name inputmode="decimal" autocomplete="off" required value=typed(name)
                    aria-invalid=error.is_some().then_some("true") aria-describedby=says />
                {field_error(says, error)}
            </div>
        }
    };
    let (model_error, from_error) =
        (form.and_then(|form| form.error("model")), form.and_then(|form| form.error("from")));
    let is_wrong = model_error.is_some().then_some("true");
    let options = models
        .iter()
        .map(|listed| {
            let model = listed.info.model.to_string();
            let is_chosen = chosen.as_deref() == Some(model.as_str());
            view! { <option value=model.clone() selected=is_chosen>{model.clone()}</option> }
        })
        .collect_view();
    let control = match is_typed {
        true => view! {
            <input class="input" id="price-model" name="model" required autocomplete="off" value=chosen.clone().unwrap_or_else(|| format!("{source}/"))
                aria-invalid=is_wrong aria-describedby="price-model-error" />
        }
        .into_any(),
        false => view! {
            <select class="select" id="price-model" name="model" aria-invalid=is_wrong aria-describedby="price-model-error">
                {unlisted.map(|model| view! { <option value=model.clone() selected>{model.clone()}</option> })}
                {options}
            </select>
        }
        .into_any(),
    };
    view! {
        <section class="section" id="set-price">
            <h2>"Set a price"</h2>
            <p>"It holds from the moment you save it, or from the beginning of a later day (UTC). What was asked before keeps its price."</p>
            <form class="stack" method="post" action=SET_PRICE data-touch>
                <div class="field">
                    <label for="price-model">"Model"</label>
                    {control}
                    {field_error("price-model-error", model_error)}
                </div>
                <div class="pairs">{field("prompt", "Dollars per million tokens read")}{field("completion", "Dollars per million tokens written")}</div>
                <div class="pairs">
                    <div class="field">
                        <label for="price-from">"From "<span class="optional">"Optional"</span></label>
                        <input class="input" id="price-from" name="from" type="date" value=typed("from")
                            aria-invalid=from_error.is_some().then_some("true") aria-describedby="price-from-hint price-from-error" />
                        <p class="hint" id="price-from-hint">"Empty: from now on."</p>
                        {field_error("price-from-error", from_error)}
                    </div>
                </div>
                <div class="actions"><button class="btn primary" type="submit">"Save the price"</button></div>
            </form>
        </section>
    }
}
