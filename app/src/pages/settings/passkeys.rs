//! `/settings/passkeys`: the keys of the account, and the codes for who loses all of them.

use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        door::no_script,
        icon::icon,
        notice::{notice, refused},
        once::shown_once,
        own_settings::{Part, settings},
        passkey::{self, Place},
        signal::signal,
        toast, when,
    },
    islands::PasskeyAdd,
};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{RECOVERY_CODES, RecoveryCodes, ports::Timestamp, ports::store::PasskeyRow};

/// Said beside the button.
const WHERE: &str = "On this device, on your phone, or on a security key: your browser asks which.";

/// The page.
pub(crate) fn passkeys() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let studio = context::studio()?;
        let keys = studio.passkeys(&by).await?;
        let codes = studio.recovery_codes(&by).await?;
        let known = studio.known_passkeys(&by).await?;
        let form = form::refused_form();
        let shown: Option<Vec<String>> = form::answered("/api/recovery/make");
        let data = crate::pages::frame_data(by.clone()).await?;
        let now = data.now;
        let here = by.credential_id().map(str::to_owned);
        let other = form.as_ref().filter(|form| !passkey::is_mine(form)).map(|form| refused(&form.problem));
        let body = view! {
            <div class="stack far">
                <div class="stack">
                    {other}
                    {warnings(&keys, &known.rp_id, codes.as_ref(), shown.is_some())}
                    {list(&keys, &known.rp_id, here.as_deref(), form.as_ref(), now)}
                </div>
                {recovery(codes, shown, now)}
            </div>
            {signal(known, by.name())}
            {toast::toasts(told().map(toast::passing))}
        };
        Ok(view! { <Title text="Passkeys" />{settings(data, Part::Passkeys, body)} }.into_any())
    })
}

/// What the way here tells once.
fn told() -> Option<String> {
    if context::asked("added").is_some() {
        return Some("The passkey was added.".to_owned());
    }
    if context::asked("recovered").is_some() {
        return Some("You are back in, with a new passkey. Remove the one that is lost.".to_owned());
    }
    let ended: u64 = context::asked("removed")?.parse().ok()?;
    Some(match ended {
        0 => "The passkey was removed.".to_owned(),
        1 => "The passkey was removed, and the other session that was opened with it ended.".to_owned(),
        more => format!("The passkey was removed, and {more} other sessions that were opened with it ended."),
    })
}

/// What could go wrong, and what to do before it does.
fn warnings(
    keys: &[PasskeyRow],
    host: &str,
    codes: Option<&RecoveryCodes>,
    is_shown: bool,
) -> impl IntoView + use<> {
    let cloned: Vec<String> =
        keys.iter().filter(|key| key.cloned_at.is_some()).map(|key| key.name.clone()).collect();
    let cloned = cloned.into_iter().map(|name| {
        let say = view! {
            <b>{format!("Somebody may have a copy of “{name}”. ")}</b>
            "Its counter ran backwards. Add another passkey, then remove this one and look through your sessions."
        };
        notice("danger", "warn", say)
    });
    let has_codes = is_shown || codes.is_some_and(|codes| codes.left > 0);
    let is_alone = has_one(keys, host) && !has_codes;
    view! {
        {cloned.collect_view()}
        {is_alone.then(|| notice("warn", "warn", view! {
            <b>"You have one passkey and no recovery codes. "</b>
            "If you lose it, nobody can let you in but whoever runs the studio. Add another passkey, or make recovery codes."
        }))}
    }
}

/// Whether one passkey alone signs its person in here.
fn has_one(keys: &[PasskeyRow], host: &str) -> bool {
    keys.iter().filter(|key| key.works_at(host)).count() == 1
}

fn list(
    keys: &[PasskeyRow],
    host: &str,
    here: Option<&str>,
    form: Option<&RefusedForm>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let has_one = has_one(keys, host);
    let rows = keys.iter().enumerate().map(|(i, key)| {
        let place = Place {
            is_here: here == Some(key.credential_id.as_str()),
            elsewhere: (!key.works_at(host)).then(|| key.rp_id.clone()).flatten(),
        };
        let is_last = has_one && place.elsewhere.is_none();
        passkey::row(i, key, &place, is_last, form, now)
    });
    view! {
        <section class="section">
            <h2>"Passkeys"</h2>
            <p>"Each of them signs you in. Have two in different places, and losing one is no more than a nuisance."</p>
            <ul class="rows">{rows.collect_view()}</ul>
            <div class="after-rows">
                {no_script()}
                <PasskeyAdd>
                    <form method="post" action="/settings/passkeys">
                        <button class="btn" type="submit" disabled data-passkey>{icon("plus")}"Add a passkey"</button>
                        <p class="hint" role="status" data-waiting=WHERE>{WHERE}</p>
                    </form>
                </PasskeyAdd>
            </div>
        </section>
    }
}

fn recovery(codes: Option<RecoveryCodes>, shown: Option<Vec<String>>, now: Timestamp) -> impl IntoView {
    let (state, words) = match codes {
        Some(RecoveryCodes { left: 0, .. }) => ("failed", "All of them are used. Make new ones.".to_owned()),
        Some(codes) => (
            "finished",
            format!("{} of {RECOVERY_CODES} left, made {}", codes.left, when::ago(codes.made_at, now)),
        ),
        None => ("stopped", "You have none yet.".to_owned()),
    };
    let word = if codes.is_some() { "Make new codes" } else { "Make recovery codes" };
    let has_some = codes.is_some_and(|codes| codes.left > 0);
    view! {
        <section class="section" id="codes">
            <h2>"Recovery codes"</h2>
            <p>"For the day every key is lost. Each code works once: it makes a new passkey and signs you in."</p>
            <div class="stack">
                {shown.is_none().then(|| view! { <p><span class="state" data-state=state>{words}</span></p> })}
                {shown.map(codes_shown)}
                <form class="stack tight" method="post" action="/api/recovery/make" data-touch>
                    <div><button class="btn" type="submit">{word}</button></div>
                    {has_some.then(|| view! { <p class="hint">"The ones you have now are void then."</p> })}
                </form>
            </div>
        </section>
    }
}

/// The codes, this once.
fn codes_shown(codes: Vec<String>) -> impl IntoView {
    let say = view! {
        <b>"These codes are shown this once. "</b>
        "Print them or put them into your password manager, away from your devices. The studio keeps no copy it could read."
    };
    shown_once(say, "Recovery codes", codes.join("\n"))
}
