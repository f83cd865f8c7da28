//! What one sees before one is in: the page with the workshop beside it, and the fields of its forms.

use super::icon::{DOOR, MARK, icon};
use leptos::prelude::*;
use studio::NAME_CHARS_MAX;

/// What a passkey is, to who makes their first.
pub const A_PASSKEY: &str =
    "A passkey is a key your device keeps for you: a touch or a look instead of a password.";

/// What to do on the left, the workshop on the right.
pub fn door(body: impl IntoView + 'static) -> impl IntoView {
    view! {
        <div class="door">
            <main id="main">
                <div class="brand"><a href="/" aria-label="Vobio"><span class="contents" inner_html=MARK></span><span class="word">"Vobio"</span></a></div>
                <div>{body}</div>
            </main>
            <div class="art" aria-hidden="true" inner_html=DOOR></div>
        </div>
    }
}

/// Said where a passkey is needed and no script runs.
pub fn no_script() -> impl IntoView {
    view! {
        <noscript>
            <div class="notice warn" role="status">
                {icon("warn")}
                <div class="say"><b>"A passkey needs JavaScript."</b>" Everything else works without it. Switch it on for this address and reload."</div>
            </div>
        </noscript>
    }
}

/// A one-time code as people are given it; `complete` is what a browser may fill in.
pub fn code_field(
    label: &'static str,
    hint: &'static str,
    complete: &'static str,
    is_optional: bool,
) -> impl IntoView {
    view! {
        <div class="field">
            <label for="code">{label}{is_optional.then(|| view! { " "<span class="optional">"Optional"</span> })}</label>
            <input class="input mono" id="code" name="code" autocomplete=complete autocapitalize="characters" spellcheck="false"
                placeholder="XXXX-XXXX-XXXX-XXXX" required=!is_optional aria-describedby="code-hint code-error" />
            <p class="hint" id="code-hint">{hint}</p>
            <p class="error" id="code-error" hidden></p>
        </div>
    }
}

/// What one will be called.
pub fn name_field() -> impl IntoView {
    view! {
        <div class="field">
            <label for="name">"Your name"</label>
            <input class="input" id="name" name="name" autocomplete="name" maxlength=NAME_CHARS_MAX.to_string() required aria-describedby="name-error" />
            <p class="error" id="name-error" hidden></p>
        </div>
    }
}

/// The button that begins the ceremony, and what is said while it waits.
pub fn passkey_button(words: &'static str) -> impl IntoView {
    view! {
        <button class="btn primary wide" type="submit" disabled data-passkey>{icon("key")}{words}</button>
        <p class="hint waiting" role="status" data-waiting></p>
    }
}
