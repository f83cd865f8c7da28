//! `/conversations`: all of them, by the page, or those with some words in them.

use crate::{
    api::{context, form, local_path::LocalPath},
    components::{
        frame::{Here, frame, page as framed},
        icon::{LAMP, icon, small_icon},
        notice::refused,
        search::search,
        toast, when,
    },
};
use api_types::{ConversationId, Flag, Problem};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use studio::ports::{Timestamp, store::ConversationRow};

/// The page.
pub(crate) fn conversations() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (cursor, deleted) = (query.get("after"), query.get("deleted"));
    super::page(async move {
        let by = context::signed_in()?;
        context::studio()?.switched_on(Flag::Chat, by.owned()).await?;
        let after = cursor.map(|text| parse(&text).ok_or(Problem::NotFound)).transpose()?;
        let words = context::asked("q").filter(|words| !words.trim().is_empty());
        // This part of the list, without what is told in its query.
        let here = address(words.as_deref(), after);
        let data = super::frame_data(by.clone()).await?;
        let part = match (&words, after) {
            (Some(words), after) => context::studio()?.find_conversations(&by, words, after).await?,
            (None, Some(after)) => context::studio()?.conversations(&by, Some(after)).await?,
            (None, None) => data.recent.clone(),
        };
        let now = data.now;
        let form = form::refused_form();
        let is_empty = part.conversations.is_empty();
        let (is_first, is_search) = (after.is_none(), words.is_some());
        let next = part.next.map(|next| address(words.as_deref(), Some(next)));
        let newest = address(words.as_deref(), None);
        let rows = part.conversations.iter().map(|conversation| row(conversation, &here, now)).collect_view();
        let undo = deleted
            .and_then(|id| id.parse::<ConversationId>().ok())
            .map(|id| toast::deleted(id, LocalPath::parse(&here).as_ref()));
        let none = match (is_first, is_search) {
            (false, _) => view! { <p>"There are no older conversations."</p> }.into_any(),
            (true, true) => nothing_found().into_any(),
            (true, false) => nothing_yet().into_any(),
        };
        let body = view! {
            {form.map(|form| refused(&form.problem))}
            {(!is_empty || !is_first || is_search).then(|| search(words))}
            {is_empty.then_some(none)}
            <ul class="rows" hidden=is_empty>{rows}</ul>
            <nav class="parts" aria-label="Parts of the list">
                {(!is_first).then(|| view! { <a class="btn quiet" href=newest>{small_icon("left")}"Newest conversations"</a> })}
                {next.map(|next| view! { <a class="btn quiet" href=next>"Older conversations"{small_icon("right")}</a> })}
                <a class="btn quiet" href="/conversations/deleted">{small_icon("trash")}"Deleted conversations"</a>
            </nav>
        };
        let main = view! { {framed("Conversations", body)}{toast::toasts(undo)} };
        Ok(view! { <Title text="Conversations" />{frame(data, Here::Conversations, main)} }.into_any())
    })
}

fn nothing_yet() -> impl IntoView {
    view! {
        <div class="empty">
            <span class="contents" inner_html=LAMP></span>
            <h2>"No conversations yet"</h2>
            <p>"What you ask is kept here, for you alone."</p>
            <div class="actions"><a class="btn primary" href="/chat">"New chat"</a></div>
        </div>
    }
}

fn nothing_found() -> impl IntoView {
    view! {
        <div class="empty">
            <h2>"Nothing found"</h2>
            <p>"No title and no message of yours has these words, one after the other. Try fewer of them."</p>
        </div>
    }
}

/// The address of a part of the list.
fn address(words: Option<&str>, after: Option<(Timestamp, ConversationId)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(words) = words {
        query.append_pair("q", words);
    }
    if let Some((at, id)) = after {
        query.append_pair("after", &format!("{}.{id}", at.0));
    }
    match query.finish().as_str() {
        "" => "/conversations".to_owned(),
        query => format!("/conversations?{query}"),
    }
}

/// `micros.id`, as the link to the next part has it.
fn parse(text: &str) -> Option<(Timestamp, ConversationId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
}

fn row(conversation: &ConversationRow, list: &str, now: Timestamp) -> impl IntoView + use<> {
    let list = list.to_owned();
    let id = conversation.id;
    let title = conversation.title.clone();
    view! {
        <li class="row">
            <div class="what">
                <a class="name" href=format!("/chat/{id}")>{title.clone()}</a>
                <p class="about">{when::ago(conversation.updated_at, now)}</p>
            </div>
            <form class="shy" method="post" action="/api/conversation/delete">
                <input type="hidden" name="conversation" value=id.to_string() />
                <input type="hidden" name="back" value=list />
                <button class="btn quiet icon-only small" type="submit" aria-label=format!("Delete {title}") title="Delete">{icon("trash")}</button>
            </form>
        </li>
    }
}
