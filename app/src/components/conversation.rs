//! What belongs to one conversation: its head, its model menu, its settings, rename and delete.

use super::{
    frame::drawer,
    icon::{icon, small_icon},
    notice::field_error,
};
use crate::{api::context::RefusedForm, markup};
use api_types::{ConversationId, ConversationSettings, Micros, ModelInfo, ModelKind, ModelRef};
use leptos::prelude::*;
use studio::{ANSWER_TOKENS_DEFAULT, ANSWER_TOKENS_MAX, TEMPERATURE_MAX, TITLE_CHARS_MAX, grouped};

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
            format!("{place} · {} / {} per million tokens", Micros(read), Micros(written))
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
    view! { <header class="head">{drawer()}<h1>"New chat"</h1></header> }
}

fn entries(models: Vec<ModelInfo>, chosen: Option<&ModelRef>) -> impl IntoView + use<> {
    let chosen = chosen.cloned();
    models
        .into_iter()
        .map(move |info| {
            let is_chosen = Some(&info.model) == chosen.as_ref();
            view! {
                <button name="model" value=info.model.to_string() aria-current=is_chosen.then_some("true")>
                    {icon(icon_of(info.kind))}
                    <span class="two">{info.label.clone()}<small>{about(&info)}</small></span>
                    {is_chosen.then(|| small_icon("check"))}
                </button>
            }
        })
        .collect_view()
}

/// The menu of models of a new conversation: choosing one opens the same page with it.
pub fn new_model_menu(models: Vec<ModelInfo>, chosen: Option<&ModelRef>) -> impl IntoView + use<> {
    view! {
        <form class="menu up" id="models" popover method="get" action="/chat">
            <p class="heading">"Who answers"</p>
            {entries(models, chosen)}
            <hr /><a href="/models">{icon("plus")}"Connect a model"</a>
        </form>
    }
}

/// The menu of models of a conversation that exists; the other settings stay as they are.
pub fn model_menu(
    id: ConversationId,
    models: Vec<ModelInfo>,
    settings: &ConversationSettings,
) -> impl IntoView + use<> {
    let number = |n: Option<String>| n.unwrap_or_default();
    view! {
        <form class="menu up" id="models" popover method="post" action="/api/conversation/configure">
            <input type="hidden" name="conversation" value=id.to_string() />
            <input type="hidden" name="temperature" value=number(settings.temperature.map(|t| t.to_string())) />
            <input type="hidden" name="max_tokens" value=number(settings.max_tokens.map(|n| n.to_string())) />
            <input type="hidden" name="system_prompt" value=settings.system_prompt.clone() />
            <p class="heading">"Who answers from now on"</p>
            {entries(models, Some(&settings.model))}
            <hr /><a href="/models">{icon("plus")}"Connect a model"</a>
        </form>
    }
}

/// Rename and delete.
pub fn more_menu(id: ConversationId, title: String, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let mine = form.filter(|form| form.action == "/api/conversation/rename");
    let error = mine.and_then(|form| form.error("title"));
    let is_wrong = error.is_some();
    let title = mine.and_then(|form| form.typed("title")).map_or(title, str::to_owned);
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
                <button class="btn quiet" type="button" popovertarget="rename" popovertargetaction="hide">"Cancel"</button>
                <button class="btn primary" type="submit">"Save"</button>
            </div>
        </form>
    }
}

/// Model, temperature, length and system prompt.
pub fn settings_sheet(
    id: ConversationId,
    models: Vec<ModelInfo>,
    settings: &ConversationSettings,
    form: Option<&RefusedForm>,
) -> impl IntoView + use<> {
    let mine = form.filter(|form| form.action == "/api/conversation/configure");
    let error = |field: &str| mine.and_then(|form| form.error(field));
    let value =
        |field: &str, kept: String| mine.and_then(|form| form.typed(field)).map_or(kept, str::to_owned);
    let (temperature_error, length_error, system_error, model_error) =
        (error("temperature"), error("max_tokens"), error("system_prompt"), error("model"));
    let temperature = value("temperature", settings.temperature.map(|t| t.to_string()).unwrap_or_default());
    let max_tokens = value("max_tokens", settings.max_tokens.map(|n| n.to_string()).unwrap_or_default());
    let system_prompt = value("system_prompt", settings.system_prompt.clone());
    let chosen = settings.model.clone();
    let is_known = models.iter().any(|info| info.model == chosen);
    let gone = (!is_known).then(|| view! { <option value=chosen.to_string() selected>{format!("{} (not available)", chosen.name())}</option> });
    let options = models
        .into_iter()
        .map(|info| {
            let selected = info.model == chosen;
            view! { <option value=info.model.to_string() selected=selected>{info.label}</option> }
        })
        .collect_view();
    let invalid = |error: &Option<String>| error.is_some().then_some("true");
    view! {
        <form class="sheet" id="settings" popover method="post" action="/api/conversation/configure" aria-labelledby="settings-title" data-open=mine.map(|_| "true")>
            <div class="sheet-head">
                <h2 id="settings-title">"Settings of this conversation"</h2>
                <button class="btn quiet icon-only" type="button" popovertarget="settings" popovertargetaction="hide" aria-label="Close">{icon("close")}</button>
            </div>
            <input type="hidden" name="conversation" value=id.to_string() />
            <div class="sheet-body">
                <div class="field">
                    <label for="s-model">"Model"</label>
                    <select class="select" id="s-model" name="model" aria-invalid=invalid(&model_error) aria-describedby="s-model-error">{gone}{options}</select>
                    {field_error("s-model-error", model_error)}
                </div>
                <div class="field">
                    <label for="s-temp">"Temperature "<span class="optional">"(optional)"</span></label>
                    <input class="input number" id="s-temp" name="temperature" inputmode="decimal" autocomplete="off" value=temperature
                        aria-invalid=invalid(&temperature_error) aria-describedby="s-temp-hint s-temp-error" />
                    <p class="hint" id="s-temp-hint">{format!("From 0 (the likeliest word each time) to {TEMPERATURE_MAX} (adventurous). Empty: the model's own.")}</p>
                    {field_error("s-temp-error", temperature_error)}
                </div>
                <div class="field">
                    <label for="s-len">"Longest answer "<span class="optional">"(optional)"</span></label>
                    <input class="input number" id="s-len" name="max_tokens" inputmode="numeric" autocomplete="off" value=max_tokens
                        placeholder=ANSWER_TOKENS_DEFAULT.to_string() aria-invalid=invalid(&length_error) aria-describedby="s-len-hint s-len-error" />
                    <p class="hint" id="s-len-hint">{format!("In tokens, up to {}; 100 tokens are about 75 words.", grouped(ANSWER_TOKENS_MAX as usize))}</p>
                    {field_error("s-len-error", length_error)}
                </div>
                <div class="field">
                    <label for="s-sys">"System prompt "<span class="optional">"(optional)"</span></label>
                    <textarea class="area" id="s-sys" name="system_prompt" rows="4" placeholder="You answer in plain words and say when you are not sure."
                        aria-invalid=invalid(&system_error) aria-describedby="s-sys-hint s-sys-error">{markup::area_text(&system_prompt)}</textarea>
                    <p class="hint" id="s-sys-hint">"Said to the model before everything else."</p>
                    {field_error("s-sys-error", system_error)}
                </div>
            </div>
            <div class="sheet-foot">
                <button class="btn" type="button" popovertarget="settings" popovertargetaction="hide">"Cancel"</button>
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
        let priced = "Through lmstudio · $0.50 / $1.00 per million tokens";
        assert_eq!(says(ModelKind::Remote, Some(500_000)), priced);
    }
}
