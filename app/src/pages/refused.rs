//! Pages for what was refused: not found, not now, our fault.

use crate::{
    api::context,
    components::{
        frame::{Here, drawer, frame},
        icon::{DOORWAY, MARK, icon},
    },
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
        let main = view! {
            <main class="main" id="main">
                <header class="head">{drawer()}</header>
                <div class="page"><div class="plain">
                    <div class="empty">
                        <span class="contents" inner_html=DOORWAY></span>
                        <h1>"There is nothing here"</h1>
                        <p>"It may have been deleted, or the address is wrong."</p>
                        <div class="actions"><a class="btn primary" href="/chat">"New chat"</a><a class="btn" href="/conversations">"All conversations"</a></div>
                    </div>
                </div></div>
            </main>
        };
        return view! { <Title text=title />{frame(data, Here::Nowhere, main)} }.into_any();
    }
    plain(&problem).into_any()
}

/// Without the frame: it may be the frame's data that is not to be had.
fn plain(problem: &Problem) -> impl IntoView + use<> {
    let (title, detail) = (problem.title(), problem.to_string());
    let is_nowhere = *problem == Problem::NotFound;
    let trace = match problem {
        Problem::Broken { trace_id } => Some(trace_id.clone()),
        _ => None,
    };
    view! {
        <Title text=title />
        <main class="plain" id="main">
            <div class="brand"><a href="/" aria-label="Vobio, start"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a></div>
            <div class="empty">
                {is_nowhere.then(|| view! { <span class="contents" inner_html=DOORWAY></span> })}
                <h1>{title}</h1>
                <p>{detail}</p>
                <div class="actions">
                    {(!is_nowhere).then(|| view! { <a class="btn primary" href="">{icon("again")}"Try again"</a> })}
                    <a class="btn" href="/">"Back to the start"</a>
                </div>
                {trace.map(|trace| view! { <p class="trace">"Say this when you ask for help: "<code>{trace}</code></p> })}
            </div>
        </main>
    }
}
