//! `/people`: who is here, who is invited; for administrators.

mod invites;
mod person;

use crate::{
    api::{context, form},
    components::{
        frame::{Here, frame, page as framed},
        icon::small_icon,
        notice::{notice, refused},
        parts::parts,
        when,
    },
};
use api_types::{PersonId, Problem};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use studio::{
    Admin,
    ports::{Timestamp, store::ListedPerson},
};

pub(crate) use person::person;

/// The page.
pub(crate) fn people() -> impl IntoView {
    let query = use_query_map().get_untracked();
    let (after, older) = (query.get("after"), query.get("invited-before"));
    super::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let after = after.map(|text| cursor(&text).ok_or(Problem::NotFound)).transpose()?;
        let older = older.map(|text| text.parse().map_err(|_| Problem::NotFound)).transpose()?;
        let studio = context::studio()?;
        let data = super::frame_data(by.clone()).await?;
        let (people, invited) = (studio.people(&admin, after).await?, studio.invites(&admin, older).await?);
        let (now, me) = (data.now, by.person());
        let form = form::refused_form();
        let first = after.is_some().then(|| ("/people".to_owned(), "From the beginning"));
        let more = people.next.map(|(at, id)| (format!("/people?after={}.{id}", at.0), "More people"));
        let body = view! {
            <div class="intro"><p>"Who is here, and what they may do. Nobody sees the conversations of anybody else, administrators neither."</p></div>
            {studio.has_open_registration().then(|| notice("warn", "warn", view! {
                <b>"Registration is open. "</b>
                "Whoever reaches this address can make an account. The setting is OPEN_REGISTRATION."
            }))}
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                <section class="section">
                    <h2 class="sr">"Everybody"</h2>
                    <ul class="rows">{people.people.iter().map(|listed| row(listed, me, now)).collect_view()}</ul>
                    {parts("Parts of the list", first, more)}
                </section>
                {invites::make(&admin, form.as_ref(), &invited, now)}
                {invites::list(invited, older.is_some(), now)}
            </div>
        };
        Ok(view! { <Title text="People" />{frame(data, Here::People, framed("People", body))} }.into_any())
    })
}

/// `micros.id`, as the link to the next part has it.
fn cursor(text: &str) -> Option<(Timestamp, PersonId)> {
    let (at, id) = text.split_once('.')?;
    Some((Timestamp(at.parse().ok()?), id.parse().ok()?))
}

/// The switch that makes somebody a reviewer. Whoever may not make one can still take it away.
fn reviewer_switch(admin: &Admin<'_>, is_reviewer: bool) -> AnyView {
    if !admin.makes_reviewers() && !is_reviewer {
        return view! { <p class="hint">{Problem::ReviewerNeeded.to_string()}</p> }.into_any();
    }
    view! {
        <label class="switch"><input type="checkbox" role="switch" name="reviewer" value="true" checked=is_reviewer />"May decide approvals, as a reviewer"</label>
        {(!admin.makes_reviewers()).then(|| view! { <p class="hint">"You can take this away, and not give it back: you are no reviewer yourself."</p> })}
    }
    .into_any()
}

/// The first letter of a name, in its circle.
fn face(name: &str) -> impl IntoView + use<> {
    let first: String = name.chars().next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    view! { <span class="face" aria-hidden="true">{first}</span> }
}

/// `here 5 minutes ago`, as far as it is known.
fn last_here(listed: &ListedPerson, now: Timestamp) -> String {
    listed.last_seen_at.map_or_else(|| "not here yet".to_owned(), |at| format!("here {}", when::ago(at, now)))
}

fn row(listed: &ListedPerson, me: PersonId, now: Timestamp) -> impl IntoView + use<> {
    let person = &listed.person;
    let name = person.name.clone();
    let you = if person.id == me { " (you)" } else { "" };
    let about = format!("{} · {}", person.role.titled(person.reviewer), last_here(listed, now));
    let is_disabled = person.disabled_at.is_some();
    view! {
        <li>
            <a class="row" href=format!("/people/{}", person.id)>
                {face(&name)}
                <div class="what"><span class="name">{name}{you}</span><p class="about">{about}</p></div>
                {is_disabled.then(|| view! { <span class="state" data-state="stopped">"Disabled"</span> })}
                {small_icon("right")}
            </a>
        </li>
    }
}
