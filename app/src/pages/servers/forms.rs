//! The forms of a model server: add, change, remove. A key that was typed is in none of them again.

use crate::{
    api::form::RefusedForm,
    components::{icon::icon, notice::field_error},
};
use api_types::ProviderKind;
use leptos::prelude::*;
use studio::{PROVIDER_NAME_CHARS_MAX, ProviderView};

const ADD: &str = "/api/provider/add";
pub(super) const CHANGE: &str = "/api/provider/change";

/// A new one.
pub(super) fn add(form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let form = form.filter(|form| form.action == ADD);
    let typed = |name: &str| form.and_then(|form| form.typed(name)).map(str::to_owned);
    let name_error = form.and_then(|form| form.error("name"));
    view! {
        <section class="section" id="add">
            <h2>"Add a model server"</h2>
            <p>"One of a provider, or one of your own: on this machine, in your network, or elsewhere."</p>
            <form class="stack" method="post" action=ADD data-touch>
                <div class="pairs">
                    <div class="field">
                        <label for="provider-name">"Name"</label>
                        <input class="input" id="provider-name" name="name" value=typed("name") maxlength=PROVIDER_NAME_CHARS_MAX.to_string() required autocomplete="off"
                            autocapitalize="none" spellcheck="false" aria-invalid=name_error.is_some().then_some("true") aria-describedby="provider-name-hint provider-name-error" />
                        <p class="hint" id="provider-name-hint">"Small letters, digits and dashes. Its models are called name/model; it stays."</p>
                        {field_error("provider-name-error", name_error)}
                    </div>
                    {kind(typed("kind").as_deref())}
                </div>
                <div>
                    {address(typed("base_url"), form)}
                    {key("Servers of your own often have none.", form)}
                </div>
                <div class="actions"><button class="btn primary" type="submit">{icon("plus")}"Add it"</button></div>
            </form>
        </section>
    }
}

/// One that is there.
pub(super) fn change(provider: &ProviderView, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let form = form.filter(|form| form.action == CHANGE);
    let typed = |name: &str| form.and_then(|form| form.typed(name)).map(str::to_owned);
    let chosen = typed("kind").unwrap_or_else(|| provider.kind.as_str().to_owned());
    let base_url = typed("base_url").unwrap_or_else(|| provider.base_url.clone());
    let removes = typed("remove_key").as_deref() == Some("true");
    let hint = match provider.has_key {
        true => {
            "A key is kept, and shown to nobody. Leave this empty to keep it. It belongs to this address: another one needs the key once more."
        }
        false => "There is none.",
    };
    view! {
        <section class="section" id="change">
            <h2>"Address and key"</h2>
            <form class="stack" method="post" action=CHANGE data-touch>
                <input type="hidden" name="name" value=provider.name.clone() />
                <div class="pairs">{kind(Some(&chosen))}</div>
                <div>
                    {address(Some(base_url), form)}
                    {key(hint, form)}
                </div>
                {provider.has_key.then(|| view! {
                    <label class="switch"><input type="checkbox" role="switch" name="remove_key" value="true" checked=removes />"Remove the key"</label>
                })}
                <div class="actions"><button class="btn" type="submit">"Save"</button></div>
            </form>
        </section>
    }
}

/// The end of one.
pub(super) fn remove(provider: &ProviderView) -> impl IntoView + use<> {
    let name = provider.name.clone();
    let word = format!("Remove {name}");
    view! {
        <section class="section">
            <h2>"Remove it"</h2>
            <p>"Its key goes for good. Chats that use its models stay, and ask for another model. Prices stay for a server that is added by the same name."</p>
            <details class="careful">
                <summary>"Remove…"</summary>
                <form class="stack" method="post" action="/api/provider/remove" data-touch>
                    <input type="hidden" name="name" value=name />
                    <div class="actions"><button class="btn danger filled" type="submit">{word}</button></div>
                </form>
            </details>
        </section>
    }
}

fn kind(chosen: Option<&str>) -> impl IntoView + use<> {
    let options = ProviderKind::ALL.map(|kind| {
        let is_chosen = chosen == Some(kind.as_str());
        view! { <option value=kind.as_str() selected=is_chosen>{kind.title()}</option> }
    });
    view! {
        <div class="field">
            <label for="provider-kind">"Speaks like"</label>
            <select class="select" id="provider-kind" name="kind" aria-describedby="provider-kind-hint">{options.into_iter().collect_view()}</select>
            <p class="hint" id="provider-kind-hint">"llama-server, LM Studio, vLLM and most others: OpenAI-compatible."</p>
        </div>
    }
}

fn address(value: Option<String>, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let error = form.and_then(|form| form.error("base_url"));
    view! {
        <div class="field">
            <label for="provider-url">"Address"</label>
            <input class="input" id="provider-url" name="base_url" type="text" inputmode="url" value=value required autocomplete="off" autocapitalize="none" spellcheck="false"
                placeholder="https://api.example.com/v1" aria-invalid=error.is_some().then_some("true") aria-describedby="provider-url-hint provider-url-error" />
            <p class="hint" id="provider-url-hint">"As the provider names it, with https:// or http:// in front. Whoever is there sees what people send."</p>
            {field_error("provider-url-error", error)}
        </div>
    }
}

fn key(hint: &'static str, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let error = form.and_then(|form| form.error("key"));
    let was_typed = form.and_then(|form| form.typed("key")).is_some_and(|key| !key.is_empty());
    view! {
        <div class="field">
            <label for="provider-key">"API key "<span class="optional">"Optional"</span></label>
            <input class="input" id="provider-key" name="key" type="password" autocomplete="off" spellcheck="false"
                aria-invalid=error.is_some().then_some("true") aria-describedby="provider-key-hint provider-key-error" />
            <p class="hint" id="provider-key-hint">{was_typed.then_some("The key you typed was not kept: type it once more. ")}{hint}</p>
            {field_error("provider-key-error", error)}
        </div>
    }
}
