//! `/settings/sessions`: where one is signed in, and how to end it.

use crate::{
    api::{context, form},
    components::{
        icon::icon,
        notice::refused,
        own_settings::{Part, settings},
        when::{ago, moment},
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    ports::{
        Timestamp,
        store::{API_CLIENT, PasskeyRow, SessionRow},
    },
    session_name,
};

/// The page.
pub(crate) fn sessions() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let form = form::refused_form();
        let studio = context::studio()?;
        let sessions = studio.sessions(&by.in_session()?).await?;
        let passkeys = studio.passkeys(&by).await?;
        let this = by.session();
        let data = crate::pages::frame_data(by).await?;
        let now = data.now;
        let (mine, others): (Vec<_>, Vec<_>) = sessions.into_iter().partition(|session| session.id == this);
        let has_others = !others.is_empty();
        let rows = mine
            .into_iter()
            .chain(others)
            .map(|session| row(&session, key_of(&session, &passkeys), session.id == this, now))
            .collect_view();
        let body = view! {
            <div class="intro"><p>"Where you are signed in. What you end here is over at once: the next request from there is refused. "<a href="/settings/tokens">"API tokens"</a>" are no sessions: they work until they are revoked."</p></div>
            {form.map(|form| refused(&form.problem))}
            <div class="stack">
                <ul class="rows">{rows}</ul>
                {has_others.then(|| view! {
                    <form method="post" action="/api/session/end_others">
                        <button class="btn" type="submit">{icon("leave")}"End all others"</button>
                    </form>
                })}
            </div>
        };
        Ok(view! { <Title text="Sessions" />{settings(data, Part::Sessions, body)} }.into_any())
    })
}

/// The name of the passkey that opened it, while it is there.
fn key_of(session: &SessionRow, passkeys: &[PasskeyRow]) -> Option<String> {
    let id = session.credential_id.as_deref()?;
    passkeys.iter().find(|key| key.credential_id == id).map(|key| key.name.clone())
}

fn row(session: &SessionRow, key: Option<String>, is_this: bool, now: Timestamp) -> impl IntoView + use<> {
    let name = session_name(session);
    let sign = if session.browser == API_CLIENT { "out" } else { "chip" };
    let seen = ago(session.last_seen_at, now);
    let with = key.map(|key| format!(" with {key}"));
    let (first, last) = (moment(session.created_at, now), moment(session.last_seen_at, now));
    let id = session.id.to_string();
    let value = id.clone();
    let label = format!("End {name}, last seen {seen}");
    view! {
        <li class="row" data-session=id>
            {icon(sign)}
            <div class="what">
                <span class="name">{name}</span>
                <p class="about">"Signed in "{first}{with}" · last seen "{last}</p>
            </div>
            {is_this.then(|| view! { <span class="state" data-state="finished">"This one"</span> })}
            {(!is_this).then(|| view! {
                <form method="post" action="/api/session/end_one">
                    <input type="hidden" name="session" value=value />
                    <button class="btn small" type="submit" aria-label=label>"End"</button>
                </form>
            })}
        </li>
    }
}
