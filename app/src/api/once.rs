//! `Idempotency-Key`, from the header or from the hidden field of a form.

use super::{Refused, context};
use api_types::Problem;
use studio::Once;

/// The header that holds a key.
const HEADER: &str = "Idempotency-Key";

/// The field of forms that holds one.
pub const FIELD: &str = "once";

/// The key of this request; the header goes before the field.
///
/// # Errors
/// `Invalid` when it is no key, or when there are two.
pub fn once(
    field: Option<String>,
    operation: &str,
    arguments: &impl serde::Serialize,
) -> Result<Option<Once>, Refused> {
    let parts = context::parts();
    let mut headers = parts.iter().flat_map(|parts| parts.headers.get_all(HEADER));
    match (headers.next(), headers.next()) {
        // What is no text is no key either.
        (Some(key), None) => Ok(Some(Once::new(key.to_str().unwrap_or_default(), operation, arguments)?)),
        (Some(_), Some(_)) => {
            Err(Problem::field(HEADER, "A request has one Idempotency-Key. Send one of these.").into())
        }
        (None, _) => of_form(field, operation, arguments),
    }
}

/// For what is done as often as it is sent: a key is refused, so that nobody relies on it.
///
/// # Errors
/// `Invalid` where there is one.
pub fn none() -> Result<(), Refused> {
    if context::parts().is_some_and(|parts| parts.headers.contains_key(HEADER)) {
        let detail = "This is done as often as it is sent; it takes no Idempotency-Key. Send it without one.";
        return Err(Problem::field(HEADER, detail).into());
    }
    Ok(())
}

/// A form that is sent twice is done once; one that was changed before it is sent again (somebody went back) is another request.
fn of_form(
    field: Option<String>,
    operation: &str,
    arguments: &impl serde::Serialize,
) -> Result<Option<Once>, Refused> {
    let Some(key) = field.filter(|key| !key.is_empty()) else { return Ok(None) };
    Ok(Some(Once::new(&key, operation, arguments)?.of_form()))
}

/// A key for forms of the page that is being made.
pub fn new_key() -> Option<String> {
    context::studio().map(|studio| studio.new_key()).ok()
}

/// The hidden field with a key. Forms that ask for different things may share one.
pub fn field(key: Option<String>) -> impl leptos::prelude::IntoView {
    use leptos::prelude::*;
    key.map(|key| view! { <input type="hidden" name=FIELD value=key /> })
}

/// The hidden field with a key of its own, so that a form that is sent twice is done once.
pub fn hidden() -> impl leptos::prelude::IntoView {
    field(new_key())
}
