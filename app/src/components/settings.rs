//! The settings of a conversation, and of one that has not begun.

use super::{
    composer::typed,
    icon::icon,
    notice::{field_error, refused},
};
use crate::{api::form::RefusedForm, markup};
use api_types::{ConversationId, ConversationSettings, ModelInfo, ModelRef};
use leptos::prelude::*;
use studio::{ANSWER_TOKENS_DEFAULT, ANSWER_TOKENS_MAX, TEMPERATURE_MAX, grouped, settings_version};

/// What can be set besides the model.
const FIELDS: [&str; 3] = ["temperature", "max_tokens", "system_prompt"];

/// Leaves a form that floats: closes it, or, where it is open because it was refused, shows the page without it. Until the
/// page is awake such a form is open by its style alone (`float.css`), and nothing could close it.
pub(super) fn away(
    id: Option<ConversationId>,
    form: &'static str,
    is_refused: bool,
    class: &'static str,
    name: Option<&'static str>,
    words: AnyView,
) -> AnyView {
    if is_refused {
        let page = id.map_or_else(|| "/chat".to_owned(), |id| format!("/chat/{id}"));
        return view! { <a class=class href=page aria-label=name>{words}</a> }.into_any();
    }
    view! {
        <button class=class type="button" popovertarget=form popovertargetaction="hide" aria-label=name>{words}</button>
    }
    .into_any()
}

/// The head of the sheet.
fn sheet_head(title: &'static str, close: AnyView) -> impl IntoView {
    view! {
        <div class="sheet-head">
            <h2 id="settings-title">{title}</h2>
            {close}
        </div>
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
    let value =
        |field: &str, kept: String| mine.and_then(|form| form.typed(field)).map_or(kept, str::to_owned);
    let values = [
        value("temperature", settings.temperature.map(|t| t.to_string()).unwrap_or_default()),
        value("max_tokens", settings.max_tokens.map(|n| n.to_string()).unwrap_or_default()),
        value("system_prompt", settings.system_prompt.clone()),
    ];
    let chosen: ModelRef = value("model", String::new()).parse().unwrap_or_else(|_| settings.model.clone());
    let model_error = mine.and_then(|form| form.error("model"));
    let is_told = model_error.is_some() || first_wrong(mine).is_some();
    let whole = mine.filter(|_| !is_told).map(|form| refused(&form.problem));
    let is_refused = mine.is_some();
    let close = away(
        Some(id),
        "settings",
        is_refused,
        "btn quiet icon-only",
        Some("Close"),
        icon("close").into_any(),
    );
    let cancel = away(Some(id), "settings", is_refused, "btn", None, "Cancel".into_any());
    view! {
        <form class="sheet" id="settings" popover method="post" action="/api/conversation/configure" aria-labelledby="settings-title" data-open=is_refused.then_some("true")>
            {sheet_head("Settings of this conversation", close)}
            <input type="hidden" name="conversation" value=id.to_string() />
            <input type="hidden" name="seen" value=settings_version(settings) />
            <div class="sheet-body">
                {whole}
                {model_field(models, &chosen, model_error)}
                {fields(values, mine, None)}
            </div>
            <div class="sheet-foot">
                {cancel}
                <button class="btn primary" type="submit">"Save"</button>
            </div>
        </form>
    }
}

/// The same before the first message, the model apart: the fields belong to the form where one writes and go with it.
pub fn new_settings_sheet(chosen: Option<&ModelRef>, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let mine = form.filter(|form| form.action == "/api/message/send");
    let values = FIELDS.map(|field| typed(form, field).unwrap_or_default());
    let is_refused = first_wrong(mine).is_some();
    let done = if is_refused {
        let model = chosen.map(ModelRef::to_string);
        view! { <button class="btn primary" type="submit" form="composer" name=model.as_ref().map(|_| "model") value=model>{icon("send")}"Send"</button> }
            .into_any()
    } else {
        away(None, "settings", false, "btn primary", None, "Done".into_any())
    };
    let close =
        away(None, "settings", is_refused, "btn quiet icon-only", Some("Close"), icon("close").into_any());
    view! {
        <div class="sheet" id="settings" popover role="dialog" aria-labelledby="settings-title" data-open=is_refused.then_some("true")>
            {sheet_head("Settings of the new chat", close)}
            <div class="sheet-body">{fields(values, mine, Some("composer"))}</div>
            <div class="sheet-foot">{done}</div>
        </div>
    }
}

/// Where one goes on in a form that was refused: a small screen may not show it at first.
fn first_wrong(form: Option<&RefusedForm>) -> Option<&'static str> {
    FIELDS.into_iter().find(|field| form.is_some_and(|form| form.error(field).is_some()))
}

fn model_field(models: Vec<ModelInfo>, chosen: &ModelRef, error: Option<String>) -> impl IntoView + use<> {
    let is_wrong = error.is_some();
    let is_known = models.iter().any(|info| &info.model == chosen);
    let gone = (!is_known).then(|| view! { <option value=chosen.to_string() selected>{format!("{} (not available)", chosen.name())}</option> });
    let options = models
        .into_iter()
        .map(|info| {
            let selected = &info.model == chosen;
            view! { <option value=info.model.to_string() selected=selected>{info.label}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="s-model">"Model"</label>
            <select class="select" id="s-model" name="model" aria-invalid=is_wrong.then_some("true") autofocus=is_wrong aria-describedby="s-model-error">{gone}{options}</select>
            {field_error("s-model-error", error)}
        </div>
    }
}

/// The fields of [`FIELDS`], in this order, of the form around them or of another.
fn fields(
    values: [String; 3],
    mine: Option<&RefusedForm>,
    of: Option<&'static str>,
) -> impl IntoView + use<> {
    let [temperature, max_tokens, system_prompt] = values;
    let [temperature_error, length_error, system_error] =
        FIELDS.map(|field| mine.and_then(|form| form.error(field)));
    let first = first_wrong(mine);
    let invalid = |error: &Option<String>| error.is_some().then_some("true");
    view! {
        <div class="field">
            <label for="s-temp">"Temperature "<span class="optional">"(optional)"</span></label>
            <input class="input number" id="s-temp" name="temperature" form=of inputmode="decimal" autocomplete="off" value=temperature
                aria-invalid=invalid(&temperature_error) autofocus=first == Some("temperature") aria-describedby="s-temp-hint s-temp-error" />
            <p class="hint" id="s-temp-hint">{format!("From 0 (the likeliest word each time) to {TEMPERATURE_MAX} (adventurous). Empty: the model's own.")}</p>
            {field_error("s-temp-error", temperature_error)}
        </div>
        <div class="field">
            <label for="s-len">"Longest answer "<span class="optional">"(optional)"</span></label>
            <input class="input number" id="s-len" name="max_tokens" form=of inputmode="numeric" autocomplete="off" value=max_tokens
                placeholder=ANSWER_TOKENS_DEFAULT.to_string() aria-invalid=invalid(&length_error) autofocus=first == Some("max_tokens") aria-describedby="s-len-hint s-len-error" />
            <p class="hint" id="s-len-hint">{format!("In tokens, up to {}; 100 tokens are about 75 words.", grouped(ANSWER_TOKENS_MAX as usize))}</p>
            {field_error("s-len-error", length_error)}
        </div>
        <div class="field">
            <label for="s-sys">"System prompt "<span class="optional">"(optional)"</span></label>
            <textarea class="area" id="s-sys" name="system_prompt" form=of rows="4" placeholder="You answer in plain words and say when you are not sure."
                aria-invalid=invalid(&system_error) autofocus=first == Some("system_prompt") aria-describedby="s-sys-hint s-sys-error">{markup::area_text(&system_prompt)}</textarea>
            <p class="hint" id="s-sys-hint">"Said to the model before everything else."</p>
            {field_error("s-sys-error", system_error)}
        </div>
    }
}
