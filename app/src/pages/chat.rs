//! `/chat` and `/chat/{id}`: a conversation.

use super::deleted;
use crate::{
    api::{
        Refused, context,
        form::{self, RefusedForm},
        kept,
    },
    components::{
        composer::{Composer, composer},
        conversation::{self, label_of},
        frame::{Here, frame},
        icon::LAMP,
        notice::notice_with,
        settings, toast, turn,
    },
    markup::Room,
};
use api_types::{
    AnswerState, ConversationId, ConversationSettings, Flag, MessageId, MessageRole, ModelInfo, ModelKind,
    ModelRef, Problem,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use studio::{OpenConversation, SignedIn, Studio, ports::store::TurnRow, turn_bytes};

/// A conversation that has not begun.
pub(crate) fn new_chat() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (asked, deleted) = (query.get("model"), query.get("deleted"));
    let is_welcome = query.get("welcome").is_some();
    super::page(async move {
        let by = context::signed_in()?;
        let studio = context::studio()?;
        studio.switched_on(Flag::Chat, by.owned()).await?;
        let form = form::refused_form();
        let data = super::frame_data(by.clone()).await?;
        let models = studio.catalog.models().await;
        let asked: Option<ModelRef> = asked.and_then(|text| text.parse().ok());
        let asked = asked.filter(|model| models.iter().any(|info| &info.model == model));
        let chosen = match asked {
            Some(model) => Some(model),
            None => studio.default_settings(&by).await?.map(|settings| settings.model),
        };
        let label = chosen.as_ref().map(|model| label_of(&models, model));
        let settings = chosen.clone().map(|model| ConversationSettings {
            model,
            temperature: None,
            max_tokens: None,
            system_prompt: String::new(),
        });
        let quote = match &settings {
            Some(settings) => studio.quote(&by, settings, None).await?.map(|quote| (quote, 0)),
            None => None,
        };
        let servers = studio.catalog.servers();
        let (above, under) = about_model(&models, chosen.as_ref(), servers);
        let above = view! { {is_welcome.then(welcome)}{above} }.into_any();
        let sheet = settings::new_settings_sheet(chosen.as_ref(), form.as_ref());
        let undo = deleted.and_then(|id| id.parse().ok()).map(|id| toast::deleted(id, None));
        let main = view! {
            <main class="main chat fresh" id="main">
                {conversation::new_head()}
                <div class="scroller" tabindex="0" role="region" aria-label="Conversation">
                    <div class="thread blank">
                        <div class="empty">
                            <span class="contents" inner_html=LAMP></span>
                            <h2>"What would you like to work on?"</h2>
                            <p>"Ask, write, think aloud. What you say stays on this machine as long as a model on this machine answers."</p>
                        </div>
                    </div>
                </div>
                {composer(Composer { conversation: None, model: chosen.clone(), has_model: chosen.is_some(), model_label: label, running: None, form, now: data.now, above, under, quote })}
            </main>
            {conversation::model_menu("Who answers", models, chosen.as_ref())}
            {sheet}
            {toast::toasts(undo)}
        };
        Ok(view! { <Title text="New chat" />{frame(data, Here::Chat(None), main)} }.into_any())
    })
}

/// Said once, to who has just come: what is easily forgotten until it is too late.
fn welcome() -> impl IntoView {
    let say = view! {
        <b>"You are in. "</b>
        "Your passkey is the only way back. Recovery codes, kept somewhere else, help when this device is lost."
    };
    notice_with(
        "info",
        "key",
        say,
        view! { <a class="btn small" href="/settings/passkeys">"Make recovery codes"</a> },
    )
}

/// What a person should know of the model before they write: over the box what keeps it from answering, under it what it is.
fn about_model(
    models: &[ModelInfo],
    chosen: Option<&ModelRef>,
    servers: usize,
) -> (AnyView, Option<AnyView>) {
    let connect = |words: &'static str| view! { <a class="btn quiet small" href="/models">{words}</a> };
    let nothing = || ().into_any();
    let info = chosen.and_then(|model| models.iter().find(|info| &info.model == model));
    match (chosen, info.map(|info| info.kind)) {
        (None, _) if servers > 0 => {
            let which = match servers {
                1 => "One model server is set up, and it cannot be reached or has no model.".to_owned(),
                n => format!("{n} model servers are set up, and none of them can be reached or has a model."),
            };
            let words = view! { <b>"There is no model now."</b>" "{which} };
            (notice_with("warn", "warn", words, connect("Models")).into_any(), None)
        }
        (None, _) => {
            let words = view! { <b>"There is no model yet."</b>" The built-in one has no weights, and none is connected." };
            (notice_with("warn", "warn", words, connect("Connect a model")).into_any(), None)
        }
        (Some(model), None) => {
            let words = view! { <b>{format!("{} is not available now.", model.name())}</b>" Choose another model below." };
            (notice_with("warn", "warn", words, connect("Models")).into_any(), None)
        }
        (_, Some(ModelKind::Mock)) => {
            let words = view! { "A "<b>"mock model"</b>": its answers are scripted." };
            (nothing(), Some(words.into_any()))
        }
        (_, Some(ModelKind::Local)) => {
            let words = view! {
                "The "<b>"small built-in model"</b>" is private, free, and often wrong. "<a href="/models">"Connect a better one"</a>
            };
            (nothing(), Some(words.into_any()))
        }
        (_, Some(ModelKind::Nearby | ModelKind::Remote)) => (nothing(), None),
    }
}

/// A conversation that exists.
pub(crate) fn chat() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id");
    let query = use_query_map().get_untracked();
    let (until, edit, is_saved) = (query.get("until"), query.get("edit"), query.get("saved").is_some());
    super::page(async move {
        let by = context::signed_in()?;
        let id: ConversationId = id.and_then(|id| id.parse().ok()).ok_or(Problem::NotFound)?;
        let until: Option<MessageId> =
            until.map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
        let studio = context::studio()?;
        let form = form::refused_form();
        // Before the rows: what changes in between comes with the stream.
        let data = super::frame_data(by.clone()).await?;
        let open = match studio.conversation(&by, id, until).await {
            Err(Problem::NotFound) if form::refused_form().is_none() => {
                let deleted = studio.deleted_conversation(&by, id).await?;
                return Ok(deleted::page(&deleted, data));
            }
            open => open?,
        };
        let models = studio.catalog.models().await;
        let edited = editing(edit, form.as_ref());
        let shown = thread(&studio, &by, &open, &models, |row| {
            (edited == Some(row.message.id) && row.message.role == MessageRole::User)
                .then(|| turn::edited(&row.message, form.as_ref()))
        })
        .await?;
        let set = &open.conversation.settings;
        let title = open.conversation.title.clone();
        let running = open
            .turns
            .iter()
            .filter_map(|turn| turn.run.as_ref())
            .find(|run| run.state.is_active())
            .map(|run| run.run);
        let earlier = open.earlier.map(|id| format!("?until={id}"));
        let label = label_of(&models, &set.model);
        let has_model = models.iter().any(|info| info.model == set.model);
        let (above, under) = about_model(&models, Some(&set.model), studio.catalog.servers());
        let is_past = until.is_some();
        // Of a past part of a conversation it is not known here what comes after it.
        let quote = match is_past {
            true => None,
            false => {
                studio.quote(&by, set, Some(&open)).await?.map(|quote| (quote, shown_bytes(&open.turns)))
            }
        };
        let is_saved = is_saved && form.is_none();
        // Without a script the page asks again by itself, but never where it holds something that was typed.
        let asks_again = running.is_some() && form.is_none() && kept::kept().is_none();
        let main = view! {
            <main class="main chat" id="main" data-asks-again=asks_again.then_some("")>
                {conversation::head(title.clone())}
                <div class="scroller" tabindex="0" role="region" aria-label="Conversation">
                    <div class="thread" data-conversation=id.to_string()>
                        {earlier.map(|href| view! { <p class="earlier"><a class="btn quiet small" href=href>"Earlier messages"</a></p> })}
                        {shown}
                        {is_past.then(|| view! { <p class="earlier"><a class="btn quiet small" href=format!("/chat/{id}")>"To the latest messages"</a></p> })}
                    </div>
                </div>
                // Without a fragment: an address that differs in its fragment alone is not loaded again.
                {asks_again.then(|| view! { <noscript><meta http-equiv="refresh" content=format!("2; url=/chat/{id}") /></noscript> })}
                {composer(Composer { conversation: Some(id), model: None, has_model, model_label: Some(label), running, form: form.clone(), now: data.now, above, under, quote })}
            </main>
            {conversation::model_menu("Who answers from now on", models.clone(), Some(&set.model))}
            {conversation::more_menu(id, title.clone(), form.as_ref())}
            {settings::settings_sheet(id, models, set, form.as_ref())}
            {toast::toasts(is_saved.then(toast::saved))}
        };
        Ok(view! { <Title text=title />{frame(data, Here::Chat(Some(id)), main)} }.into_any())
    })
}

/// So many bytes of the turns on a page go to the model with the next question.
fn shown_bytes(turns: &[TurnRow]) -> u64 {
    turns.iter().map(|turn| turn_bytes(turn.message.body.len())).sum()
}

/// The question that is asked in other words on this page.
fn editing(asked: Option<String>, form: Option<&RefusedForm>) -> Option<MessageId> {
    let refused = form.filter(|form| form.action == "/api/message/edit");
    refused.and_then(|form| form.typed("message").map(str::to_owned)).or(asked)?.parse().ok()
}

/// The turns, those under way with their text so far, and those that are shown in another way in that.
async fn thread(
    studio: &Studio,
    by: &SignedIn,
    open: &OpenConversation,
    models: &[ModelInfo],
    otherwise: impl Fn(&TurnRow) -> Option<AnyView>,
) -> Result<Vec<AnyView>, Refused> {
    let mut views = Vec::with_capacity(open.turns.len());
    let mut room = Room::default();
    // The last first: where a page has no room for all of them, it is the one at its top that is shown as it was written.
    for row in open.turns.iter().rev() {
        let label = row.run.as_ref().map_or_else(|| "Answer".to_owned(), |run| label_of(models, &run.model));
        let text = match &row.run {
            Some(run) if matches!(run.state, AnswerState::Queued | AnswerState::Running) => {
                Some(studio.answer_text(by, run).await?)
            }
            _ => None,
        };
        views.push(otherwise(row).unwrap_or_else(|| turn::turn(row, text, &label, &mut room)));
    }
    views.reverse();
    Ok(views)
}
