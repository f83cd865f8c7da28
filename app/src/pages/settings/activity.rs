//! `/settings/activity`: what happened to the account, newest first.

use crate::{
    api::{context, form},
    components::{
        account::{icon_of, sentence},
        frame::FrameData,
        icon::icon,
        notice::refused,
        own_settings::{Part, settings},
        parts::parts,
        when::moment,
    },
};
use api_types::Problem;
use leptos::prelude::*;
use leptos_meta::Title;
use studio::ports::{Timestamp, store::AccountEventRow};

/// The page; `?before=` names the event that it goes on after.
pub(crate) fn activity() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let before =
            context::asked("before").map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
        let page = context::studio()?.account_events(&by.in_session()?, before).await?;
        // The list says what the notice over other pages says.
        let data = FrameData { news: Vec::new(), ..crate::pages::frame_data(by).await? };
        let now = data.now;
        let is_empty = page.events.is_empty();
        let unseen = page.news.first().copied().zip(page.news.last().copied());
        let rows =
            page.events.iter().map(|event| row(event, page.news.contains(&event.id), now)).collect_view();
        let newest = before.map(|_| ("/settings/activity".to_owned(), "What happened last"));
        let older = page.next.map(|id| (format!("/settings/activity?before={id}"), "What happened before"));
        let body = view! {
            <div class="intro"><p>"What happened to your account and its keys. If there is something that you did not do, remove "<a href="/settings/passkeys">"passkeys"</a>" and "<a href="/settings/tokens">"tokens"</a>" that are not yours, end all other "<a href="/settings/sessions">"sessions"</a>", and tell an administrator."</p></div>
            {form::refused_form().map(|form| refused(&form.problem))}
            <div class="stack">
                {unseen.map(|(last, first)| view! {
                    <form method="post" action="/api/account_event/see">
                        <input type="hidden" name="first" value=first.to_string() />
                        <input type="hidden" name="last" value=last.to_string() />
                        <button class="btn" type="submit">{icon("check")}"I have seen these"</button>
                    </form>
                })}
                {is_empty.then(|| view! { <p class="about">"Nothing has happened yet."</p> })}
                {(!is_empty).then(|| view! { <ul class="rows">{rows}</ul> })}
                {parts("Parts of the list", newest, older)}
            </div>
        };
        Ok(view! { <Title text="Activity" />{settings(data, Part::Activity, body)} }.into_any())
    })
}

fn row(event: &AccountEventRow, is_new: bool, now: Timestamp) -> impl IntoView + use<> {
    view! {
        <li class="row">
            {icon(icon_of(event.kind))}
            <div class="what"><span class="name wraps">{sentence(event)}</span><p class="about">{moment(event.at, now)}</p></div>
            {is_new.then(|| view! { <span class="state" data-state="running">"New"</span> })}
        </li>
    }
}
