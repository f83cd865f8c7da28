//! The frame of one's own settings: their parts, and the one that is open.

use super::frame::{FrameData, Here, drawer, frame, news_dot};
use leptos::prelude::*;

/// A part of the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Name, export, deletion.
    Account,
    /// Passkeys and recovery codes.
    Passkeys,
    /// Where one is signed in.
    Sessions,
    /// Keys for programs.
    Tokens,
    /// What happened to the account.
    Activity,
}

/// Every part with its address and its name.
const PARTS: [(Part, &str, &str); 5] = [
    (Part::Account, "/settings", "Account"),
    (Part::Passkeys, "/settings/passkeys", "Passkeys"),
    (Part::Sessions, "/settings/sessions", "Sessions"),
    (Part::Tokens, "/settings/tokens", "API tokens"),
    (Part::Activity, "/settings/activity", "Activity"),
];

/// A page of the settings with its parts above it.
pub fn settings(data: FrameData, here: Part, body: impl IntoView + 'static) -> impl IntoView {
    let parts = PARTS.map(|(part, path, name)| {
        let is_new = part == Part::Activity && !data.news.is_empty();
        view! { <a class="tab" href=path aria-current=(part == here).then_some("page")>{name}{is_new.then(news_dot)}</a> }
    });
    let main = view! {
        <main class="main" id="main">
            <header class="head">{drawer()}<h1>"Settings"</h1></header>
            <div class="page">
                <nav class="tabs" aria-label="Settings">{parts.into_iter().collect_view()}</nav>
                {body}
            </div>
        </main>
    };
    frame(data, Here::Settings, main)
}
