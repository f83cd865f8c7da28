//! `/settings`: one's name, all that is one's own as a file, and the end of it.

use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        deletion::erasing,
        notice::{field_error, refused},
        own_settings::{Part, settings},
        signal::signal,
        toast,
    },
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use studio::{NAME_CHARS_MAX, SignedIn};

/// The page.
pub(crate) fn account() -> impl IntoView {
    let is_saved = use_query_map().get_untracked().get("saved").is_some();
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let studio = context::studio()?;
        let belongings = studio.belongings(&by).await?;
        // Keepers of passkeys show the name, too.
        let known = if is_saved { Some(studio.known_passkeys(&by).await?) } else { None };
        let data = crate::pages::frame_data(by.clone()).await?;
        let form = form::refused_form();
        let of = |action: &str| form.as_ref().filter(|form| form.action == action);
        let saved = (is_saved && form.is_none()).then(toast::saved);
        let body = view! {
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                {name(&by, of("/api/account/rename"))}
                <section class="section">
                    <h2>"Your data"</h2>
                    <p>"Everything that is yours in one file: your account, and each conversation with every version of every answer. No passkey and no token is in it."</p>
                    <a class="btn" href="/api/account/export" download>"Export everything"</a>
                </section>
                {erasing("/api/account/delete", None, by.name(), belongings, of("/api/account/delete"))}
            </div>
            {known.map(|known| signal(known, by.name()))}
            {toast::toasts(saved)}
        };
        Ok(view! { <Title text="Account" />{settings(data, Part::Account, body)} }.into_any())
    })
}

fn name(by: &SignedIn, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let error = form.and_then(|form| form.error("name"));
    let typed = form.and_then(|form| form.typed("name")).unwrap_or(by.name()).to_owned();
    view! {
        <section class="section">
            <h2>"You"</h2>
            <p>{format!("Your role here: {}.", by.role_titled())}</p>
            <form class="stack" method="post" action="/api/account/rename">
                <div class="field">
                    <label for="name">"Your name"</label>
                    <input class="input" id="name" name="name" autocomplete="name" required maxlength=NAME_CHARS_MAX.to_string() value=typed
                        aria-invalid=error.is_some().then_some("true") aria-describedby="name-hint name-error" />
                    <p class="hint" id="name-hint">"The administrators see it, and whoever you invite."</p>
                    {field_error("name-error", error)}
                </div>
                <div class="actions"><button class="btn" type="submit">"Save the name"</button></div>
            </form>
        </section>
    }
}
