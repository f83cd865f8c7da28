//! The session cookie: a signed token that names a session, whose row is read for every request.

use super::Http;
use adapters::Tokens;
use api_types::Problem;
use app::api::context::{Browser, Caller, SessionCookies};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, header};
use studio::{NewSession, digest};

/// Names and makes the two cookies: the session, and what binds a passkey ceremony to its browser.
pub(crate) struct Cookies {
    pub(crate) tokens: Tokens,
    /// Scheme, host and port people use.
    pub(crate) origin: String,
    pub(crate) is_https: bool,
}

impl Cookies {
    /// `__Host-` binds a cookie to exactly this host over TLS. Safari keeps no Secure cookie of http://localhost, so there
    /// the plain name is used (docs/decisions/0005).
    fn name(&self, what: &str) -> String {
        if self.is_https { format!("__Host-{what}") } else { what.to_owned() }
    }

    fn cookie(&self, what: &str, value: &str, seconds: u64) -> Option<HeaderValue> {
        let secure = if self.is_https { "; Secure" } else { "" };
        let name = self.name(what);
        HeaderValue::from_str(&format!(
            "{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}"
        ))
        .ok()
    }

    fn read<'a>(&self, headers: &'a HeaderMap, what: &str) -> Option<&'a str> {
        let name = self.name(what);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }
}

const SESSION: &str = "vobio-session";
const BROWSER: &str = "vobio-browser";

impl SessionCookies for Cookies {
    fn open(&self, session: &NewSession) -> Result<HeaderValue, Problem> {
        let token = self.tokens.issue(session.id, session.created_at, session.expires_at);
        self.cookie(SESSION, &token, session.expires_at.since(session.created_at).as_secs())
            .ok_or_else(|| studio::broken("a session cookie could not be written", &"not a header"))
    }

    fn close(&self) -> HeaderValue {
        self.cookie(SESSION, "", 0).unwrap_or(HeaderValue::from_static(""))
    }
}

/// Puts [`Caller`] and [`Browser`] into the request. A browser without a binding cookie is given one
/// with the pages where ceremonies begin.
pub(super) async fn read(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let caller = match http.cookies.read(request.headers(), SESSION) {
        None => Err(Problem::SignIn),
        Some(token) => match http.cookies.tokens.read(token, http.studio.now()) {
            Ok(session) => http.studio.signed_in(session).await,
            Err(_) => Err(Problem::SignIn),
        },
    };
    request.extensions_mut().insert(Caller(caller));

    let known = http.cookies.read(request.headers(), BROWSER).filter(|value| value.len() == 43).map(digest);
    let mut given = None;
    match known {
        Some(known) => {
            request.extensions_mut().insert(Browser(known));
        }
        None if has_ceremonies(request.uri().path()) => given = new_browser(&http.cookies),
        None => {}
    }
    let mut response = next.run(request).await;
    if let Some(cookie) = given {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether ceremonies begin on this page.
fn has_ceremonies(path: &str) -> bool {
    matches!(path, "/login" | "/recover") || path.starts_with("/settings")
}

fn new_browser(cookies: &Cookies) -> Option<HeaderValue> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    cookies.cookie(BROWSER, &URL_SAFE_NO_PAD.encode(bytes), 365 * 24 * 3600)
}
