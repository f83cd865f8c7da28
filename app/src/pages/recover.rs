//! `/recover`: the way back in for who lost every key.

use crate::{
    api::context,
    components::door::{code_field, door, no_script, passkey_button},
    islands::PasskeyRecover,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn recover() -> impl IntoView {
    super::page(async move {
        if context::signed_in_or_stranger()?.is_some() {
            leptos_axum::redirect("/settings/passkeys");
        }
        let body = view! {
            <h1>"Lost your key?"</h1>
            <p class="lead">"A recovery code makes a new passkey on this device and signs you in. The code is used up by that, and by nothing else."</p>
            {no_script()}
            <PasskeyRecover>
                <form method="post" action="/recover">
                    {code_field("Recovery code", "One of the ten you were shown, in any spelling.", "one-time-code", false)}
                    {passkey_button("Create a new passkey")}
                </form>
            </PasskeyRecover>
            <div class="after">
                <details>
                    <summary>"No code either?"</summary>
                    <p>"Look at another device of yours first: a phone, a security key, a password manager. Otherwise ask whoever runs the studio: on the server, "<code>"vobio setup-code --name "<i>"your name"</i></code>" prints a code for this page."</p>
                </details>
                <p><a href="/login">"Back to signing in"</a></p>
            </div>
        };
        Ok(view! { <Title text="Lost your key?" />{door(body)} }.into_any())
    })
}
