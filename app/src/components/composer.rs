//! Where one writes.

use super::{
    icon::icon,
    notice::{field_error, refused},
};
use crate::{
    api::context::RefusedForm,
    islands::{Chat, ChatPlace},
};
use api_types::{ConversationId, ModelRef, RunId};
use leptos::prelude::*;
use studio::{MESSAGE_BYTES_MAX, ports::Timestamp};

/// The dock under a conversation: what was refused, the box, Send or Stop.
pub fn composer(
    conversation: Option<ConversationId>,
    model: Option<&ModelRef>,
    running: Option<RunId>,
    form: Option<RefusedForm>,
    now: Timestamp,
    above: AnyView,
) -> impl IntoView + use<> {
    let model = model.map(ToString::to_string);
    let mine = form.as_ref().filter(|form| form.action == "/api/message/send");
    let typed = mine.and_then(|form| form.typed("text")).unwrap_or_default().to_owned();
    let error = mine.and_then(|form| form.error("text").or_else(|| form.error("model")));
    let other = form.filter(|form| !form.names_a_field()).map(|form| form.problem);
    let is_wrong = error.is_some();
    view! {
        <div class="dock">
            {above}
            {other.map(|problem| refused(&problem))}
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
                        required
                        autofocus
                        data-bytes-max=MESSAGE_BYTES_MAX.to_string()
                        aria-invalid=is_wrong.then_some("true")
                        aria-describedby="message-error"
                    >{typed}</textarea>
                    <div class="bar">
                        <p class="say keys needs-live"><kbd>"Enter"</kbd>" sends, "<kbd>"Shift Enter"</kbd>" makes a new line"</p>
                        <span class="say needs-no-live"></span>
                        <button class="btn needs-live" type="button" data-stop=running.map(|run| run.to_string()).unwrap_or_default() hidden=running.is_none()>
                            {icon("stop")}"Stop"
                        </button>
                        <button class="btn primary" type="submit" data-send>{icon("send")}"Send"</button>
                    </div>
                </div>
                <div id="message-error" role="alert">{field_error("message-error-text", error)}</div>
            </form>
            <Chat place=ChatPlace { conversation, after: now.0 } />
        </div>
    }
}
