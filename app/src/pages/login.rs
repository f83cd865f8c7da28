//! `/login`: the door. With no owner yet, it is where one becomes it.

use crate::{
    api::{context, local_path::LocalPath},
    components::{
        account::ended_early,
        icon::{DOOR, MARK, icon},
    },
    islands::{PasskeySetUp, PasskeySignIn},
};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::NAME_CHARS_MAX;

/// The page.
pub(crate) fn login() -> impl IntoView {
    super::page(async move {
        let next = LocalPath::next(context::asked("next"));
        if context::signed_in_if_any().is_some() {
            leptos_axum::redirect(next.as_str());
        }
        let has_owner = context::studio()?.has_owner().await?;
        let body = if has_owner {
            sign_in(&next, context::studio()?.has_open_registration()).into_any()
        } else {
            set_up().into_any()
        };
        Ok(view! {
            <Title text=if has_owner { "Sign in" } else { "Make it yours" } />
            {door(view! { {ended_early()}{body} })}
        }
        .into_any())
    })
}

/// What one sees before one is in: what to do on the left, the workshop on the right.
pub(crate) fn door(body: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="door">
            <main id="main">
                <div class="brand"><a href="/" aria-label="Vobio"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a></div>
                <div>{body}</div>
            </main>
            <div class="art" aria-hidden="true" inner_html=DOOR></div>
        </div>
    }
}

/// Said where a passkey is needed and no script runs.
pub(crate) fn no_script() -> impl IntoView {
    view! {
        <noscript>
            <div class="notice warn" role="status">
                {icon("warn")}
                <div class="say"><b>"A passkey needs JavaScript."</b>" Here alone: reading and writing work without it. Switch it on for this address and reload."</div>
            </div>
        </noscript>
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
                <button class="btn primary wide" type="submit" disabled data-passkey>{icon("key")}"Sign in with a passkey"</button>
                <p class="hint waiting" role="status" data-waiting></p>
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
                <div class="field">
                    <label for="code">"Owner code"</label>
                    <input class="input mono" id="code" name="code" autocomplete="one-time-code" autocapitalize="characters" spellcheck="false"
                        placeholder="XXXX-XXXX-XXXX-XXXX" required aria-describedby="code-hint code-error" />
                    <p class="hint" id="code-hint">"Printed where the studio was started. It works once."</p>
                    <p class="error" id="code-error" hidden></p>
                </div>
                <div class="field">
                    <label for="name">"Your name"</label>
                    <input class="input" id="name" name="name" autocomplete="name" maxlength=NAME_CHARS_MAX.to_string() required aria-describedby="name-error" />
                    <p class="error" id="name-error" hidden></p>
                </div>
                <button class="btn primary wide" type="submit" disabled data-passkey>{icon("key")}"Create my passkey"</button>
                <p class="hint waiting" role="status" data-waiting></p>
            </form>
        </PasskeySetUp>
        <div class="after">
            <p>"A passkey is a key your device keeps for you: a touch or a look instead of a password. It never leaves the device, and there is nothing to remember or to steal."</p>
        </div>
    }
}
