//! What is typed into a form while one of its buttons does something else: it stands on the next page again.

use super::{context, once};
use http::{HeaderMap, HeaderName, HeaderValue, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

/// How a server function tells the layer of forms that the next page holds what was typed.
const KEEPS: HeaderName = HeaderName::from_static("x-keeps-what-was-typed");

/// What the form held.
#[derive(Debug, Clone)]
pub struct Kept(Vec<(String, String)>);

impl Kept {
    /// What this answer's form held, where it is kept and something of it was typed.
    pub fn of(answer: &HeaderMap, fields: &[(String, String)]) -> Option<Self> {
        let is_typed = |(name, value): &(String, String)| {
            !matches!(name.as_str(), "conversation" | "model" | once::FIELD) && !value.is_empty()
        };
        (answer.contains_key(KEEPS) && fields.iter().any(is_typed)).then(|| Self(fields.to_vec()))
    }

    /// What was typed into a field.
    pub fn typed(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }
}

/// Where a form's browser goes after it worked, with what was typed.
pub fn then(path: &str) {
    context::then(path);
    if let Some(response) = use_context::<ResponseOptions>() {
        response.insert_header(KEEPS, HeaderValue::from_static("1"));
    }
}

/// What was typed before this page and belongs on it.
pub fn kept() -> Option<Kept> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<Kept>().cloned())
}
