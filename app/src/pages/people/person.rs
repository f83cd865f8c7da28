//! `/people/:id`: one person, and what can be done about them. What a deletion takes with it is said before.

use super::{face, invites::role_options, last_here};
use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        deletion::erasing,
        frame::{Here, drawer, frame},
        icon::small_icon,
        notice::{field_error, refused},
        toast, when,
    },
};
use api_types::{Flag, FlagReason, Micros, PersonId, Problem, Role};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use studio::{
    Admin, PersonView, SpendingUsage,
    ports::{FlagDecision, Timestamp},
};

/// The page.
pub(crate) fn person() -> impl IntoView {
    let id = use_params_map().get_untracked().get("id").and_then(|id| id.parse::<PersonId>().ok());
    let is_saved = use_query_map().get_untracked().get("saved").is_some();
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let id = id.ok_or(Problem::NotFound)?;
        let view = context::studio()?.person(&admin, id).await?;
        let data = crate::pages::frame_data(by.clone()).await?;
        let form = form::refused_form();
        let name = view.listed.person.name.clone();
        let saved = (is_saved && form.is_none()).then(toast::saved);
        let main = view! {
            <main class="main" id="main">
                <header class="head">{drawer()}<h1>{name.clone()}</h1></header>
                <div class="page">
                    <nav class="parts-above" aria-label="Back"><a class="btn quiet small" href="/people">{small_icon("left")}"People"</a></nav>
                    {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
                    <div class="stack far">
                        {who(&view, data.now)}
                        {what(&view, &admin, form.as_ref())}
                    </div>
                </div>
            </main>
            {toast::toasts(saved)}
        };
        Ok(view! { <Title text=name />{frame(data, Here::People, main)} }.into_any())
    })
}

fn who(view: &PersonView, now: Timestamp) -> impl IntoView + use<> {
    let person = &view.listed.person;
    let state = match person.disabled_at {
        Some(at) => ("stopped", format!("Disabled {}", when::ago(at, now))),
        None => ("finished", "Can sign in".to_owned()),
    };
    view! {
        <section class="who">
            {face(&person.name)}
            <dl class="facts">
                <dt>"Role"</dt><dd>{person.role.titled(person.reviewer)}</dd>
                <dt>"Joined"</dt><dd>{when::ago(person.created_at, now)}</dd>
                <dt>"Last"</dt><dd>{last_here(&view.listed, now)}</dd>
                <dt>"Access"</dt><dd><span class="state" data-state=state.0>{state.1}</span></dd>
            </dl>
        </section>
    }
}

/// What whoever looks may do, or why not.
fn what(view: &PersonView, admin: &Admin<'_>, form: Option<&RefusedForm>) -> AnyView {
    let (person, by) = (&view.listed.person, admin.signed_in());
    let is_self = person.id == by.person();
    if is_self && by.role() != Role::Owner {
        return view! { <p>"This is you. An owner can change your role; name, export and deletion are in "<a href="/settings">"Settings"</a>"."</p> }.into_any();
    }
    if !view.can_change {
        return view! { <p>"Only an owner can change an administrator or another owner."</p> }.into_any();
    }
    if is_self {
        return view! {
            {role(view, admin)}
            {limits(view, form)}
            {flags(view)}
            <p>"You can step down where another owner stays. Name, export and deletion are in "<a href="/settings">"Settings"</a>"."</p>
        }
        .into_any();
    }
    let wrong = form.filter(|form| form.action == "/api/person/delete");
    let erase = erasing("/api/person/delete", Some(person.id), &person.name, view.belongings, wrong);
    view! { {role(view, admin)}{limits(view, form)}{flags(view)}{access(view)}{erase} }.into_any()
}

fn role(view: &PersonView, admin: &Admin<'_>) -> impl IntoView + use<> {
    let person = &view.listed.person;
    let id = person.id.to_string();
    view! {
        <section class="section">
            <h2>"Role"</h2>
            <p>"A member uses the studio. An administrator also looks after people and models. An owner also looks after administrators."</p>
            <form class="stack" method="post" action="/api/person/set-role" data-touch>
                <input type="hidden" name="person" value=id />
                <div class="pairs"><div class="field">
                    <label for="role">"Role"</label>
                    <select class="select" id="role" name="role">{role_options(admin.signed_in().role(), person.role.as_str())}</select>
                </div></div>
                {super::reviewer_switch(admin, person.reviewer)}
                <div class="actions"><button class="btn" type="submit">"Save the role"</button></div>
            </form>
        </section>
    }
}

const SET_LIMITS: &str = "/api/person/set-limits";

/// What they spent and may spend.
fn limits(view: &PersonView, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let SpendingUsage { hour, day, has_own_limits, tracks_cost, .. } = view.usage;
    let form = form.filter(|form| form.action == SET_LIMITS);
    let dollars = |micros: i64| Micros(micros).to_string().trim_start_matches('$').to_owned();
    let value = |name: &str, kept: i64| match form {
        Some(form) => form.typed(name).map(str::to_owned),
        None => has_own_limits.then(|| dollars(kept)),
    };
    let field = |name: &'static str, words: &'static str, kept: i64| {
        let (error, id) = (form.and_then(|form| form.error(name)), format!("limit-{name}"));
        let says = if name == "hour" { "limit-hour-error" } else { "limit-day-error" };
        view! {
            <div class="field">
                <label for=id.clone()>{words}</label>
                <input class="input" id=id name=name inputmode="decimal" autocomplete="off" value=value(name, kept)
                    aria-invalid=error.is_some().then_some("true") aria-describedby=format!("limits-hint {says}") />
                {field_error(says, error)}
            </div>
        }
    };
    let spent = format!(
        "Spent or held: {} of {} this hour, {} of {} today (UTC).",
        Micros(hour.spent + hour.held),
        Micros(hour.limit),
        Micros(day.spent + day.held),
        Micros(day.limit)
    );
    let says = if tracks_cost {
        spent
    } else {
        "Their costs are not counted, so no limit is kept: the flag below is off.".to_owned()
    };
    view! {
        <section class="section" id="limits">
            <h2>"Limits"</h2>
            <p>{says}</p>
            <form class="stack" method="post" action=SET_LIMITS data-touch>
                <input type="hidden" name="person" value=view.listed.person.id.to_string() />
                <div class="pairs">{field("hour", "Dollars in an hour", hour.limit)}{field("day", "Dollars in a day", day.limit)}</div>
                <p class="hint" id="limits-hint">"Both empty: the studio's limits, as for everybody."</p>
                <div class="actions"><button class="btn" type="submit">"Save the limits"</button></div>
            </form>
        </section>
    }
}

/// Where switches stand for them alone.
fn flags(view: &PersonView) -> impl IntoView + use<> {
    let person = view.listed.person.id.to_string();
    let row = |(flag, decision): &(Flag, FlagDecision)| {
        let chosen = match (decision.reason, decision.is_on) {
            (FlagReason::Person, true) => "on",
            (FlagReason::Person, false) => "off",
            _ => "default",
        };
        let is_fixed = matches!(decision.reason, FlagReason::Environment | FlagReason::Remote);
        let about = match (decision.is_on, is_fixed) {
            (is_on, true) => format!("{}, and not to be switched here", if is_on { "On" } else { "Off" }),
            (true, false) => "On for them".to_owned(),
            (false, false) => "Off for them".to_owned(),
        };
        let (id, label) = (format!("flag-{}", flag.as_str()), format!("{}, for this person", flag.title()));
        let options = [("default", "As everybody"), ("on", "On"), ("off", "Off")];
        let form = (!is_fixed).then(|| view! {
            <form class="beside" method="post" action="/api/flag/set-person" data-touch>
                <input type="hidden" name="person" value=person.clone() />
                <input type="hidden" name="flag" value=flag.as_str() />
                <select class="select" id=id name="mode" aria-label=label>
                    {options.map(|(value, words)| view! { <option value=value selected=value == chosen>{words}</option> }).into_iter().collect_view()}
                </select>
                <button class="btn small" type="submit" aria-label=format!("Save: {}", flag.title())>"Save"</button>
            </form>
        });
        view! {
            <li class="row">
                <div class="what"><span class="name">{flag.title()}</span><p class="about">{about}</p></div>
                {form}
            </li>
        }
    };
    view! {
        <section class="section" id="flags">
            <h2>"Flags"</h2>
            <p>"What is switched on or off for this person alone. For everybody: "<a href="/flags">"Flags"</a>"."</p>
            <ul class="rows">{view.flags.iter().filter(|(flag, _)| flag.is_built()).map(row).collect_view()}</ul>
        </section>
    }
}

fn access(view: &PersonView) -> impl IntoView + use<> {
    let person = &view.listed.person;
    let (id, name) = (person.id.to_string(), person.name.clone());
    let (action, word, says) = if person.disabled_at.is_some() {
        (
            "/api/person/enable",
            "Let in again",
            format!(
                "{name} cannot sign in. All that is theirs is kept as it was; with their passkey they come in again."
            ),
        )
    } else {
        (
            "/api/person/disable",
            "Disable",
            format!(
                "Disabling signs {name} out everywhere at once, stops answers under way, and revokes API tokens and open invitations for good. All else that is theirs is kept."
            ),
        )
    };
    view! {
        <section class="section">
            <h2>"Access"</h2>
            <p>{says}</p>
            <form method="post" action=action data-touch>
                <input type="hidden" name="person" value=id />
                <button class="btn" type="submit">{word}</button>
            </form>
        </section>
    }
}
