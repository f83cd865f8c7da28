//! `/join`: where an invitation leads.
//!
//! # Design
//! The code stands after the `#` of the link. A browser sends that part to nobody, so that it is in no log, no proxy and no
//! referrer; the price is a script that puts it into the form, and a passkey needs one anyway.

use crate::{
    api::context,
    components::door::{A_PASSKEY, code_field, door, name_field, no_script, passkey_button},
    islands::PasskeyJoin,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
pub(crate) fn join() -> impl IntoView {
    super::page(async move {
        let is_open = context::studio()?.has_open_registration();
        let body = match context::signed_in_or_stranger()? {
            Some(by) => view! {
                <h1>"You are in already"</h1>
                <p class="lead">{format!("You are signed in as {}. The invitation is for somebody else, or for another account: sign out first to use it here.", by.name())}</p>
                <div class="actions">
                    <a class="btn primary" href="/chat">"Open the chat"</a>
                    <form method="post" action="/api/session/end"><button class="btn" type="submit">"Sign out"</button></form>
                </div>
            }
            .into_any(),
            None => form(is_open).into_any(),
        };
        Ok(view! {
            <Title text="Join the studio" />
            {door(body)}
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
        <p class="lead" data-invited>{lead}</p>
        {no_script()}
        <PasskeyJoin>
            <form method="post" action="/join">
                {code_field("Invitation", hint, "off", is_open)}
                {name_field()}
                {passkey_button("Create my passkey")}
            </form>
        </PasskeyJoin>
        <div class="after">
            <p>{A_PASSKEY}" Have an account already? "<a href="/login">"Sign in"</a>"."</p>
        </div>
    }
}
