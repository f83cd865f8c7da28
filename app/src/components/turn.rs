//! One turn of a conversation: a question, or an answer in each of its states.
//!
//! The page, the answer to a sent message and the end of a stream all use what is here, so that they cannot differ.

use super::{
    icon::{icon, small_icon},
    notice::{field_error, notice, notice_with, why},
};
use crate::{
    api::{form::RefusedForm, once},
    markup,
};
use api_types::{AnswerState, ConversationId, MessageId, MessageRole, Micros};
use leptos::prelude::*;
use std::time::Duration;
use studio::{
    Opened, SignedIn, Studio, aside, grouped,
    ports::store::{AnswerRow, MessageRow, Taken, TurnRow},
    says_of_mark, turn_bytes,
};

/// A turn as the page shows it, where it has so much room.
pub fn turn(row: &TurnRow, live_text: Option<String>, model_label: &str, room: &mut markup::Room) -> AnyView {
    match row.message.role {
        MessageRole::User => question(row).into_any(),
        MessageRole::Assistant => answer(row, live_text, model_label, room).into_any(),
    }
}

fn copy() -> impl IntoView {
    view! {
        <button class="btn quiet icon-only small needs-live" type="button" data-copy aria-label="Copy" title="Copy">
            {small_icon("copy")}
        </button>
    }
}

fn question(row: &TurnRow) -> impl IntoView + use<> {
    let message = &row.message;
    view! {
        <article class="turn question" id=format!("m-{}", message.id) aria-label="You" data-bytes=turn_bytes(message.body.len()).to_string()>
            <h2 class="sr">"You"</h2>
            <div class="bubble" inner_html=markup::words(&message.body)></div>
            {marks(&message.marks)}
            <div class="foot">
                <div class="do">
                    {copy()}
                    <a class="btn quiet icon-only small" href=edit_address(message.conversation, message.id) aria-label="Edit" title="Edit">
                        {small_icon("edit")}
                    </a>
                    {siblings(row)}
                </div>
            </div>
        </article>
    }
}

/// What the screen found in a question and let through.
fn marks(rules: &[String]) -> Option<impl IntoView + use<>> {
    let says = |rule: &String| view! { <li>{says_of_mark(rule)}" "<code>{rule.clone()}</code></li> };
    (!rules.is_empty()).then(|| {
        view! {
            <details class="marks">
                <summary>"Marked by the safety screen"</summary>
                <ul>{rules.iter().map(says).collect_view()}</ul>
                <p>"It was sent as it is. Edit it to ask again without it."</p>
            </details>
        }
    })
}

/// The page on which a question is asked in other words: it ends at the question.
fn edit_address(conversation: ConversationId, message: MessageId) -> String {
    format!("/chat/{conversation}?until={message}&edit={message}")
}

/// A question that is asked in other words: what was asked before stays beside it.
pub fn edited(message: &MessageRow, form: Option<&RefusedForm>) -> AnyView {
    let (conversation, id) = (message.conversation, message.id);
    let mine = form.filter(|form| form.action == "/api/message/edit");
    let text = mine.and_then(|form| form.typed("text")).unwrap_or(&message.body);
    let error = mine.and_then(|form| form.error("text").or_else(|| form.error("model")));
    let explained = mine.filter(|_| error.is_some()).and_then(|form| why(&form.problem));
    view! {
        <form class="turn question editing" id=format!("m-{id}") method="post" action="/api/message/edit" aria-label="Your question, in other words">
            <input type="hidden" name="conversation" value=conversation.to_string() />
            <input type="hidden" name="message" value=id.to_string() />
            {once::hidden()}
            <div class="field">
                <label for="edited">"Your question"</label>
                <textarea class="area" id="edited" name="text" dir="auto" required autofocus aria-invalid=error.is_some().then_some("true")
                    aria-describedby="edited-hint edited-error">{markup::area_text(text)}</textarea>
                <p class="hint" id="edited-hint">"It is asked anew from here. What was asked and answered before stays beside it."</p>
                {field_error("edited-error", error)}
                {explained}
            </div>
            <div class="actions">
                <a class="btn" href=format!("/chat/{conversation}")>"Cancel"</a>
                <button class="btn primary" type="submit">{icon("send")}"Ask anew"</button>
            </div>
        </form>
    }
    .into_any()
}

/// What was written so far, in finished blocks and a tail.
fn prose(text: &str, is_active: bool, room: &mut markup::Room) -> AnyView {
    if !is_active {
        let html = aside(text.len(), || markup::to_html_within(text, room));
        return view! { <div class="prose"><div class="block" inner_html=html></div></div> }.into_any();
    }
    let (blocks, unfinished) = aside(text.len(), || markup::beginning(text, room));
    let begun = !text.is_empty();
    view! {
        <div class="prose">
            {blocks.into_iter().map(|html| view! { <div class="block" inner_html=html></div> }).collect_view()}
            {begun.then(|| view! { <div class="unfinished" inner_html=unfinished></div> })}
            {(!begun).then(|| view! { <p class="thinking"><i></i><span data-note>"Thinking"</span></p> })}
        </div>
    }
    .into_any()
}

fn answer(
    row: &TurnRow,
    live_text: Option<String>,
    model_label: &str,
    room: &mut markup::Room,
) -> impl IntoView + use<> {
    let message = &row.message;
    let state = row.run.as_ref().map_or(AnswerState::Finished, |run| run.state);
    let text = live_text.unwrap_or_else(|| message.body.clone());
    let prose = prose(&text, state.is_active(), room);
    view! {
        <article
            class="turn answer"
            id=format!("m-{}", message.id)
            data-run=row.run.as_ref().map(|run| run.run.to_string())
            data-state=state.as_str()
            aria-label=model_label.to_owned()
            aria-busy=state.is_active().then_some("true")
        >
            <h2 class="sr">{model_label.to_owned()}</h2>
            {prose}
            <div data-foot>{foot(row, model_label, once::new_key())}</div>
        </article>
    }
}

/// What stands under an answer: why it ended early, what one can do, what it took.
/// `key` is that of its forms.
fn foot(row: &TurnRow, model_label: &str, key: Option<String>) -> AnyView {
    let Some(run) = &row.run else { return finished_foot(row, None, model_label, key).into_any() };
    if run.state.is_active() {
        return view! {
            <noscript>
                <form method="post" action="/api/run/stop">
                    <input type="hidden" name="run" value=run.run.to_string() />
                    <button class="btn small" type="submit">{small_icon("stop")}"Stop"</button>
                </form>
            </noscript>
        }
        .into_any();
    }
    view! { {why_it_ended(row, run, model_label, key.clone())}{finished_foot(row, Some(run), model_label, key)} }.into_any()
}

fn why_it_ended(row: &TurnRow, run: &AnswerRow, model_label: &str, key: Option<String>) -> AnyView {
    let message = &row.message;
    let go_on = move || {
        // With nothing written there is nothing to continue: it is asked again.
        let (action, word) = if message.body.is_empty() {
            ("/api/message/regenerate", "Try again")
        } else {
            ("/api/message/continue", "Continue")
        };
        let button = view! { <button class="btn small" type="submit">{word}</button> };
        // Under an answer that another turn follows it is not shown: going on there would hide what came after.
        view! { <div class="go-on">{post(action, (message.conversation, message.id), key, button)}</div> }
    };
    match run.state {
        AnswerState::Stopped => notice_with(
            "",
            "stop",
            view! {
                <b>"This answer was stopped."</b>{(!message.body.is_empty()).then_some(" What was written is kept.")}
                {row.given_back.map(|micros| format!(" {} of what was held was given back.", Micros(micros)))}
            },
            go_on(),
        )
        .into_any(),
        AnswerState::Interrupted => notice_with(
            "warn",
            "warn",
            view! {
                <b>"The studio went down in the middle of this answer."</b>
                {(!message.body.is_empty()).then_some(" What was written is kept.")}
                " "<a href=format!("/runs/{}", run.run)>"What happened"</a>
            },
            go_on(),
        )
        .into_any(),
        AnswerState::Failed => {
            let why = run.failure.clone().unwrap_or_default();
            // What is too long can be said in fewer words.
            let edit = message.parent.filter(|_| row.is_too_long()).map(|question| {
                view! { " "<a href=edit_address(message.conversation, question)>"Edit your question"</a>"." }
            });
            let words = view! { <b>{format!("{model_label} did not finish.")}</b>" "{why}{edit} };
            notice_with("danger", "error", words, go_on())
                .into_any()
        }
        AnswerState::Finished if run.cut_short && row.can_continue() => {
            let words = view! { <b>"This answer reached its longest length."</b>" How long one may be is in the settings." };
            notice_with("", "info", words, go_on()).into_any()
        }
        AnswerState::Finished if run.cut_short => {
            notice("", "info", view! { "This answer is as long as one can be. Ask for the rest in a message of your own." }).into_any()
        }
        AnswerState::Finished if run.failure.is_some() => notice("", "info", view! { {run.failure.clone()} }).into_any(),
        AnswerState::Finished if message.body.trim().is_empty() => {
            notice("", "info", view! { "The model had nothing to say. Ask in other words, or choose another model." }).into_any()
        }
        _ => ().into_any(),
    }
}

/// A form with one button about one message.
fn post(
    action: &'static str,
    (conversation, message): (ConversationId, MessageId),
    key: Option<String>,
    button: impl IntoView + 'static,
) -> impl IntoView {
    view! {
        <form method="post" action=action>
            <input type="hidden" name="conversation" value=conversation.to_string() />
            <input type="hidden" name="message" value=message.to_string() />
            {once::field(key)}
            {button}
        </form>
    }
}

fn finished_foot(
    row: &TurnRow,
    run: Option<&AnswerRow>,
    model_label: &str,
    key: Option<String>,
) -> impl IntoView + use<> {
    let (conversation, message) = (row.message.conversation, row.message.id);
    let again = view! {
        <button class="btn quiet icon-only small" type="submit" aria-label="Answer again" title="Answer again">{small_icon("again")}</button>
    };
    let took: Vec<String> = run.map(|run| took(row.taken(), run, model_label)).unwrap_or_default();
    view! {
        <footer class="foot" data-bytes=turn_bytes(row.message.body.len()).to_string()>
            <div class="do">
                {copy()}
                {post("/api/message/regenerate", (conversation, message), key, again)}
                {siblings(row)}
            </div>
            <p class="took">{took.into_iter().map(|part| view! { <span>{part}</span> }).collect_view()}</p>
        </footer>
    }
}

/// Model, tokens, seconds, speed, cost: what is known of them, of all the runs that wrote it.
fn took(taken: Taken, last: &AnswerRow, model_label: &str) -> Vec<String> {
    let mut parts = vec![model_label.to_owned()];
    let tokens = taken.tokens.and_then(|tokens| u32::try_from(tokens).ok());
    if let Some(tokens) = tokens {
        parts.push(if tokens == 1 {
            "1 token".to_owned()
        } else {
            format!("{} tokens", grouped(tokens as usize))
        });
    }
    let seconds = |micros: i64| Duration::from_micros(micros.unsigned_abs()).as_secs_f64();
    if last.ended_at.is_some() {
        let whole = seconds(taken.whole_us);
        parts.push(match whole {
            0.0..0.1 => "under 0.1 s".to_owned(),
            0.1..10.0 => format!("{whole:.1} s"),
            _ => format!("{whole:.0} s"),
        });
        let writing = seconds(taken.writing_us);
        // Over a shorter time the number says more about the clock than about the model.
        if let Some(tokens) = tokens.filter(|n| *n > 1 && writing >= 0.1) {
            parts.push(format!("{:.0} tok/s", f64::from(tokens) / writing));
        }
    }
    if let Some(cost) = taken.cost_micros {
        parts.push(Micros(cost).to_string());
    }
    parts
}

fn siblings(row: &TurnRow) -> Option<impl IntoView + use<>> {
    let count = row.siblings.len();
    let at = row.siblings.iter().position(|sibling| *sibling == row.message.id)?;
    if count < 2 {
        return None;
    }
    let step = |to: Option<&MessageId>, label: &'static str, name: &'static str| {
        let to = to.copied();
        let conversation = row.message.conversation;
        view! {
            <form method="post" action="/api/message/select">
                <input type="hidden" name="conversation" value=conversation.to_string() />
                <input type="hidden" name="message" value=to.map(|id| id.to_string()) />
                <button class="btn quiet icon-only small" type="submit" aria-label=label title=label disabled=to.is_none()>
                    {small_icon(name)}
                </button>
            </form>
        }
    };
    let before = at.checked_sub(1).and_then(|i| row.siblings.get(i));
    let after = row.siblings.get(at + 1);
    let [all, the_one_before, the_next] = match row.message.role {
        MessageRole::User => ["Other wordings", "The wording before", "The next wording"],
        MessageRole::Assistant => ["Other answers", "The answer before", "The next answer"],
    };
    Some(view! {
        <div class="siblings" role="group" aria-label=all>
            {step(before, the_one_before, "left")}
            <span>{format!("{}/{count}", at + 1)}</span>
            {step(after, the_next, "right")}
        </div>
    })
}

/// The HTML of a turn that was just opened: the question, if one was sent, and the empty answer under it.
pub fn opened_html(opened: &Opened) -> String {
    let row = |message: &MessageRow, run| TurnRow {
        message: message.clone(),
        run,
        earlier: Taken::default(),
        given_back: None,
        siblings: vec![message.id],
    };
    let asked = opened.question.as_ref().map(|message| row(message, None));
    let question = asked.map(|row| question(&row).to_html()).unwrap_or_default();
    let row = row(&opened.answer, Some(opened.run.clone()));
    question + &answer(&row, None, &opened.model_label, &mut markup::Room::default()).to_html()
}

/// The foot of an answer that has ended, as HTML; `None` when it cannot be read now.
pub async fn foot_html(
    studio: &Studio,
    by: &SignedIn,
    conversation: ConversationId,
    message: MessageId,
) -> Option<String> {
    let row = studio.turn(by, conversation, message).await.ok()?;
    let label = model_label(studio, row.run.as_ref()).await;
    Some(foot(&row, &label, Some(studio.new_key())).to_html())
}

/// What people call the model of a run.
pub async fn model_label(studio: &Studio, run: Option<&AnswerRow>) -> String {
    let Some(run) = run else { return "Answer".to_owned() };
    match studio.catalog.find(&run.model).await {
        Some(info) => info.label,
        None => run.model.name().to_owned(),
    }
}
