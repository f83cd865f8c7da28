//! What happened to an account, in words: for the door, for a notice over any page, for the list.

use super::{icon::small_icon, notice::notice, when::ago};
use crate::api::context;
use api_types::AccountEventKind;
use leptos::prelude::*;
use studio::ports::{
    Timestamp,
    store::{AccountEventRow, SessionEnd},
};

/// One event as a sentence about its person.
pub fn sentence(event: &AccountEventRow) -> String {
    use AccountEventKind as Kind;
    let detail = event.detail.as_str();
    match event.kind {
        Kind::Joined => "You joined the studio.".to_owned(),
        Kind::NewDevice => format!("You signed in on a new device: {detail}."),
        Kind::PasskeyAdded => format!("A passkey was added: {detail}."),
        Kind::PasskeyRemoved => format!("A passkey was removed: {detail}."),
        Kind::PasskeyCloned => format!("There may be a copy of a passkey: {detail}."),
        Kind::CodesMade => "Recovery codes were made; any earlier ones are void.".to_owned(),
        Kind::CodeUsed => format!("A code was used to make a new passkey: {detail}."),
        Kind::OlderToken => {
            format!("A session was ended because somebody may have had a copy of it: {detail}.")
        }
        Kind::SessionEnded => format!("A session was ended: {detail}."),
        Kind::OthersEnded => "All other sessions were ended.".to_owned(),
        Kind::TokenMade => format!("An API token was made: {detail}."),
        Kind::TokenRevoked => format!("An API token was revoked: {detail}."),
        Kind::RoleChanged => format!("Your role was changed: {detail}."),
        Kind::AccessChanged => format!("Your access was changed: {detail}."),
    }
}

/// Its icon.
pub fn icon_of(kind: AccountEventKind) -> &'static str {
    use AccountEventKind as Kind;
    match kind {
        Kind::NewDevice | Kind::SessionEnded | Kind::OthersEnded => "chip",
        Kind::PasskeyAdded | Kind::PasskeyRemoved | Kind::CodesMade | Kind::CodeUsed => "key",
        Kind::PasskeyCloned | Kind::OlderToken => "warn",
        Kind::TokenMade | Kind::TokenRevoked => "out",
        Kind::Joined | Kind::RoleChanged | Kind::AccessChanged => "person",
    }
}

/// What one asks when it was somebody else, and the page where it is put right.
fn remedy(kind: AccountEventKind) -> (&'static str, &'static str, &'static str) {
    use AccountEventKind as Kind;
    match kind {
        Kind::PasskeyAdded | Kind::CodeUsed => {
            ("Was this you? If not, remove that passkey now.", "/settings/passkeys", "Passkeys")
        }
        Kind::PasskeyCloned => (
            "Whoever has the copy can sign in as you. Add another passkey, then remove this one.",
            "/settings/passkeys",
            "Passkeys",
        ),
        Kind::TokenMade => ("Was this you? If not, revoke it now.", "/settings/tokens", "API tokens"),
        Kind::OlderToken => (
            "You are safe to go on. See where else you are signed in, and end what you do not know.",
            "/settings/sessions",
            "Sessions",
        ),
        _ => ("Was this you? If not, end that session now.", "/settings/sessions", "Sessions"),
    }
}

/// The latest thing that its person should know of, over any page, until they say that it is known. Where there is more, all
/// of it is in a list, and put away there: nobody says of what was not shown that it was they.
pub fn account_notice(event: &AccountEventRow, more: usize, now: Timestamp) -> AnyView {
    if more > 0 {
        let others = if more == 1 { "1 more thing".to_owned() } else { format!("{more} more things") };
        return view! {
            <div class="told" role="status" data-account-notice>
                <p><b>{sentence(event)}</b>" ("{ago(event.at, now)}") And "{others}" that you should look at."</p>
                <div class="actions"><a class="btn small" href="/settings/activity">"See all"</a></div>
            </div>
        }
        .into_any();
    }
    let (ask, page, name) = remedy(event.kind);
    let known = match event.kind {
        AccountEventKind::OlderToken | AccountEventKind::PasskeyCloned => "I have seen it",
        _ => "It was me",
    };
    view! {
        <div class="told" role="status" data-account-notice>
            <p><b>{sentence(event)}</b>" ("{ago(event.at, now)}") "{ask}</p>
            <div class="actions">
                <a class="btn small" href=page>{name}</a>
                <form method="post" action="/api/account_event/see">
                    <input type="hidden" name="last" value=event.id.to_string() />
                    <button class="btn small quiet" type="submit">{small_icon("check")}{known}</button>
                </form>
            </div>
        </div>
    }
    .into_any()
}

/// At the door: why a session was over before its time. Nothing where its person ended it by signing out.
pub fn ended_early() -> Option<impl IntoView> {
    let (kind, icon, words) = match context::ended_early()? {
        SessionEnd::SignedOut => return None,
        SessionEnd::OlderToken => (
            "warn",
            "warn",
            "Your session was ended because an old copy of its token came back: somebody else may have had it. Sign in again; \
             whoever has the copy cannot use it any more.",
        ),
        SessionEnd::Ended => ("", "info", "This session was ended from another device."),
        SessionEnd::KeyRemoved => ("", "info", "This session was ended because its passkey was removed."),
        SessionEnd::Disabled => {
            ("", "info", "An administrator has closed this account. Ask them to let you in again.")
        }
        SessionEnd::Deleted => ("", "info", "This account was deleted."),
        SessionEnd::RanOut => ("", "info", "Your session has run out. Sign in again to go on."),
    };
    Some(notice(kind, icon, words))
}
