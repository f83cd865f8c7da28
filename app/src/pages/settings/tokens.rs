//! `/settings/tokens`: keys for programs, each for what it is made for.

use crate::{
    api::{
        context,
        form::{self, RefusedForm},
    },
    components::{
        icon::{icon, small_icon},
        notice::{field_error, refused},
        once::shown_once,
        own_settings::{Part, settings},
        when::{ago, left},
    },
};
use api_types::MadeToken;
use leptos::prelude::*;
use leptos_meta::Title;
use studio::{
    NAME_CHARS_MAX, SignedIn,
    ports::{Timestamp, store::TokenRow},
};

/// Days that a new token may be good for.
const DAYS: [(u32, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "A year")];
const DAYS_FIRST: u32 = 30;

/// The page.
pub(crate) fn tokens() -> impl IntoView {
    crate::pages::page(async move {
        let by = context::signed_in()?;
        let form = form::refused_form();
        let made = form::answered("/api/token/make");
        let tokens = context::studio()?.tokens(&by.in_session()?).await?;
        let data = crate::pages::frame_data(by.clone()).await?;
        let now = data.now;
        let is_empty = tokens.is_empty();
        let rows = tokens.iter().map(|token| row(token, now)).collect_view();
        let example = example(&context::context()?.origin);
        let body = view! {
            <div class="intro"><p>"A token lets a program of yours in, without a browser. Send it as "<code>"Authorization: Bearer …"</code>". It can do what you choose here, and never touch your keys, your sessions or your account."</p></div>
            {form.as_ref().filter(|form| !form.is_told_in_place()).map(|form| refused(&form.problem))}
            <div class="stack far">
                {made.map(made_token)}
                <section class="section">
                    <h2>"Your tokens"</h2>
                    {is_empty.then(|| view! { <p class="about">"There are none."</p> })}
                    {(!is_empty).then(|| view! { <ul class="rows">{rows}</ul> })}
                </section>
                <section class="section">
                    <h2>"Make a token"</h2>
                    {new_token(&by, form.as_ref())}
                </section>
                {example}
            </div>
        };
        Ok(view! { <Title text="API tokens" />{settings(data, Part::Tokens, body)} }.into_any())
    })
}

/// How a program uses one.
fn example(origin: &str) -> impl IntoView + use<> {
    let line = format!(
        "curl {origin}/api/message/send \\\n  -H 'Authorization: Bearer vobio_…' \\\n  -H 'Content-Type: application/json' \\\n  -d '{{\"text\": \"Hello\"}}'"
    );
    view! {
        <section class="section">
            <h2>"How a program uses it"</h2>
            <p>"This asks in a new conversation and takes a token that may run. What else there is stands in docs/api.md, beside the studio's code."</p>
            <figure class="code">
                <figcaption>
                    <span>"Shell"</span>
                    <button class="btn quiet small needs-live" type="button" data-copy>{small_icon("copy")}"Copy"</button>
                </figcaption>
                <pre tabindex="0" aria-label="An example in a shell"><code>{line}</code></pre>
            </figure>
        </section>
    }
}

/// The one time that a token is seen.
fn made_token(made: MadeToken) -> impl IntoView {
    let say = view! {
        <b>{format!("The token {} is ready. ", made.name)}</b>
        "Copy it now: it is shown this once and kept nowhere. Who has it can do all it is made for."
    };
    view! {
        <section class="section" id="made">{shown_once(say, "Your new token", made.token)}</section>
    }
}

fn row(token: &TokenRow, now: Timestamp) -> impl IntoView + use<> {
    let life = match now >= token.expires_at {
        true => "expired".to_owned(),
        false => format!("expires in {}", left(token.expires_at, now)),
    };
    let used =
        token.last_used_at.map_or_else(|| "never used".to_owned(), |at| format!("used {}", ago(at, now)));
    let scopes = token.scopes.to_string().replace(' ', ", ");
    let about = format!("{scopes} · made {} · {used} · {life}", ago(token.created_at, now));
    let label = format!("Revoke {}", token.name);
    view! {
        <li class="row">
            {icon("key")}
            <div class="what"><span class="name">{token.name.clone()}</span><p class="about">{about}</p></div>
            <form method="post" action="/api/token/revoke">
                <input type="hidden" name="token" value=token.id.to_string() />
                <button class="btn small" type="submit" aria-label=label>"Revoke"</button>
            </form>
        </li>
    }
}

/// The form; what was typed stays in it when it is refused.
fn new_token(by: &SignedIn, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let form = form.filter(|form| form.action == "/api/token/make");
    let error = |field| form.and_then(|form| form.error(field));
    let (name_error, scope_error, days_error) = (error("name"), error("read"), error("days"));
    let name = form.and_then(|form| form.typed("name")).unwrap_or_default().to_owned();
    let days = form.and_then(|form| form.typed("days")?.parse().ok()).unwrap_or(DAYS_FIRST);
    let was = |field| form.map_or(field == "read", |form| form.typed(field) == Some("true"));
    let scopes = [
        ("read", "Read", "your conversations, and hear of answers", true),
        ("run", "Run", "send messages, stop answers, change conversations", true),
        ("review", "Review", "what needs a reviewer", by.reviewer().is_ok()),
        ("admin", "Administer", "connect model servers, look at people", by.admin().is_ok()),
    ];
    let scopes = scopes.into_iter().filter(|(.., may)| *may).map(|(field, word, about, _)| {
        view! {
            <label class="switch">
                <input type="checkbox" role="switch" name=field value="true" checked=was(field) />
                <span><b>{word}</b>": "{about}</span>
            </label>
        }
    });
    let options = DAYS.map(
        |(count, words)| view! { <option value=count.to_string() selected=count == days>{words}</option> },
    );
    view! {
        <form class="stack" method="post" action="/api/token/make" data-touch>
            <div class="field">
                <label for="token-name">"Name"</label>
                <input class="input" id="token-name" name="name" value=name maxlength=NAME_CHARS_MAX.to_string() required autocomplete="off"
                    aria-invalid=name_error.is_some().then_some("true") aria-describedby="token-name-hint token-name-error" />
                <p class="hint" id="token-name-hint">"So that you know it later: the program, or the machine it is on."</p>
                {field_error("token-name-error", name_error)}
            </div>
            <fieldset class="field" aria-describedby="token-scope-error">
                <legend class="label">"What it may do"</legend>
                {scopes.collect_view()}
                {field_error("token-scope-error", scope_error)}
            </fieldset>
            <div class="field">
                <label for="token-days">"Good for"</label>
                <select class="select" id="token-days" name="days" aria-describedby="token-days-error">{options.into_iter().collect_view()}</select>
                {field_error("token-days-error", days_error)}
            </div>
            <div class="actions"><button class="btn primary" type="submit">{icon("key")}"Make the token"</button></div>
        </form>
    }
}
