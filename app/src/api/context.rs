//! What a server function and a page find around them: the studio, the caller, and the way to answer.

use super::Refused;
use api_types::Problem;
use http::{HeaderValue, StatusCode, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use std::{sync::Arc, time::Duration};
use studio::{NewSession, SignedIn, Studio, ports::store::SessionEnd};

/// Provided once per request by `server/src/http`.
#[derive(Clone)]
pub struct Context {
    /// The use cases.
    pub studio: Arc<Studio>,
    /// Makes the session cookie.
    pub cookies: Arc<dyn SessionCookies>,
    /// Scheme, host and port people use.
    pub origin: Arc<str>,
    /// Names of the static files.
    pub site: Site,
    /// The mock models are on: every page says so.
    pub mock: bool,
    /// A request that waits for an answer gives up after so long, before it is given up itself.
    pub answers_within: Duration,
}

/// Hashed names of the static files, as the build made them.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// `vobio.<hash>` of script and wasm; `None` when the binary was built without its site.
    pub output_name: Option<&'static str>,
    /// Path of the style sheet.
    pub stylesheet: Option<&'static str>,
    /// Path of the font.
    pub font: Option<&'static str>,
    /// Path of the icon.
    pub icon: Option<&'static str>,
}

/// The session cookie's two values.
pub trait SessionCookies: Send + Sync {
    /// Signs a session into a cookie.
    ///
    /// # Errors
    /// `Broken`.
    fn open(&self, session: &NewSession) -> Result<HeaderValue, Problem>;

    /// A cookie that removes it.
    fn close(&self) -> HeaderValue;

    /// Signs a program's session into a bearer token.
    fn program_token(&self, session: &NewSession) -> String;
}

/// Who makes this request; put into its extensions by the session layer, read from the database for this request.
#[derive(Debug, Clone)]
pub struct Caller(pub Result<SignedIn, Problem>);

/// The session that this browser still names was ended before its time: its person is told why at the door.
#[derive(Debug, Clone, Copy)]
pub struct EndedEarly(pub SessionEnd);

/// SHA-256 (hex) of the cookie that binds a ceremony to this browser.
#[derive(Debug, Clone)]
pub struct Browser(pub String);

pub(crate) fn parts() -> Option<Parts> {
    use_context::<Parts>()
}

/// The context of this request.
///
/// # Errors
/// `Broken` when the server did not provide it.
pub fn context() -> Result<Context, Refused> {
    use_context::<Context>().ok_or_else(|| studio::broken("no context was provided", &"context").into())
}

/// The studio.
///
/// # Errors
/// As [`context`].
pub fn studio() -> Result<Arc<Studio>, Refused> {
    context().map(|context| context.studio)
}

/// The signed-in person. The first line of every server function and page that needs one.
///
/// # Errors
/// `SignIn`, or why the session could not be read.
pub fn signed_in() -> Result<SignedIn, Refused> {
    let caller = parts().and_then(|parts| parts.extensions.get::<Caller>().cloned());
    caller.map_or(Err(Problem::SignIn), |caller| caller.0).map_err(Refused::from)
}

/// The signed-in person, if there is one; for pages that strangers may see too.
pub fn signed_in_if_any() -> Option<SignedIn> {
    parts().and_then(|parts| parts.extensions.get::<Caller>().cloned()).and_then(|caller| caller.0.ok())
}

/// The same, where it matters that nobody is taken for a stranger because nobody could look.
///
/// # Errors
/// Why the session could not be read.
pub fn signed_in_or_stranger() -> Result<Option<SignedIn>, Refused> {
    match parts().and_then(|parts| parts.extensions.get::<Caller>().cloned()) {
        Some(Caller(Ok(by))) => Ok(Some(by)),
        None | Some(Caller(Err(Problem::SignIn))) => Ok(None),
        Some(Caller(Err(problem))) => Err(problem.into()),
    }
}

/// The digest of this browser's binding cookie.
///
/// # Errors
/// `Malformed` when the browser sent none.
pub fn browser() -> Result<String, Refused> {
    parts().and_then(|parts| parts.extensions.get::<Browser>().cloned()).map(|browser| browser.0).ok_or_else(|| {
        Problem::Malformed {
            detail: "Your browser did not send the studio's cookie. Allow cookies for this address and reload the page."
                .to_owned(),
        }
        .into()
    })
}

/// Why the session that this browser still names was ended before its time, if it was.
pub fn ended_early() -> Option<SessionEnd> {
    parts().and_then(|parts| parts.extensions.get::<EndedEarly>().map(|EndedEarly(end)| *end))
}

/// Path and query of the page that is being made; of a refused form, those of its page.
pub fn asked_for() -> Option<String> {
    parts().and_then(|parts| parts.uri.path_and_query().map(|path| path.as_str().to_owned()))
}

/// What the query of this page's address says for a name, decoded once: the router decodes twice, which spoils an address in
/// an address.
pub fn asked(name: &str) -> Option<String> {
    let parts = parts()?;
    let mut pairs = form_urlencoded::parse(parts.uri.query()?.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The browser's own words about itself.
pub fn user_agent() -> String {
    let header = parts().and_then(|parts| parts.headers.get(header::USER_AGENT).cloned());
    header.and_then(|value| value.to_str().map(str::to_owned).ok()).unwrap_or_default()
}

/// Where a form's browser goes after it worked; others ignore it.
pub fn then(path: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(path)) {
        response.insert_header(header::LOCATION, value);
    }
}

/// What was asked for goes on: 202.
pub(crate) fn accepted() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::ACCEPTED);
    }
}

/// Adds a cookie to the answer.
pub fn set_cookie(cookie: HeaderValue) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// Gives the answer the problem's status.
pub(crate) fn answer_with(problem: &Problem) {
    let Some(response) = use_context::<ResponseOptions>() else { return };
    if let Ok(status) = StatusCode::from_u16(problem.status()) {
        response.set_status(status);
    }
    if let Some(seconds) = problem.retry_after_s() {
        response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
}
