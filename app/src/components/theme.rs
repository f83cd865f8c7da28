//! Light or dark, and whether the rail is folded: two plain cookies, so that the first paint is right.

use http::{header, request::Parts};
use leptos::prelude::use_context;

/// What a person chose; `None` follows the system.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// `light` or `dark`.
    pub theme: Option<&'static str>,
    /// `folded`.
    pub rail: Option<&'static str>,
}

/// Reads the cookies of this request.
pub fn look() -> Look {
    let parts = use_context::<Parts>();
    let cookies =
        parts.as_ref().and_then(|parts| parts.headers.get(header::COOKIE)?.to_str().ok()).unwrap_or("");
    let has = |pair: &str| cookies.split(';').any(|cookie| cookie.trim() == pair);
    let theme = [("theme=light", "light"), ("theme=dark", "dark")].into_iter().find(|(pair, _)| has(pair));
    Look { theme: theme.map(|(_, theme)| theme), rail: has("rail=folded").then_some("folded") }
}
