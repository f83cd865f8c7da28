//! A passkey in the list of one's own: what is known of it, its name, its removal.

use super::{icon::icon, notice::field_error, when};
use crate::api::form::RefusedForm;
use api_types::Problem;
use leptos::prelude::*;
use studio::{
    KEY_NAME_CHARS_MAX,
    ports::{Timestamp, store::PasskeyRow},
};

/// Whether what was refused is said beside a passkey's name.
pub fn is_mine(form: &RefusedForm) -> bool {
    form.action == "/api/passkey/rename" && matches!(form.problem, Problem::Invalid { .. })
}

/// What a passkey is to this session and this host.
pub struct Place {
    /// It opened this session.
    pub is_here: bool,
    /// The host where it works, if that is another one.
    pub elsewhere: Option<String>,
}

/// Its row. `i` tells its dialogs apart.
pub fn row(
    i: usize,
    key: &PasskeyRow,
    place: &Place,
    is_last: bool,
    form: Option<&RefusedForm>,
    now: Timestamp,
) -> impl IntoView + use<> {
    let name = key.name.clone();
    let (rename, remove) = (format!("rename-{i}"), format!("remove-{i}"));
    view! {
        <li class="row">
            {icon(if key.synced == Some(true) { "cloud" } else { "key" })}
            <div class="what">
                <span class="name">{name.clone()}</span>
                <p class="about">{about(key, place, now)}</p>
            </div>
            <div class="actions">
                <button class="btn quiet icon-only small" type="button" popovertarget=rename.clone() aria-label=format!("Rename {name}") title="Rename">{icon("edit")}</button>
                {(!is_last).then(|| view! {
                    <button class="btn quiet icon-only small" type="button" popovertarget=remove.clone() aria-label=format!("Remove {name}") title="Remove">{icon("trash")}</button>
                })}
            </div>
            {renaming(rename, key, form)}
            {(!is_last).then(|| removal(remove, key, place.is_here))}
        </li>
    }
}

fn about(key: &PasskeyRow, place: &Place, now: Timestamp) -> String {
    let kind = match key.synced {
        Some(true) => "Synced between your devices",
        Some(false) => "On one device alone",
        None => "Synced or not: known after its next use",
    };
    let used = match (key.last_used_at, place.is_here) {
        (Some(at), _) => format!(" · last used {}", when::ago(at, now)),
        (None, true) => String::new(),
        (None, false) => " · not used yet".to_owned(),
    };
    let here = match place {
        Place { elsewhere: Some(host), .. } => format!(" · works only at {host}"),
        Place { is_here: true, .. } => " · opened this session".to_owned(),
        Place { is_here: false, .. } => String::new(),
    };
    format!("{kind} · added {}{used}{here}", when::ago(key.created_at, now))
}

fn renaming(id: String, key: &PasskeyRow, form: Option<&RefusedForm>) -> impl IntoView + use<> {
    let credential_id = key.credential_id.clone();
    let mine = form.filter(|form| is_mine(form) && form.typed("passkey") == Some(credential_id.as_str()));
    let error = mine.and_then(|form| form.error("name"));
    let is_wrong = error.is_some();
    let name = mine.and_then(|form| form.typed("name")).map_or(key.name.clone(), str::to_owned);
    let (field, close) = (format!("{id}-name"), id.clone());
    view! {
        <form class="dialog" id=id popover method="post" action="/api/passkey/rename" data-open=is_wrong.then_some("true") aria-label="Rename the passkey">
            <h2>"Rename"</h2>
            <input type="hidden" name="passkey" value=credential_id />
            <div class="field">
                <label for=field.clone()>"Name"</label>
                <input class="input" id=field name="name" value=name maxlength=KEY_NAME_CHARS_MAX.to_string() autofocus
                    aria-invalid=is_wrong.then_some("true") aria-describedby=is_wrong.then_some("passkey-error") />
                {field_error("passkey-error", error)}
            </div>
            <div class="actions">
                <button class="btn quiet" type="button" popovertarget=close popovertargetaction="hide">"Cancel"</button>
                <button class="btn primary" type="submit">"Save"</button>
            </div>
        </form>
    }
}

fn removal(id: String, key: &PasskeyRow, is_here: bool) -> impl IntoView + use<> {
    let sessions = if is_here {
        "Other sessions that were opened with it end; this one goes on."
    } else {
        "Sessions that were opened with it end."
    };
    let close = id.clone();
    view! {
        <form class="dialog" id=id popover method="post" action="/api/passkey/remove" data-touch aria-label="Remove the passkey">
            <h2>{format!("Remove “{}”?", key.name)}</h2>
            <p>{format!("Nobody can sign in with it any more. {sessions} Your device may keep showing it until you delete it there.")}</p>
            <input type="hidden" name="passkey" value=key.credential_id.clone() />
            <div class="actions">
                <button class="btn quiet" type="button" popovertarget=close popovertargetaction="hide">"Cancel"</button>
                <button class="btn danger filled" type="submit">"Remove the passkey"</button>
            </div>
        </form>
    }
}
