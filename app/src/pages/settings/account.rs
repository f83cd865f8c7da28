//! `/settings`: one's name, all that is one's own as a file, and the end of it.

use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        deletion::erasing,
        icon::icon,
        notice::{field_error, refused},
        own_settings::{Part, settings},
        signal::signal,
        toast,
        when::moment,
    },
};
use api_types::MemoryKind;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use studio::{
    NAME_CHARS_MAX, SignedIn, grouped,
    ports::{Timestamp, store::MemoryView},
};

/// So many characters of what is remembered are on the page.
const WORDS_SHOWN: usize = 120;

/// The page.
pub(crate) fn account() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (is_saved, is_forgotten) = (query.get("saved").is_some(), query.get("forgotten").is_some());
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let studio = context::studio()?;
        let belongings = studio.belongings(&by).await?;
        let remembered = studio.memories(&by).await?;
        // Keepers of passkeys show the name, too.
        let known = if is_saved { Some(studio.known_passkeys(&by).await?) } else { None };
        let data = crate::pages::frame_data(by.clone()).await?;
        let data_now = data.now;
        let form = form::refused_form();
        let of = |action: &str| form.as_ref().filter(|form| form.action == action);
        let done = match (is_saved, is_forgotten) {
            _ if form.is_some() => None,
            (true, _) => Some("Saved"),
            (_, true) => Some("Forgotten"),
            _ => None,
        };
        let done = done.map(|word| toast::passing(word.to_owned()));
        let body = view! {
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                {name(&by, of("/api/account/rename"))}
                <section class="section">
                    <h2>"Your data"</h2>
                    <p>"Everything that is yours in one file: your account, each conversation with every version of every answer, and what the studio remembers. No passkey and no token is in it."</p>
                    <a class="btn" href="/api/account/export" download>"Export everything"</a>
                </section>
                {memories(&remembered, belongings.memories, data_now)}
                {erasing("/api/account/delete", None, by.name(), belongings, of("/api/account/delete"))}
            </div>
            {known.map(|known| signal(known, by.name()))}
            {toast::toasts(done)}
        };
        Ok(view! { <Title text="Account" />{settings(data, Part::Account, body)} }.into_any())
    })
}

/// What the studio remembers of somebody, and the way to forget it. `count`: of chats in the bin too, which are not shown.
fn memories(remembered: &[MemoryView], count: u32, now: Timestamp) -> impl IntoView + use<> {
    let how_many =
        if count == 1 { "1 memory".to_owned() } else { format!("{} memories", grouped(count as usize)) };
    let words = match remembered.len() {
        0 => format!("{how_many}, all of chats in the bin"),
        shown if shown == count as usize => how_many,
        shown => format!("{how_many}, of which these are the latest {shown}"),
    };
    let rows = remembered.iter().map(|memory| memory_row(memory, now)).collect_view();
    view! {
        <section class="section" id="memories">
            <h2>"What the studio remembers"</h2>
            <p>"Each question with its whole answer, and notes that programs of yours have stored. It is kept for you and given to your programs at /api/memory/context; nothing of it is sent to a model yet."</p>
            {(count == 0).then(|| view! { <p class="about">"Nothing yet."</p> })}
            {(count > 0).then(|| view! {
                <div class="stack tight">
                    <details>
                        <summary>{words}</summary>
                        <ul class="rows">{rows}</ul>
                    </details>
                    <details class="careful">
                        <summary>"Forget everything…"</summary>
                        <form class="stack" method="post" action="/api/memory/forget">
                            <input type="hidden" name="all" value="true" />
                            <p>"Your chats stay as they are. What is remembered of them goes, and all notes go; this cannot be undone."</p>
                            <div class="actions"><button class="btn danger filled" type="submit">"Forget everything for good"</button></div>
                        </form>
                    </details>
                </div>
            })}
        </section>
    }
}

fn memory_row(memory: &MemoryView, now: Timestamp) -> impl IntoView + use<> {
    let words = memory.asked.as_deref().unwrap_or(&memory.content);
    let words = match words.char_indices().nth(WORDS_SHOWN) {
        Some((at, _)) => format!("{}…", &words[..at]),
        None => words.to_owned(),
    };
    let kind = if memory.kind == MemoryKind::Note { "A note" } else { "A question and its answer" };
    let label = format!("Forget: {words}");
    let id = memory.id.to_string();
    view! {
        <li class="row">
            <div class="what"><span class="name">{words}</span><p class="about">{kind}" · "{moment(memory.created_at, now)}</p></div>
            <form method="post" action="/api/memory/forget">
                <input type="hidden" name="memory" value=id />
                <button class="btn quiet icon-only small" type="submit" aria-label=label title="Forget">{icon("trash")}</button>
            </form>
        </li>
    }
}

fn name(by: &SignedIn, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let error = form.and_then(|form| form.error("name"));
    let typed = form.and_then(|form| form.typed("name")).unwrap_or(by.name()).to_owned();
    view! {
        <section class="section">
            <h2>"You"</h2>
            <p>{format!("Your role here: {}.", by.role_titled())}</p>
            <form class="stack" method="post" action="/api/account/rename">
                <div class="field">
                    <label for="name">"Your name"</label>
                    <input class="input" id="name" name="name" autocomplete="name" required maxlength=NAME_CHARS_MAX.to_string() value=typed
                        aria-invalid=error.is_some().then_some("true") aria-describedby="name-hint name-error" />
                    <p class="hint" id="name-hint">"The administrators see it, and whoever you invite."</p>
                    {field_error("name-error", error)}
                </div>
                <div class="actions"><button class="btn" type="submit">"Save the name"</button></div>
            </form>
        </section>
    }
}
