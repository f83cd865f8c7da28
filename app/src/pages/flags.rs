//! `/flags`: what is switched on, for whom, and who had the last word; for administrators.

use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        frame::{Here, frame, page as framed},
        icon::small_icon,
        notice::{field_error, notice, refused},
        toast, when,
    },
};
use api_types::{Flag, FlagMode, FlagReason};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    FlagView,
    ports::{RemoteFlags, Timestamp, store::ListedSwitch},
};

const ACTION: &str = "/api/flag/set";

/// The page.
pub(crate) fn flags() -> impl IntoView {
    super::page(async move {
        let by = context::signed_in()?;
        let admin = by.admin()?;
        let studio = context::studio()?;
        let views = studio.flags(&admin).await?;
        let remote = studio.remote_flags();
        let data = super::frame_data(by.clone()).await?;
        let (now, form) = (data.now, form::refused_form());
        let saved = context::asked("saved").filter(|_| form.is_none()).map(|_| toast::saved());
        let (built, later): (Vec<_>, Vec<_>) = views.into_iter().partition(|view| view.flag.is_built());
        let body = view! {
            <div class="intro"><p>
                "What is switched off is gone from the page and refused by the API, in every process within a second. What is under way goes on to its end."
            </p></div>
            {remote.as_ref().map(service)}
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                {built.iter().map(|view| flag(view, remote.is_some(), form.as_ref(), now)).collect_view()}
                {(!later.is_empty()).then(|| not_built(&later))}
            </div>
        };
        let main = view! { {framed("Flags", body)}{toast::toasts(saved)} };
        Ok(view! { <Title text="Flags" />{frame(data, Here::Flags, main)} }.into_any())
    })
}

/// Who decides in place of the switches, and how that is going.
fn service(remote: &RemoteFlags) -> AnyView {
    let address = remote.address.clone();
    match remote.failure {
        None => notice("", "info", view! { <b>"A flag service decides. "</b>{format!("It is at {address}, and what it says goes before the switches here.")} }).into_any(),
        Some(failure) => notice("warn", "warn", view! {
            <b>"The flag service fails: "</b>
            {format!("{failure}. It is at {address}. Its last answers count, and the defaults where there are none.")}
        })
        .into_any(),
    }
}

fn flag(
    view: &FlagView,
    is_remote: bool,
    form: Option<&RefusedForm>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let FlagView { flag, decision, switch, people } = view;
    let form = form.filter(|form| form.action == ACTION && form.typed("flag") == Some(flag.as_str()));
    let is_fixed = decision.reason == FlagReason::Environment;
    let (state, words) = stands(view);
    let said = switch.as_ref().filter(|_| !is_fixed && !is_remote).map(|listed| {
        view! { <dt>"Switched"</dt><dd>{format!("by {}, {}", listed.by, when::ago(listed.switch.changed_at, now))}</dd> }
    });
    let exceptions = (!people.is_empty() && !is_fixed && !is_remote)
        .then(|| view! { <ul class="rows">{people.iter().map(|listed| exception(listed, now)).collect_view()}</ul> });
    view! {
        <section class="section" id=flag.as_str()>
            <h2>{flag.title()}</h2>
            <p>{flag.says()}</p>
            <div class="stack">
                <dl class="facts">
                    <dt>"Now"</dt><dd><span class="state" data-state=state>{words}</span></dd>
                    <dt>"Because"</dt><dd>{because(*flag, decision.reason)}</dd>
                    {said}
                </dl>
                {(!is_fixed && !is_remote).then(|| switcher(*flag, switch.as_ref(), form))}
                {exceptions}
            </div>
        </section>
    }
}

fn stands(view: &FlagView) -> (&'static str, String) {
    match (view.decision.reason, view.switch.as_ref().map(|listed| listed.switch.mode)) {
        (FlagReason::Share, Some(FlagMode::Share(percent))) => {
            ("finished", format!("On for {percent} % of the people"))
        }
        _ if view.decision.is_on => ("finished", "On".to_owned()),
        _ => ("stopped", "Off".to_owned()),
    }
}

/// Who had the last word.
fn because(flag: Flag, reason: FlagReason) -> String {
    let key = flag.as_str();
    match reason {
        FlagReason::NotBuilt => "This version does not have it yet".to_owned(),
        FlagReason::Default => "It is the default".to_owned(),
        FlagReason::File => format!("vobio.toml says so: enable_{key}"),
        FlagReason::Switch | FlagReason::Share | FlagReason::Person => {
            "An administrator switched it".to_owned()
        }
        FlagReason::Remote => "The flag service says so".to_owned(),
        FlagReason::Environment => {
            format!("The operator fixed it: ENABLE_{}. It cannot be switched here", key.to_uppercase())
        }
    }
}

fn switcher(flag: Flag, switch: Option<&ListedSwitch>, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let mode = switch.map(|listed| listed.switch.mode);
    let kept = mode.map_or("default", FlagMode::as_str);
    let chosen = form.and_then(|form| form.typed("mode")).unwrap_or(kept).to_owned();
    let percent = match (form, mode) {
        (Some(form), _) => form.typed("percent").map(str::to_owned),
        (None, Some(FlagMode::Share(percent))) => Some(percent.to_string()),
        (None, _) => None,
    };
    let error = form.and_then(|form| form.error("percent").or_else(|| form.error("mode")));
    let key = flag.as_str();
    let (mode_id, percent_id) = (format!("{key}-mode"), format!("{key}-percent"));
    let error_id = "percent-error";
    let options = [
        ("default", "Leave it to the default"),
        ("on", "On for everybody"),
        ("off", "Off for everybody"),
        ("share", "On for a share of the people"),
    ];
    view! {
        <form class="stack" method="post" action=ACTION data-touch>
            <input type="hidden" name="flag" value=key />
            <div class="pairs">
                <div class="field">
                    <label for=mode_id.clone()>"Switch"</label>
                    <select class="select" id=mode_id name="mode">
                        {options.map(|(value, words)| view! { <option value=value selected=value == chosen>{words}</option> }).into_iter().collect_view()}
                    </select>
                </div>
                <div class="field">
                    <label for=percent_id.clone()>"Share in percent "<span class="optional">"Only for a share"</span></label>
                    <input class="input" id=percent_id name="percent" inputmode="numeric" autocomplete="off" value=percent
                        aria-invalid=error.is_some().then_some("true") aria-describedby=error.is_some().then_some(error_id) />
                    {field_error(error_id, error)}
                </div>
            </div>
            <div class="actions"><button class="btn" type="submit" aria-label=format!("Save: {}", flag.title())>"Save"</button></div>
        </form>
    }
}

/// Somebody for whom it is otherwise than for the rest.
fn exception(listed: &ListedSwitch, now: Timestamp) -> impl IntoView + use<> {
    let ListedSwitch { switch, by, name } = listed;
    let (id, name) =
        (switch.person.map(|id| id.to_string()).unwrap_or_default(), name.clone().unwrap_or_default());
    let (state, word) = if switch.mode == FlagMode::On { ("finished", "On") } else { ("stopped", "Off") };
    let about = format!("Switched by {by}, {}", when::ago(switch.changed_at, now));
    view! {
        <li>
            <a class="row" href=format!("/people/{id}#flags")>
                <div class="what"><span class="name">{name}</span><p class="about">{about}</p></div>
                <span class="state" data-state=state>{word}</span>
                {small_icon("right")}
            </a>
        </li>
    }
}

/// What this version does not have.
fn not_built(views: &[FlagView]) -> impl IntoView + use<> {
    let row = |view: &FlagView| {
        let (name, says) = (view.flag.title(), view.flag.says());
        view! {
            <li class="row">
                <div class="what"><span class="name">{name}</span><p class="about">{says}</p></div>
                <span class="state" data-state="stopped">"Not there yet"</span>
            </li>
        }
    };
    view! {
        <section class="section" id="later">
            <h2>"In a later version"</h2>
            <p>"These are off, whatever anybody says, until the studio has what they switch."</p>
            <ul class="rows">{views.iter().map(row).collect_view()}</ul>
        </section>
    }
}
