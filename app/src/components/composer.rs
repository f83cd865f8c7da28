//! Where one writes.

use super::{
    icon::{icon, small_icon},
    notice::{field_error, refused},
};
use crate::{
    api::{context::RefusedForm, local_path},
    islands::{Chat, ChatPlace},
    markup,
};
use api_types::{ConversationId, ModelRef, RunId};
use leptos::prelude::*;
use studio::{MESSAGE_BYTES_MAX, ports::Timestamp};

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
    /// What has to be known before anything can be sent.
    pub above: AnyView,
    /// What is good to know of the model.
    pub under: Option<AnyView>,
}

/// The dock under a conversation: what was refused, the box, Send or Stop.
pub fn composer(shown: Composer) -> impl IntoView {
    let Composer { conversation, running, form, now, above, under, .. } = shown;
    let model = shown.model.map(|model| model.to_string());
    let mine = form.as_ref().filter(|form| form.action == "/api/message/send");
    let typed = mine.and_then(|form| form.typed("text")).unwrap_or_default().to_owned();
    let error = mine.and_then(|form| form.error("text").or_else(|| form.error("model")));
    let other = form.filter(|form| !form.names_a_field()).map(|form| form.problem);
    let is_wrong = error.is_some();
    let door = local_path::door();
    let actions = view! {
        <button class="btn needs-live" type="button" data-stop=running.map(|run| run.to_string()).unwrap_or_default() hidden=running.is_none()>
            {icon("stop")}"Stop"
        </button>
        <button class="btn primary" type="submit" data-send>{icon("send")}"Send"</button>
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
                {conversation.is_none().then(|| model.map(|model| view! { <input type="hidden" name="model" value=model /> }))}
                <div class="box">
                    <label class="sr" for="message">"Your message"</label>
                    <textarea
                        id="message"
                        name="text"
                        rows="1"
                        placeholder="Ask anything"
                        dir="auto"
                        required
                        autofocus
                        data-bytes-max=MESSAGE_BYTES_MAX.to_string()
                        aria-invalid=is_wrong.then_some("true")
                        aria-describedby="message-error"
                    >{markup::area_text(&typed)}</textarea>
                    {bar(shown.model_label, actions)}
                </div>
                <div id="message-error" role="alert">{field_error("message-error-text", error)}</div>
            </form>
            <div class="under">
                {under.map(|words| view! { <p>{words}</p> })}
                <p class="keys needs-live"><kbd>"Enter"</kbd>" sends, "<kbd>"Shift Enter"</kbd>" makes a new line"</p>
            </div>
            <Chat place=ChatPlace { conversation, after: now.0 } />
        </div>
    }
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
