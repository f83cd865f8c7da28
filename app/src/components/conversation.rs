//! What belongs to one conversation: its head, its model menu, rename and delete.

use super::{
    frame::drawer,
    icon::{icon, small_icon},
    notice::field_error,
    settings::away,
};
use crate::api::form::RefusedForm;
use api_types::{ConversationId, Micros, ModelInfo, ModelKind, ModelRef};
use leptos::prelude::*;
use studio::TITLE_CHARS_MAX;

/// What people read for a model.
pub fn label_of(models: &[ModelInfo], model: &ModelRef) -> String {
    models
        .iter()
        .find(|info| &info.model == model)
        .map_or_else(|| model.name().to_owned(), |info| info.label.clone())
}

/// Where a model runs and what it costs, in a few words.
pub fn about(info: &ModelInfo) -> String {
    let place = match info.kind {
        ModelKind::Local => "Built in · private, free".to_owned(),
        ModelKind::Mock => "Scripted answers".to_owned(),
        ModelKind::Nearby => format!("Through {} on this machine", info.model.source()),
        ModelKind::Remote => format!("Through {}", info.model.source()),
    };
    match info.price.map(|price| (price.prompt_micros_per_million, price.completion_micros_per_million)) {
        Some((0, 0)) if info.kind == ModelKind::Local => place,
        Some((0, 0)) => format!("{place} · free"),
        Some((read, written)) => {
            format!("{place} · per million tokens: reading {}, writing {}", Micros(read), Micros(written))
        }
        None => place,
    }
}

/// The icon of where a model runs.
pub fn icon_of(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Local | ModelKind::Nearby => "chip",
        ModelKind::Remote => "cloud",
        ModelKind::Mock => "flask",
    }
}

/// The head of a conversation that exists.
pub fn head(title: String) -> impl IntoView {
    let whole = title.clone();
    view! {
        <header class="head">
            {drawer()}
            <h1 title=whole>{title}</h1>
            <div class="tools">
                <button class="btn quiet icon-only small" type="button" popovertarget="settings" aria-label="Settings of this conversation" title="Settings">
                    {icon("settings")}
                </button>
                <button class="btn quiet icon-only small" type="button" popovertarget="more" aria-label="More" title="More">{icon("more")}</button>
            </div>
        </header>
    }
}

/// The head of a conversation that has not begun.
pub fn new_head() -> impl IntoView {
    view! {
        <header class="head">
            {drawer()}
            <h1>"New chat"</h1>
            <div class="tools">
                <button class="btn quiet icon-only small" type="button" popovertarget="settings" aria-label="Settings of this conversation" title="Settings">
                    {icon("settings")}
                </button>
            </div>
        </header>
    }
}

/// The menu of models. Its buttons send the form where one writes, to another address: what is typed there is kept.
pub fn model_menu(
    heading: &'static str,
    models: Vec<ModelInfo>,
    chosen: Option<&ModelRef>,
) -> impl IntoView + use<> {
    let chosen = chosen.cloned();
    let entries = models
        .into_iter()
        .map(move |info| {
            let is_chosen = Some(&info.model) == chosen.as_ref();
            view! {
                <button type="submit" form="composer" formaction="/api/conversation/choose" formnovalidate name="model"
                    value=info.model.to_string() aria-current=is_chosen.then_some("true")>
                    {icon(icon_of(info.kind))}
                    <span class="two">{info.label.clone()}<small>{about(&info)}</small></span>
                    {is_chosen.then(|| small_icon("check"))}
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="menu up" id="models" popover>
            <p class="heading">{heading}</p>
            {entries}
            <hr /><a href="/models">{icon("plus")}"Connect a model"</a>
        </div>
    }
}

/// Rename and delete.
pub fn more_menu(id: ConversationId, title: String, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let mine = form.filter(|form| form.action == "/api/conversation/rename");
    let error = mine.and_then(|form| form.error("title"));
    let is_wrong = error.is_some();
    let title = mine.and_then(|form| form.typed("title")).map_or(title, str::to_owned);
    let cancel = away(Some(id), "rename", is_wrong, "btn quiet", None, "Cancel".into_any());
    view! {
        <div class="menu" id="more" popover>
            <button type="button" popovertarget="rename">{icon("edit")}"Rename"</button>
            <hr />
            <form method="post" action="/api/conversation/delete">
                <input type="hidden" name="conversation" value=id.to_string() />
                <button class="danger-item" type="submit">{icon("trash")}"Delete"</button>
            </form>
        </div>
        <form class="dialog" id="rename" popover method="post" action="/api/conversation/rename" data-open=is_wrong.then_some("true")>
            <h2>"Rename"</h2>
            <input type="hidden" name="conversation" value=id.to_string() />
            <div class="field">
                <label for="title">"Title"</label>
                <input class="input" id="title" name="title" value=title maxlength=TITLE_CHARS_MAX.to_string() autofocus
                    aria-invalid=is_wrong.then_some("true") aria-describedby="title-error" />
                {field_error("title-error", error)}
            </div>
            <div class="actions">
                {cancel}
                <button class="btn primary" type="submit">"Save"</button>
            </div>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api_types::Price;

    #[test]
    fn a_model_says_where_it_runs_and_its_price_once() {
        let says = |kind, price: Option<i64>| {
            about(&ModelInfo {
                model: "lmstudio/a".parse().unwrap(),
                label: "A".to_owned(),
                kind,
                context_tokens: None,
                price: price.map(|micros| Price {
                    prompt_micros_per_million: micros,
                    completion_micros_per_million: 2 * micros,
                }),
            })
        };
        assert_eq!(says(ModelKind::Local, Some(0)), "Built in · private, free");
        assert_eq!(says(ModelKind::Nearby, None), "Through lmstudio on this machine");
        assert_eq!(says(ModelKind::Remote, Some(0)), "Through lmstudio · free");
        let priced = "Through lmstudio · per million tokens: reading $0.50, writing $1.00";
        assert_eq!(says(ModelKind::Remote, Some(500_000)), priced);
    }
}
