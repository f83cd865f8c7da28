//! A conversation: turns as the page shows them, and where one writes.

use super::section;
use crate::{
    components::{
        composer,
        icon::icon,
        notice::field_error,
        parts::parts,
        search::search,
        turn::{edited, turn},
    },
    markup,
};
use api_types::{AnswerState, MessageRole, Usage};
use leptos::prelude::*;
use studio::ports::{
    Timestamp,
    store::{AnswerRow, MessageRow, Owned, Taken, TurnRow},
};

/// Stands for every id.
const ID: &str = "0193a5b2-7c1e-7000-8000-00000000000";

const MARKDOWN: &str = "# A heading\n\nText with **bold**, *italic*, ~~struck~~, `code` and a [link](https://example.com).\n\n\
    1. First\n2. Second\n   - inside it\n\n- [x] done\n- [ ] to do\n\n> A quotation.\n\n\
    | Fruit | Weight (g) |\n|:--|--:|\n| Apple | 182 |\n| Cherry | 8 |\n\n\
    ```rust\n/// Adds what it is given.\nfn sum(numbers: &[i64]) -> i64 {\n    numbers.iter().sum() // no overflow check\n}\n```";

pub(super) fn all() -> impl IntoView {
    view! {
        {section("Prose and code", "prose.css, code.css", view! { <div class="prose" inner_html=markup::to_html(MARKDOWN)></div> })}
        {section("Turns", "chat.css", turns())}
        {section("A question in other words", "chat.css", row(1, None, "How do I know that the dough is ready?").map(|row| edited(&row.message, None)))}
        {section("Search and parts of a list", "surface.css", searching())}
        {section("Composer", "composer.css", composers())}
    }
}

fn searching() -> impl IntoView {
    let way = |words| Some(("/design".to_owned(), words));
    view! {
        {search(Some("a rainy day".to_owned()))}
        {parts("Parts of the list", way("Newest conversations"), way("Older conversations"))}
    }
}

fn turns() -> impl IntoView {
    let one = |at: u8, state: Option<AnswerState>, text: &str| match row(at, state, text) {
        Some(row) => turn(&row, None, "SmolLM2 135M", &mut markup::Room::default()),
        None => ().into_any(),
    };
    view! {
        <div class="thread">
            {one(1, None, "How do I know that the dough is ready?")}
            {one(2, Some(AnswerState::Queued), "")}
            {one(3, Some(AnswerState::Running), "It has grown by half, and trembles when you")}
            {one(4, Some(AnswerState::Finished), "It has grown by half, and trembles when you move the bowl.")}
            {one(5, Some(AnswerState::Stopped), "It has grown by")}
            {one(6, Some(AnswerState::Failed), "")}
        </div>
    }
}

/// A turn that no database has seen; `None` would be a mistake in the ids above.
fn row(at: u8, state: Option<AnswerState>, text: &str) -> Option<TurnRow> {
    let id = format!("{ID}{at}");
    let owned = Owned { organization: id.parse().ok()?, owner: id.parse().ok()? };
    let message = MessageRow {
        id: id.parse().ok()?,
        owned,
        conversation: id.parse().ok()?,
        parent: None,
        role: if state.is_some() { MessageRole::Assistant } else { MessageRole::User },
        body: text.to_owned(),
        marks: Vec::new(),
        created_at: Timestamp(0),
    };
    let run = |state| {
        Some(AnswerRow {
            run: id.parse().ok()?,
            owned,
            conversation: message.conversation,
            message: message.id,
            model: "local/SmolLM2".parse().ok()?,
            state,
            failure: Some("The server closed the connection.".to_owned()),
            usage: Usage { prompt_tokens: Some(12), completion_tokens: Some(38) },
            cost_micros: Some(400),
            cut_short: false,
            created_at: Timestamp(0),
            first_token_at: Some(Timestamp(200_000)),
            ended_at: Some(Timestamp(1_200_000)),
        })
    };
    let siblings = if at == 4 { vec![ID.to_owned() + "1", id.clone()] } else { vec![id.clone()] };
    let siblings = siblings.iter().filter_map(|id| id.parse().ok()).collect();
    Some(TurnRow { run: state.and_then(run), earlier: Taken::default(), given_back: None, message, siblings })
}

fn composers() -> impl IntoView {
    let picker =
        || Some("SmolLM2 135M, the built-in one with a name that is longer than its place".to_owned());
    let one = |state: &'static str, forced: &'static str, text: &'static str, actions: AnyView| {
        view! {
            <div class="composer">
                <div class="box">
                    <textarea rows="1" aria-label=format!("Your message, {state}") placeholder="Ask anything" data-force=forced
                        aria-invalid=(state == "error").then_some("true")>{text}</textarea>
                    {composer::bar(picker(), actions)}
                </div>
                {(state == "error").then(|| field_error("composer-error", Some("Write something first.".to_owned())))}
            </div>
        }
    };
    let send =
        || view! { <button class="btn primary" type="button">{icon("send")}"Send"</button> }.into_any();
    let busy =
        view! { <button class="btn primary" type="button" aria-busy="true">{icon("send")}"Send"</button> };
    let stop = view! { <button class="btn" type="button">{icon("stop")}"Stop"</button> };
    view! {
        {one("rest", "", "", send())}
        {one("focus", "focus-visible", "A question that has several lines:\none\ntwo", send())}
        {one("busy", "", "Sent, and not yet answered", busy.into_any())}
        {one("while it answers", "", "", stop.into_any())}
        {one("error", "", "", send())}
    }
}
