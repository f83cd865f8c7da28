//! `/conversations`: all of them, by the page.

use crate::{
    api::{context, local_path::LocalPath},
    components::{
        frame::{Here, frame, page as framed},
        icon::{LAMP, icon, small_icon},
        notice::refused,
        toast, when,
    },
};
use api_types::{ConversationId, Problem};
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
        let after = cursor.map(|text| parse(&text).ok_or(Problem::NotFound)).transpose()?;
        // This part of the list, without what is told in its query.
        let here = match after {
            Some((at, id)) => format!("/conversations?after={}.{id}", at.0),
            None => "/conversations".to_owned(),
        };
        let data = super::frame_data(by.clone()).await?;
        let part = match after {
            Some(after) => context::studio()?.conversations(&by, Some(after)).await?,
            None => data.recent.clone(),
        };
        let now = data.now;
        let form = context::refused_form();
        let is_empty = part.conversations.is_empty();
        let is_first = after.is_none();
        let next = part.next.map(|(at, id)| format!("/conversations?after={}.{id}", at.0));
        let rows = part.conversations.iter().map(|conversation| row(conversation, &here, now)).collect_view();
        let undo = deleted
            .and_then(|id| id.parse::<ConversationId>().ok())
            .map(|id| toast::deleted(id, LocalPath::parse(&here).as_ref()));
        let body = view! {
            {form.map(|form| refused(&form.problem))}
            {(is_empty && is_first).then(|| view! {
                <div class="empty">
                    <span class="contents" inner_html=LAMP></span>
                    <h2>"No conversations yet"</h2>
                    <p>"What you ask is kept here, for you alone."</p>
                    <div class="actions"><a class="btn primary" href="/chat">"New chat"</a></div>
                </div>
            })}
            <ul class="rows" hidden=is_empty>{rows}</ul>
            {(is_empty && !is_first).then(|| view! { <p>"There are no older conversations."</p> })}
            <nav class="parts" aria-label="Parts of the list">
                {(!is_first).then(|| view! { <a class="btn quiet" href="/conversations">{small_icon("left")}"Newest conversations"</a> })}
                {next.map(|next| view! { <a class="btn quiet" href=next>"Older conversations"{small_icon("right")}</a> })}
            </nav>
        };
        let main = view! { {framed("Conversations", body)}{toast::toasts(undo)} };
        Ok(view! { <Title text="Conversations" />{frame(data, Here::Conversations, main)} }.into_any())
    })
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
