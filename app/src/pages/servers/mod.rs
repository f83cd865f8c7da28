//! `/admin/models`: where answers come from, and what new chats begin with; for administrators.

mod forms;
mod prices;
mod server;

use crate::{
    api::{context, form},
    components::{
        conversation::label_of,
        frame::{Here, frame, page as framed},
        icon::{icon, small_icon},
        notice::{field_error, refused},
        toast,
    },
};
use api_types::ModelInfo;
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{DefaultModel, ProviderView, SourceFrom, SourceView};

pub(crate) use server::server;

/// The page.
pub(crate) fn servers() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let studio = context::studio()?;
        let form = form::refused_form();
        let data = super::frame_data(by.clone()).await?;
        let sources = studio.sources(&by).await?;
        let aside: Vec<ProviderView> =
            studio.providers(&admin).into_iter().filter(|provider| provider.is_set_aside).collect();
        let models = studio.catalog.models().await;
        let is_empty = sources.is_empty() && aside.is_empty();
        let done = match (context::asked("saved").is_some(), context::asked("removed").is_some()) {
            _ if form.is_some() => None,
            (true, _) => Some(toast::saved().into_any()),
            (_, true) => Some(toast::passing("Removed".to_owned()).into_any()),
            _ => None,
        };
        let body = view! {
            <div class="intro"><p>"Where answers come from, what they cost, and what new chats begin with. Everybody sees the models themselves under "<a href="/models">"Models"</a>"."</p></div>
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                <section class="section">
                    <h2>"Servers"</h2>
                    {is_empty.then(|| view! { <p>"There is none yet. Add one below, or connect one that was found on this machine under "<a href="/models#nearby">"Models"</a>"."</p> })}
                    {(!is_empty).then(|| view! {
                        <ul class="rows">
                            {sources.into_iter().map(row).collect_view()}
                            {aside.into_iter().map(set_aside).collect_view()}
                        </ul>
                    })}
                </section>
                {default(&studio.default_model(), &models, form.as_ref())}
                {forms::add(form.as_ref())}
            </div>
            {toast::toasts(done)}
        };
        Ok(view! { <Title text="Model servers" />{frame(data, Here::Servers, framed("Model servers", body))} }
            .into_any())
    })
}

/// Who brought a source, in a few words.
fn from_words(from: SourceFrom) -> &'static str {
    match from {
        SourceFrom::Operator => "Set by the operator",
        SourceFrom::Nearby => "Found on this machine",
        SourceFrom::Page => "Added here",
    }
}

fn icon_of(name: &str, from: SourceFrom) -> &'static str {
    match (name, from) {
        ("mock", _) => "flask",
        ("local", _) | (_, SourceFrom::Nearby) => "chip",
        _ => "cloud",
    }
}

fn row(source: SourceView) -> impl IntoView {
    let (is_well, words) = match source.status.state {
        Ok(words) => (true, words),
        Err(why) => (false, why),
    };
    let about = format!("{} · {words}", from_words(source.from));
    let label = source.status.label;
    let name = if label == source.name { label } else { format!("{} · {label}", source.name) };
    view! {
        <li>
            <a class="row" href=format!("/admin/models/{}", source.name)>
                {icon(icon_of(&source.name, source.from))}
                <div class="what"><span class="name">{name}</span><p class="about">{about}</p></div>
                {(!is_well).then(|| view! { <span class="state" data-state="failed">"Not working"</span> })}
                {small_icon("right")}
            </a>
        </li>
    }
}

/// A server that is not asked because another has its name.
fn set_aside(provider: ProviderView) -> impl IntoView {
    let about = format!(
        "Added here · not asked: {} is the name of a server that the operator set or that was found on this machine",
        provider.name
    );
    view! {
        <li>
            <a class="row" href=format!("/admin/models/{}?aside=yes", provider.name)>
                {icon("cloud")}
                <div class="what"><span class="name">{provider.name.clone()}</span><p class="about">{about}</p></div>
                <span class="state" data-state="stopped">"Set aside"</span>
                {small_icon("right")}
            </a>
        </li>
    }
}

const SET_DEFAULT: &str = "/api/model/set-default";

/// What new chats begin with.
fn default(
    chosen: &DefaultModel,
    models: &[ModelInfo],
    form: Option<&form::RefusedForm>,
) -> impl IntoView + use<> {
    let form = form.filter(|form| form.action == SET_DEFAULT);
    let error = form.and_then(|form| form.error("model"));
    let now = chosen.model.as_ref().map(ToString::to_string).unwrap_or_default();
    let typed = form.and_then(|form| form.typed("model")).map_or(now, str::to_owned);
    let is_gone = !typed.is_empty() && !models.iter().any(|info| info.model.as_str() == typed);
    let gone = is_gone.then(
        || view! { <option value=typed.clone() selected>{format!("{typed} (not there now)")}</option> },
    );
    let options = models
        .iter()
        .map(|info| {
            let model = info.model.to_string();
            let words = if info.label == info.model.name() {
                model.clone()
            } else {
                format!("{model} · {}", info.label)
            };
            let is_chosen = model == typed;
            view! { <option value=model selected=is_chosen>{words}</option> }
        })
        .collect_view();
    let fixed = chosen.model.as_ref().filter(|_| chosen.is_fixed).map(|model| {
        let label = label_of(models, model);
        view! { <p>"The operator has set it to "<b>{model.to_string()}</b>{(label != model.name()).then(|| format!(" ({label})"))}" with DEFAULT_MODEL, so it cannot be changed here."</p> }
    });
    let is_free = !chosen.is_fixed;
    view! {
        <section class="section" id="default">
            <h2>"New chats begin with"</h2>
            {fixed}
            {is_free.then(|| view! {
                <p>"Whoever has chatted before goes on with the model they had last; everybody else begins with this one."</p>
                <form class="stack" method="post" action=SET_DEFAULT>
                    <div class="field">
                        <label for="default-model">"Model"</label>
                        <select class="select" id="default-model" name="model" aria-invalid=error.is_some().then_some("true") aria-describedby="default-model-error">
                            <option value="" selected=typed.is_empty()>"What the studio finds best: a connected model before the built-in one"</option>
                            {gone}
                            {options}
                        </select>
                        {field_error("default-model-error", error)}
                    </div>
                    <div class="actions"><button class="btn" type="submit">"Save"</button></div>
                </form>
            })}
        </section>
    }
}
