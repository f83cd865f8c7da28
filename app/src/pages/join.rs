//! `/join`: where an invitation leads.
//!
//! # Design
//! The code stands after the `#` of the link. A browser sends that part to nobody, so that it is in no log, no proxy and no
//! referrer; the price is a script that puts it into the form, and a passkey needs one anyway.

use crate::{
    api::context,
    components::icon::{DOOR, MARK, icon},
    islands::PasskeyJoin,
};
use leptos::prelude::*;
use leptos_meta::Title;
use studio::NAME_CHARS_MAX;

/// The page.
pub(crate) fn join() -> impl IntoView {
    super::page(async move {
        let is_open = context::studio()?.has_open_registration();
        let body = match context::signed_in_if_any() {
            Some(by) => view! {
                <h1>"You are in already"</h1>
                <p class="lead">{format!("You are signed in as {}. The invitation is for somebody else, or for another account: sign out first to use it here.", by.name())}</p>
                <div class="actions"><a class="btn primary" href="/chat">"Open the chat"</a></div>
            }
            .into_any(),
            None => form(is_open).into_any(),
        };
        Ok(view! {
            <Title text="Join the studio" />
            <div class="door">
                <main id="main">
                    <div class="brand"><a href="/" aria-label="Vobio"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a></div>
                    <div>{body}</div>
                </main>
                <div class="art" aria-hidden="true" inner_html=DOOR></div>
            </div>
        }
        .into_any())
    })
}

fn form(is_open: bool) -> impl IntoView {
    let (heading, lead) = if is_open {
        ("Create an account", "A name and a touch, and you are in.")
    } else {
        ("Come in", "You were invited. A name and a touch, and you are in.")
    };
    let hint = if is_open {
        "If you were given a link, it is in here already. Without one, leave it empty."
    } else {
        "It is in the link that you were given. It works once."
    };
    view! {
        <h1>{heading}</h1>
        <p class="lead">{lead}</p>
        {super::login::no_script()}
        <PasskeyJoin>
            <form method="post" action="/join">
                <div class="field">
                    <label for="code">"Invitation"{is_open.then(|| view! { " "<span class="optional">"Optional"</span> })}</label>
                    <input class="input mono" id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false"
                        placeholder="XXXX-XXXX-XXXX-XXXX" required=!is_open aria-describedby="code-hint code-error" />
                    <p class="hint" id="code-hint">{hint}</p>
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
        </PasskeyJoin>
        <div class="after">
            <p>"A passkey is a key your device keeps for you: a touch or a look instead of a password. Have an account already? "<a href="/login">"Sign in"</a>"."</p>
        </div>
    }
}
