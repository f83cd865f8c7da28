//! Asks for a fresh touch, on every page that has a form with `data-touch`. The island of the page opens it.

use super::icon::icon;
use leptos::prelude::*;

/// The question.
pub fn dialog() -> impl IntoView {
    view! {
        <dialog class="dialog" id="touch" aria-labelledby="touch-title">
            <h2 id="touch-title">"Touch your passkey to go on"</h2>
            <p>"This changes who can come in, or what is asked and paid. The studio makes sure that it is you."</p>
            <div data-touch-refused aria-live="assertive"></div>
            <form method="dialog">
                <div class="actions">
                    <button class="btn quiet" type="submit">"Cancel"</button>
                    <button class="btn primary" type="button" data-touch-again autofocus>{icon("key")}"Touch my passkey"</button>
                </div>
            </form>
        </dialog>
    }
}
