//! `/conversations/deleted`, and the address of a conversation that its owner deleted: they can still be restored.

use crate::{
    api::{context, form},
    components::{
        frame::{FrameData, Here, frame, nothing_here, page as framed},
        icon::{icon, small_icon},
        notice::refused,
        when,
    },
};
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use studio::{
    BIN_LIFE,
    ports::{Timestamp, store::ConversationRow},
};

/// The list.
pub(crate) fn deleted() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let data = super::frame_data(by.clone()).await?;
        let form = form::refused_form();
        let deleted = context::studio()?.deleted_conversations(&by).await?;
        let (now, is_empty) = (data.now, deleted.is_empty());
        let rows = deleted.iter().map(|conversation| row(conversation, now)).collect_view();
        let body = view! {
            {form.map(|form| refused(&form.problem))}
            {is_empty.then(|| view! { <div class="empty"><h2>"Nothing is deleted"</h2><p>"What you delete lies here for a while and can be restored."</p></div> })}
            <ul class="rows" hidden=is_empty>{rows}</ul>
            <nav class="parts" aria-label="Parts of the list">
                <a class="btn quiet" href="/conversations">{small_icon("left")}"All conversations"</a>
            </nav>
        };
        let main = framed("Deleted conversations", body);
        Ok(view! { <Title text="Deleted conversations" />{frame(data, Here::Conversations, main)} }
            .into_any())
    })
}

fn row(conversation: &ConversationRow, now: Timestamp) -> impl IntoView + use<> {
    let title = conversation.title.clone();
    view! {
        <li class="row">
            <div class="what">
                <span class="name">{title.clone()}</span>
                <p class="about">{until(conversation, now)}</p>
            </div>
            <form method="post" action="/api/conversation/restore">
                <input type="hidden" name="conversation" value=conversation.id.to_string() />
                <input type="hidden" name="back" value="/conversations/deleted" />
                <button class="btn small" type="submit" aria-label=format!("Restore {title}")>{small_icon("undo")}"Restore"</button>
            </form>
        </li>
    }
}

/// The page of one.
pub(super) fn page(conversation: &ConversationRow, data: FrameData) -> AnyView {
    // For programs it is not there.
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let (id, now) = (conversation.id, data.now);
    let body = view! {
        <h1>"This conversation was deleted"</h1>
        <p><b>{conversation.title.clone()}</b></p>
        <p>{until(conversation, now)}"."</p>
        <div class="actions">
            <form method="post" action="/api/conversation/restore">
                <input type="hidden" name="conversation" value=id.to_string() />
                <button class="btn primary" type="submit">{icon("undo")}"Restore"</button>
            </form>
            <a class="btn" href="/conversations/deleted">"All deleted conversations"</a>
        </div>
    };
    view! { <Title text="Deleted" />{nothing_here(data, body)} }.into_any()
}

/// When it was deleted, and until when it can be restored.
pub(super) fn until(conversation: &ConversationRow, now: Timestamp) -> String {
    let deleted = conversation.deleted_at.unwrap_or(now);
    format!("Deleted {}; it can be restored until {}", when::ago(deleted, now), when::day(deleted + BIN_LIFE))
}
