//! Where one writes.

use super::{
    icon::{icon, small_icon},
    notice::{field_error, refused, why},
};
use crate::{
    api::{form::RefusedForm, kept, local_path, once},
    islands::{Chat, ChatPlace},
    markup,
};
use api_types::{ConversationId, ModelRef, RunId};
use leptos::prelude::*;
use studio::{MESSAGE_BYTES_MAX, Quote, ports::Timestamp};

/// What the composer of one page knows.
pub struct Composer {
    /// The conversation; none before the first message.
    pub conversation: Option<ConversationId>,
    /// The model of a conversation that has not begun.
    pub model: Option<ModelRef>,
    /// What people call the model that will answer.
    pub model_label: Option<String>,
    /// The answer that is being written.
    pub running: Option<RunId>,
    /// A form of this page that was refused.
    pub form: Option<RefusedForm>,
    /// Now.
    pub now: Timestamp,
    /// The model that will answer is there; if not, what is above says so.
    pub has_model: bool,
    /// What has to be known before anything can be sent.
    pub above: AnyView,
    /// What is good to know of the model.
    pub under: Option<AnyView>,
    /// What the next answer would cost, and how many bytes its turns on this page have.
    pub quote: Option<(Quote, u64)>,
}

/// The dock under a conversation: what was refused, the box, Send or Stop.
pub fn composer(shown: Composer) -> impl IntoView {
    let Composer { conversation, running, form, now, above, under, quote, .. } = shown;
    let model = shown.model.map(|model| model.to_string());
    let mine = form.as_ref().filter(|form| form.action == "/api/message/send");
    let typed = typed(form.as_ref(), "text").unwrap_or_default();
    let model_error = mine.and_then(|form| form.error("model")).filter(|_| shown.has_model);
    let error = mine.and_then(|form| form.error("text")).or(model_error);
    // What is wrong is told in another place, and there one goes on.
    let is_elsewhere = error.is_none() && form.as_ref().is_some_and(RefusedForm::is_told_in_place);
    let explained = mine.filter(|_| error.is_some()).and_then(|form| why(&form.problem));
    let other = form.filter(|form| !form.is_told_in_place()).map(|form| form.problem);
    let is_wrong = error.is_some();
    let door = local_path::door();
    let actions = view! {
        <button class="btn needs-live" type="button" data-stop=running.map(|run| run.to_string()).unwrap_or_default() hidden=running.is_none()>
            {icon("stop")}"Stop"
        </button>
        // Of a new conversation it says who is asked; of one that exists its row does.
        <button class="btn primary" type="submit" name=model.as_ref().map(|_| "model") value=model data-send>{icon("send")}"Send"</button>
    };
    view! {
        <div class="dock">
            <button class="btn icon-only small latest" type="button" data-latest hidden aria-label="To the latest message" title="To the latest message">
                {small_icon("down")}
            </button>
            {above}
            {other.map(|problem| refused(&problem))}
            <p class="aside" id="lost" hidden>"The connection to the studio is lost. Trying again; what you typed stays here."</p>
            <p class="aside" id="signed-out" hidden>"You are signed out. "<a href=door>"Sign in"</a>" to go on; what you typed stays here."</p>
            {conversation.map(|id| view! {
                <p class="aside" id="newer" hidden>"There is more in this conversation than this page shows. "<a href=format!("/chat/{id}")>"Show it"</a></p>
            })}
            {conversation.zip(running).map(|(id, _)| under_way(id))}
            <form class="composer" method="post" action="/api/message/send" id="composer">
                {conversation.map(|id| view! { <input type="hidden" name="conversation" value=id.to_string() /> })}
                {once::hidden()}
                <div class="box">
                    <label class="sr" for="message">"Your message"</label>
                    <textarea
                        id="message"
                        name="text"
                        rows="1"
                        placeholder="Ask anything"
                        dir="auto"
                        required
                        autofocus=!is_elsewhere
                        data-bytes-max=MESSAGE_BYTES_MAX.to_string()
                        aria-invalid=is_wrong.then_some("true")
                        aria-describedby="message-error"
                    >{markup::area_text(&typed)}</textarea>
                    {bar(shown.model_label, actions)}
                </div>
                <div id="message-error" role="alert">{field_error("message-error-text", error)}{explained}</div>
            </form>
            <div class="under">
                {under.map(|words| view! { <p>{words}</p> })}
                {quote.map(|(quote, shown)| priced(quote, shown + typed.len() as u64))}
                <p class="keys needs-live"><kbd>"Enter"</kbd>" sends, "<kbd>"Shift Enter"</kbd>" makes a new line"</p>
            </div>
            <Chat place=ChatPlace { conversation, after: now.0 } />
        </div>
    }
}

/// What the next answer would cost. A script says it anew while one types.
fn priced(quote: Quote, bytes: u64) -> impl IntoView {
    let Quote { price, bytes: unseen, max_tokens } = quote;
    view! {
        <p id="quote" data-bytes=unseen.to_string() data-max-tokens=max_tokens.to_string()
            data-prompt=price.prompt_micros_per_million.to_string() data-completion=price.completion_micros_per_million.to_string()>
            {crate::quote::words(price, unseen + bytes, max_tokens)}
        </p>
    }
}

/// What stands typed in a field of this form: it was refused, or one of its buttons did something else.
pub fn typed(form: Option<&RefusedForm>, field: &str) -> Option<String> {
    let of_it = |form: &&RefusedForm| {
        matches!(form.action.as_str(), "/api/message/send" | "/api/conversation/choose")
    };
    let refused = form.filter(of_it).and_then(|form| form.typed(field)).map(str::to_owned);
    refused.or_else(|| kept::kept()?.typed(field).map(str::to_owned))
}

/// What a page without a script says while an answer is written. Where nothing was typed the page shows more of it by itself,
/// and there is no box whose text that would take away (`data-asks-again`).
fn under_way(id: ConversationId) -> impl IntoView {
    view! {
        <noscript>
            <p class="aside">
                <span class="asks-again">"The answer is being written. This page shows more of it every two seconds; you can write when it is finished or stopped."</span>
                <span class="asks-not">"The answer is being written. What you typed stays here. "<a href=format!("/chat/{id}")>"Show how far it is"</a></span>
            </p>
        </noscript>
    }
}

/// The lower edge of the box: who answers, and what one can do.
pub fn bar(model_label: Option<String>, actions: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="bar">
            {model_label.map(|label| (format!("Model: {label}"), label)).map(|(spoken, label)| view! {
                <button class="btn quiet small model" type="button" popovertarget="models" aria-label=spoken >
                    <span class="name">{label}</span>{small_icon("down")}
                </button>
            })}
            {actions}
        </div>
    }
}
