//! Bars that say something: a sentence, and what to do.

use super::icon::icon;
use crate::{api::local_path, islands::WHY};
use api_types::Problem;
use leptos::prelude::*;

/// A bar of a kind (`""`, `warn`, `danger`, `good`) with an icon.
pub fn notice(kind: &'static str, name: &'static str, say: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class=format!("notice {kind}") role="status">
            {icon(name)}
            <div class="say">{say}</div>
        </div>
    }
}

/// A bar with one thing to do.
pub fn notice_with(
    kind: &'static str,
    name: &'static str,
    say: impl IntoView + 'static,
    action: impl IntoView + 'static,
) -> impl IntoView {
    view! {
        <div class=format!("notice {kind}") role="status">
            {icon(name)}
            <div class="say">{say}</div>
            <div class="actions">{action}</div>
        </div>
    }
}

/// What a page that follows something says when it cannot, for its island to show.
pub fn connection() -> impl IntoView {
    let door = local_path::door();
    view! {
        <div class="notice warn" id="lost" hidden>
            {icon("warn")}
            <div class="say">"The connection to the studio is lost. Trying again; what is shown may be old."</div>
        </div>
        <div class="notice warn" id="signed-out" hidden>
            {icon("warn")}
            <div class="say">"You are signed out. "<a href=door>"Sign in"</a>" to go on."</div>
        </div>
    }
}

/// Why something was refused.
pub fn refused(problem: &Problem) -> impl IntoView + use<> {
    let (title, detail) = (problem.title(), problem.to_string());
    notice("danger", "error", view! { <b>{title}". "</b>{detail}" "{why(problem)} })
}

/// The way to where a refusal of the gate is explained.
pub fn why(problem: &Problem) -> Option<impl IntoView + use<>> {
    problem.refusal().map(|at| view! { <a class="why" href=at.to_string()>{WHY}</a> })
}

/// The sentence under a wrong field.
pub fn field_error(id: &'static str, message: Option<String>) -> impl IntoView {
    message.map(|message| view! { <p class="error" id=id>{icon("error")}{message}</p> })
}
