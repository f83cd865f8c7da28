//! Pages for what was refused: not found, not now, our fault.

use crate::{
    api::{
        context::{self, Site},
        form,
    },
    components::{
        frame::nothing_here,
        icon::{DOORWAY, MARK, SPRITE, icon},
        notice::why,
    },
    markup,
    shell::to_login,
};
use api_types::Problem;
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

/// The page for an address that is not there.
pub(crate) fn not_found() -> impl IntoView {
    super::page(async { Err(Problem::NotFound.into()) })
}

/// The page for a problem. A stranger goes to the door.
pub(crate) async fn page(problem: Problem) -> AnyView {
    if problem == Problem::SignIn {
        to_login();
        return ().into_any();
    }
    if let (Some(response), Ok(status)) =
        (use_context::<ResponseOptions>(), StatusCode::from_u16(problem.status()))
    {
        response.set_status(status);
    }
    let title = problem.title();
    if problem == Problem::NotFound
        && let Some(by) = context::signed_in_if_any()
        && let Ok(data) = super::frame_data(by).await
    {
        // What was written comes first, where there is something.
        let unsent = unsent(true);
        let new_chat = if unsent.is_some() { "btn" } else { "btn primary" };
        let body = view! {
            <h1>"There is nothing here"</h1>
            <p>"It may have been deleted, or the address is wrong."</p>
            {unsent}
            <div class="actions"><a class=new_chat href="/chat">"New chat"</a><a class="btn" href="/conversations">"All conversations"</a></div>
        };
        return view! { <Title text=title />{nothing_here(data, body)} }.into_any();
    }
    if matches!(problem, Problem::SwitchedOff { .. })
        && let Some(by) = context::signed_in_if_any()
        && let Ok(data) = super::frame_data(by).await
    {
        let is_admin = data.by.admin().is_ok();
        let body = view! {
            <h1>{title}</h1>
            <p>{problem.to_string()}" "{form::refused_form().and_then(|form| why(&form.problem))}</p>
            {unsent(false)}
            <p>"What there is stays as it is until then."</p>
            <div class="actions">
                {is_admin.then(|| view! { <a class="btn primary" href="/flags">"Flags"</a> })}
                <a class="btn" href="/runs">"Runs"</a><a class="btn" href="/usage">"Usage"</a>
            </div>
        };
        return view! { <Title text=title />{nothing_here(data, body)} }.into_any();
    }
    let unsent = unsent(false);
    // What may be there in a moment; and an address that a form was sent to shows nothing when it is asked for again.
    let may_pass =
        matches!(problem, Problem::TryLater { .. } | Problem::Broken { .. } | Problem::RateLimited { .. });
    let can_reload = unsent.is_none() && may_pass;
    view! { <Title text=title />{plain(&problem, unsent, can_reload)} }.into_any()
}

/// What was written into a form whose page is not to be had: it is still there, and can be sent from here.
fn unsent(is_gone: bool) -> Option<AnyView> {
    let form = form::refused_form()
        .filter(|form| matches!(form.action.as_str(), "/api/message/send" | "/api/message/edit"))?;
    let text = form.typed("text")?.to_owned();
    // A conversation that is gone takes nothing more; without its name a new one begins.
    let (action, names) = match is_gone {
        true => ("/api/message/send".to_owned(), &["model"][..]),
        false => (form.action.clone(), &["conversation", "message", "model"][..]),
    };
    let hidden = names.iter().filter_map(|name| Some((*name, form.typed(name)?.to_owned())));
    let fields: Vec<_> =
        hidden.map(|(name, value)| view! { <input type="hidden" name=name value=value /> }).collect();
    let word = if is_gone { "Send it in a new chat" } else { "Send it again" };
    Some(
        view! {
            <form class="stack" method="post" action=action id="composer">
                {fields}
                <div class="field">
                    <label for="message">"What you wrote"</label>
                    <textarea class="area" id="message" name="text" rows="4" required>{markup::area_text(&text)}</textarea>
                </div>
                <div class="actions"><button class="btn primary" type="submit">{icon("send")}{word}</button></div>
            </form>
        }
        .into_any(),
    )
}

/// Without the frame: it may be the frame's data that is not to be had.
fn plain(problem: &Problem, unsent: Option<AnyView>, can_reload: bool) -> impl IntoView + use<> {
    let (title, detail, explained) = (problem.title(), problem.to_string(), why(problem));
    let is_nowhere = *problem == Problem::NotFound;
    let to_chat = if can_reload || unsent.is_some() { "btn" } else { "btn primary" };
    let trace = match problem {
        Problem::Broken { trace_id } => Some(trace_id.clone()),
        _ => None,
    };
    view! {
        <main class="plain" id="main">
            <div class="brand"><a href="/" aria-label="Vobio, start"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a></div>
            <div class="empty">
                {is_nowhere.then(|| view! { <span class="contents" inner_html=DOORWAY></span> })}
                <h1>{title}</h1>
                <p>{detail}" "{explained}</p>
                {unsent}
                <div class="actions">
                    {can_reload.then(|| view! { <a class="btn primary" href="">{icon("again")}"Try again"</a> })}
                    <a class=to_chat href="/chat">"Open the chat"</a>
                </div>
                {trace.map(|trace| view! { <p class="trace">"Say this when you ask for help: "<code>{trace}</code></p> })}
            </div>
        </main>
    }
}

/// A whole document, for what is refused before a page could be made: too large, too slow, from another site.
pub fn refused_document(problem: &Problem, site: &Site) -> String {
    let sheet = site.stylesheet.map(|sheet| view! { <link rel="stylesheet" href=sheet /> });
    let document = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <title>{problem.title()}</title>
                {sheet}
            </head>
            <body>
                <div inner_html=SPRITE hidden></div>
                {plain(problem, None, false)}
            </body>
        </html>
    };
    document.to_html()
}
