//! What is shown this once and kept nowhere: a link, a token, codes.

use super::{icon::small_icon, notice::notice};
use leptos::prelude::*;

/// A bar that says so, and the text itself with a button that copies it. `name` is what the text is called.
pub fn shown_once(say: impl IntoView + 'static, name: &'static str, text: String) -> impl IntoView {
    view! {
        <div class="stack">
            {notice("good", "good", say)}
            <figure class="code">
                <figcaption>
                    <span>{name}</span>
                    <button class="btn quiet small needs-live" type="button" data-copy>{small_icon("copy")}"Copy"</button>
                </figcaption>
                <pre tabindex="0" aria-label=name data-once><code>{text}</code></pre>
            </figure>
        </div>
    }
}
