//! Invitations: the form that makes one, the link that is shown once, and the list.

use crate::{
    api::form::{self, RefusedForm},
    components::{icon::icon, notice::field_error, once::shown_once, parts::parts, when},
};
use api_types::Role;
use leptos::prelude::*;
use studio::{
    Admin, INVITE_DAYS_DEFAULT, INVITE_NOTE_CHARS_MAX, InvitePage, InviteState,
    ports::{Timestamp, store::ListedInvite},
};

const ACTION: &str = "/api/invite/make";

/// The form, and what it made.
pub(super) fn make(
    admin: &Admin<'_>,
    form: Option<&RefusedForm>,
    invited: &InvitePage,
    now: Timestamp,
) -> impl IntoView + use<> {
    let me = admin.signed_in().person();
    let newest = invited.invites.iter().find(|listed| listed.invite.owned.owner == me);
    let form = form.filter(|form| form.action == ACTION);
    let typed = |name: &str| form.and_then(|form| form.typed(name)).map(str::to_owned);
    let wrong = |name: &str| form.and_then(|form| form.error(name));
    let (note_error, days_error) = (wrong("note"), wrong("days"));
    let chosen = typed("role").unwrap_or_else(|| Role::Member.as_str().to_owned());
    let days = typed("days").unwrap_or_else(|| INVITE_DAYS_DEFAULT.to_string());
    let is_reviewer = typed("reviewer").is_some();
    let link: Option<String> = form::answered(ACTION);
    view! {
        <section class="section" id="invite">
            <h2>"Invite somebody"</h2>
            <p>"You get a link that lets one person in, once. Send it in a way that only they can read."</p>
            <div class="stack">
                {link.map(|link| made(link, newest, now))}
                <form class="stack" method="post" action=ACTION data-touch>
                    <div class="field">
                        <label for="note">"Whom is it for? "<span class="optional">"Optional"</span></label>
                        <input class="input" id="note" name="note" maxlength=INVITE_NOTE_CHARS_MAX.to_string() autocomplete="off" value=typed("note")
                            aria-invalid=note_error.is_some().then_some("true") aria-describedby="note-hint note-error" />
                        <p class="hint" id="note-hint">"A note for the administrators; whoever joins says their own name."</p>
                        {field_error("note-error", note_error)}
                    </div>
                    <div class="pairs">
                        <div class="field">
                            <label for="role">"Role"</label>
                            <select class="select" id="role" name="role">{role_options(admin.signed_in().role(), &chosen)}</select>
                        </div>
                        <div class="field">
                            <label for="days">"Good for"</label>
                            <select class="select" id="days" name="days">
                                {[("1", "1 day"), ("7", "7 days"), ("30", "30 days")]
                                    .map(|(value, words)| view! { <option value=value selected=days == value>{words}</option> })
                                    .into_iter().collect_view()}
                            </select>
                            {field_error("days-error", days_error)}
                        </div>
                    </div>
                    {super::reviewer_switch(admin, is_reviewer && admin.makes_reviewers())}
                    <div class="actions"><button class="btn primary" type="submit">{icon("plus")}"Make a link"</button></div>
                </form>
            </div>
        </section>
    }
}

/// The roles that somebody of this role may give.
pub(super) fn role_options(by: Role, chosen: &str) -> impl IntoView + use<> {
    [Role::Member, Role::Admin, Role::Owner]
        .into_iter()
        .filter(|role| *role <= by)
        .map(|role| view! { <option value=role.as_str() selected=role.as_str() == chosen>{role.title()}</option> })
        .collect_view()
}

/// The link, this once, and whom it makes what: the newest invitation of who made it.
fn made(link: String, newest: Option<&ListedInvite>, now: Timestamp) -> impl IntoView + use<> {
    let about = newest.map(|listed| {
        let invite = &listed.invite;
        let whom = if invite.note.is_empty() { String::new() } else { format!("{}: ", invite.note) };
        format!("{whom}{}, for {}. ", invite.role.titled(invite.reviewer), when::left(invite.expires_at, now))
    });
    let say = view! {
        <b>"The link is ready. It is shown only now. "</b>
        {about}
        "Copy it and send it: whoever opens it makes a passkey and is in."
    };
    shown_once(say, "Link of the invitation", link)
}

/// All invitations, whoever made them.
pub(super) fn list(page: InvitePage, is_later: bool, now: Timestamp) -> impl IntoView {
    let is_empty = page.invites.is_empty();
    let newest = is_later.then(|| ("/people#invites".to_owned(), "Newest invitations"));
    let older = page.next.map(|id| (format!("/people?invited-before={id}#invites"), "Older invitations"));
    view! {
        <section class="section" id="invites">
            <h2>"Invitations"</h2>
            {is_empty.then(|| view! { <p>"None yet."</p> })}
            {(!is_empty).then(|| view! { <ul class="rows">{page.invites.iter().map(|listed| row(listed, now)).collect_view()}</ul> })}
            {parts("Parts of the invitations", newest, older)}
        </section>
    }
}

fn row(listed: &ListedInvite, now: Timestamp) -> impl IntoView + use<> {
    let invite = &listed.invite;
    let state = invite.state(now);
    let name = if invite.note.is_empty() { "Without a note".to_owned() } else { invite.note.clone() };
    let became = match state {
        InviteState::Open => format!("open for {}", when::left(invite.expires_at, now)),
        InviteState::Used => format!("joined as {}", listed.joined.as_deref().unwrap_or("somebody")),
        InviteState::Expired => "nobody used it in time".to_owned(),
        InviteState::Revoked => "revoked".to_owned(),
    };
    let role = invite.role.titled(invite.reviewer);
    let about = format!("{role} · by {}, {} · {became}", listed.by, when::ago(invite.created_at, now));
    let (id, label) = (invite.id.to_string(), format!("Revoke the invitation: {name}"));
    view! {
        <li class="row">
            {icon(if state == InviteState::Used { "good" } else { "key" })}
            <div class="what"><span class="name">{name}</span><p class="about">{about}</p></div>
            {(state == InviteState::Open).then(|| view! {
                <form method="post" action="/api/invite/revoke">
                    <input type="hidden" name="invite" value=id />
                    <button class="btn small" type="submit" aria-label=label>"Revoke"</button>
                </form>
            })}
        </li>
    }
}
