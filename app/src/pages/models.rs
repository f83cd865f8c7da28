//! `/models`: who can answer here, what was found nearby, how to connect more.

use crate::{
    api::{context, form},
    components::{
        conversation::{about, icon_of},
        frame::{Here, frame, page as framed},
        icon::{icon, small_icon},
        notice::refused,
    },
};
use api_types::{Flag, ModelInfo};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{SourceFrom, SourceView, grouped, ports::SourceAddress};

/// The page.
pub(crate) fn models() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let studio = context::studio()?;
        let form = form::refused_form();
        let is_admin = by.admin().is_ok();
        let data = super::frame_data(by.clone()).await?;
        let has_looked = context::asked("looked").is_some();
        let sources = studio.sources(&by).await?;
        let offers = studio.offers(&by).await?;
        let models = studio.catalog.models().await;
        let tracks_cost = studio.is_on(Flag::CostTracking, &by).await;
        let body = view! {
            <div class="intro"><p>"Who can answer here. What runs on this machine is private and free; what runs elsewhere sees what you send."</p></div>
            {form.map(|form| refused(&form.problem))}
            <div class="stack far">
                {sources.into_iter().map(|source| section(source, &models, tracks_cost)).collect_view()}
                {nearby(offers, is_admin, has_looked)}
                {connect(is_admin)}
            </div>
        };
        Ok(view! { <Title text="Models" />{frame(data, Here::Models, framed("Models", body))} }.into_any())
    })
}

/// Models of one source shown at most; a large server lists hundreds.
const MODELS_SHOWN_MAX: usize = 100;

fn section(source: SourceView, models: &[ModelInfo], tracks_cost: bool) -> impl IntoView + use<> {
    let mine: Vec<ModelInfo> =
        models.iter().filter(|info| info.model.source() == source.name).cloned().collect();
    let more = mine.len().saturating_sub(MODELS_SHOWN_MAX);
    let is_empty = mine.is_empty();
    let (state, words) = match source.status.state {
        Ok(words) => ("finished", words),
        Err(why) => ("failed", why),
    };
    let name = source.name.clone();
    view! {
        <section class="section">
            <h2>{source.status.label}</h2>
            <p class="about"><span class="state" data-state=state>{words}</span></p>
            <ul class="rows" hidden=is_empty>{mine.into_iter().take(MODELS_SHOWN_MAX).map(|info| row(info, tracks_cost)).collect_view()}</ul>
            {(more > 0).then(|| view! { <p class="about">{format!("and {more} more")}</p> })}
            {(source.from == SourceFrom::Nearby).then(|| view! {
                <form method="post" action="/api/source/disconnect">
                    <input type="hidden" name="name" value=name />
                    <button class="btn small" type="submit">"Disconnect"</button>
                </form>
            })}
        </section>
    }
}

fn row(info: ModelInfo, tracks_cost: bool) -> impl IntoView {
    let context = info
        .context_tokens
        .map(|tokens| format!(" · {} tokens of context", grouped(tokens as usize)))
        .unwrap_or_default();
    let is_refused = tracks_cost && info.price.is_none();
    let about = about(&info) + &context;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("model", &info.model.to_string())
        .finish();
    view! {
        <li>
            <a class="row" href=format!("/chat?{query}") title="Chat with it">
                {icon(icon_of(info.kind))}
                <div class="what"><span class="name">{info.label}</span><p class="about">{about}</p></div>
                {is_refused.then(|| view! { <span class="state" data-state="failed">"No price: not asked"</span> })}
                {small_icon("right")}
            </a>
        </li>
    }
}

fn nearby(offers: Vec<SourceAddress>, is_admin: bool, has_looked: bool) -> impl IntoView {
    let none = offers.is_empty();
    let words = match (none, has_looked) {
        (true, true) => {
            Some("Looked just now: no Ollama, LM Studio or llama-server answers at its usual port.")
        }
        (true, false) => Some("No Ollama, LM Studio or llama-server was found at its usual port."),
        (false, true) => Some("Looked just now."),
        (false, false) => None,
    };
    let rows = offers
        .into_iter()
        .map(|offer| {
            view! {
                <li class="row">
                    {icon("chip")}
                    <div class="what"><span class="name">{offer.label}</span><p class="about">{offer.base_url}</p></div>
                    {is_admin.then(|| view! {
                        <form method="post" action="/api/source/connect">
                            <input type="hidden" name="name" value=offer.name />
                            <button class="btn small primary" type="submit">"Connect"</button>
                        </form>
                    })}
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="section" id="nearby">
            <h2>"Found on this machine"</h2>
            {words.map(|words| view! { <p class="about" role=has_looked.then_some("status")>{words}</p> })}
            {(!none).then(|| view! { <ul class="rows">{rows}</ul> })}
            {is_admin.then(|| view! {
                <form method="post" action="/api/source/find"><button class="btn small" type="submit">{icon("again")}"Look again"</button></form>
            })}
        </section>
    }
}

fn connect(is_admin: bool) -> impl IntoView {
    view! {
        <section class="section">
            <h2>"Connect a better one"</h2>
            {match is_admin {
                true => view! { <p><a href="/admin/models">"Add one with its address and its key"</a>", and say there what its models cost."</p> }.into_any(),
                false => view! { <p>"An administrator can add one with its address and its key."</p> }.into_any(),
            }}
            <p>"Or start Ollama, LM Studio or llama-server on this machine and look again; or have whoever starts the studio set an address or a key, and start it again:"</p>
            <figure class="code bare"><pre tabindex="0"><code>"OPENAI_BASE_URL=http://localhost:8080/v1\nANTHROPIC_API_KEY=…\nLOCAL_MODEL=/path/to/model.gguf"</code></pre></figure>
        </section>
    }
}
