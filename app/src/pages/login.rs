//! `/login`: the door. With no owner yet, it is where one becomes it.

use crate::{
    api::{context, form, local_path::LocalPath},
    components::{
        account::ended_early,
        door::{A_PASSKEY, code_field, door, name_field, no_script, passkey_button},
        notice::notice,
    },
    islands::{PasskeySetUp, PasskeySignIn},
    markup,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn login() -> impl IntoView {
    super::page(async move {
        let next = LocalPath::next(context::asked("next"));
        if context::signed_in_or_stranger()?.is_some() {
            leptos_axum::redirect(next.as_str());
        }
        let gone = context::asked("gone").map(|_| {
            notice("good", "good", "Your account is deleted, and all that was yours with it. Your device still lists the passkey: you can delete it there.")
        });
        let written = form::refused_form().and_then(|form| form.written().map(str::to_owned)).map(kept);
        let has_owner = context::studio()?.has_owner().await?;
        let body = if has_owner {
            sign_in(&next, context::studio()?.has_open_registration()).into_any()
        } else {
            set_up().into_any()
        };
        Ok(view! {
            <Title text=if has_owner { "Sign in" } else { "Make it yours" } />
            {door(view! { {ended_early()}{gone}{written}{body} })}
        }
        .into_any())
    })
}

/// What was sent by somebody who was signed out meanwhile.
fn kept(text: String) -> impl IntoView {
    view! {
        {notice("warn", "warn", view! { <b>"You are signed out, so this was not sent. "</b>"It is here: copy it before you sign in." })}
        <div class="field">
            <label for="written">"What you wrote"</label>
            <textarea class="area" id="written" rows="5" readonly>{markup::area_text(&text)}</textarea>
        </div>
    }
}

fn sign_in(next: &LocalPath, is_open: bool) -> impl IntoView + use<> {
    let next = next.as_str().to_owned();
    view! {
        <h1>"Your studio. Your key."</h1>
        <p class="lead">"Sign in with the passkey on this device, or with one on your phone."</p>
        {no_script()}
        <PasskeySignIn next>
            <form method="post" action="/login">
                {passkey_button("Sign in with a passkey")}
                <div class="field" data-autofill>
                    <label for="passkey">"Or pick one here"</label>
                    <input class="input" id="passkey" type="text" autocomplete="username webauthn" placeholder="Your passkeys for this studio" />
                </div>
            </form>
        </PasskeySignIn>
        <div class="after">
            {if is_open {
                view! { <p>"New here? "<a href="/join">"Create an account"</a>"."</p> }.into_any()
            } else {
                view! { <p>"Invited? Open the link you were given."</p> }.into_any()
            }}
            <p><a href="/recover">"Lost your key?"</a></p>
        </div>
    }
}

fn set_up() -> impl IntoView {
    view! {
        <h1>"Make it yours"</h1>
        <p class="lead">"This studio has no owner yet. Two lines and a touch, and it is you."</p>
        {no_script()}
        <PasskeySetUp>
            <form method="post" action="/login">
                {code_field("Owner code", "Printed where the studio was started. It works once.", "one-time-code", false)}
                {name_field()}
                {passkey_button("Create my passkey")}
            </form>
        </PasskeySetUp>
        <div class="after">
            <p>{A_PASSKEY}" There is nothing to remember, and nothing here that could be stolen."</p>
        </div>
    }
}
