//! Who asks: the session cookie or a bearer token, never both. Their rows are read for every request.

use super::{ClientAddress, Http, problems};
use adapters::Tokens;
use api_types::{Problem, Scope};
use app::api::{
    context::{Browser, Caller, EndedEarly, SessionCookies},
    scopes::scope_of,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use std::time::{Duration, Instant};
use studio::{Entered, NewSession, SessionToken, Shut, SignedIn, digest, not_for_tokens};

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
        self.all(headers, what).next()
    }

    /// Every cookie of this name. Another page of the same host (over http another port) can put one of its own before ours.
    fn all<'a>(&self, headers: &'a HeaderMap, what: &str) -> impl Iterator<Item = &'a str> {
        let name = self.name(what);
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Whether an answer says something about the session cookie already.
    fn is_set(&self, headers: &HeaderMap) -> bool {
        let start = format!("{}=", self.name(SESSION));
        headers.get_all(header::SET_COOKIE).iter().any(|value| value.as_bytes().starts_with(start.as_bytes()))
    }
}

const SESSION: &str = "vobio-session";
const BROWSER: &str = "vobio-browser";

/// A newer token goes with an answer only when that leaves so soon: a slow one could come after somebody has signed out and
/// in again, and its cookie would take the place of the new session's. The next answer brings it.
const RENEWED_WITHIN: Duration = Duration::from_secs(2);

fn token_of(session: &NewSession) -> SessionToken {
    SessionToken { session: session.id, epoch: session.epoch }
}

impl SessionCookies for Cookies {
    fn open(&self, session: &NewSession) -> Result<HeaderValue, Problem> {
        let token = self.tokens.issue(token_of(session), session.issued_at, session.expires_at);
        self.cookie(SESSION, &token, session.expires_at.since(session.issued_at).as_secs())
            .ok_or_else(|| studio::broken("a session cookie could not be written", &"not a header"))
    }

    fn close(&self) -> HeaderValue {
        self.cookie(SESSION, "", 0).unwrap_or(HeaderValue::from_static(""))
    }

    fn program_token(&self, session: &NewSession) -> String {
        self.tokens.issue_to_program(token_of(session), session.issued_at, session.expires_at)
    }
}

/// Puts [`Caller`], [`Browser`] and [`EndedEarly`] into the request. A browser without a binding cookie is given one with
/// the pages where ceremonies begin, and one whose session's token is due the next token.
pub(super) async fn read(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let mut renewed = None;
    let scope = scope_of(request.method(), request.uri().path());
    let caller = match bearer(request.headers()) {
        Some(token) => match by_bearer(&http, token, scope).await {
            Ok(by) => Ok(by),
            Err(problem) => return refused(&http, &request, problem),
        },
        None => match by_cookie(&http, request.headers()).await {
            Ok(entered) => {
                renewed = entered.renewed;
                Ok(entered.by)
            }
            Err(shut) => {
                if let Some(end) = shut.end {
                    request.extensions_mut().insert(EndedEarly(end));
                }
                Err(shut.problem)
            }
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
    if let Some(session) = renewed
        && begun.elapsed() < RENEWED_WITHIN
        && !http.cookies.is_set(response.headers())
        && let Ok(cookie) = http.cookies.open(&session)
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Whether a request says who it is from by a token in its head.
pub(super) fn is_programs(headers: &HeaderMap) -> bool {
    bearer(headers).is_some()
}

/// The bearer token of a request; what cannot be one is the empty text. Another scheme is somebody else's: a proxy's.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    const SCHEME: &[u8] = b"bearer ";
    headers.get_all(header::AUTHORIZATION).iter().find_map(|value| {
        let (scheme, token) = value.as_bytes().split_at_checked(SCHEME.len())?;
        scheme.eq_ignore_ascii_case(SCHEME).then(|| std::str::from_utf8(token).unwrap_or_default().trim())
    })
}

/// Who came with a bearer token: that of a program's session, or a personal one that is made for this address.
async fn by_bearer(http: &Http, token: &str, scope: Option<Scope>) -> Result<SignedIn, Problem> {
    if let Ok(token) = http.cookies.tokens.read_of_program(token, http.studio.now()) {
        return http.studio.enter_program(token).await;
    }
    let by = http.studio.enter_token(token).await?;
    by.may(scope.ok_or_else(not_for_tokens)?)?;
    Ok(by)
}

/// Who asks, looked up once more: their body came so slowly that what was known at its head is old.
pub(super) async fn read_again(http: &Http, parts: &Parts) -> Result<SignedIn, Problem> {
    match bearer(&parts.headers) {
        Some(token) => by_bearer(http, token, scope_of(&parts.method, parts.uri.path())).await,
        None => by_cookie(http, &parts.headers).await.map(|entered| entered.by).map_err(|shut| shut.problem),
    }
}

/// A wrong bearer token is refused wherever it is sent, and the cookies beside it are not looked at.
fn refused(http: &Http, request: &Request, problem: Problem) -> Response {
    let address = request.extensions().get::<ClientAddress>().copied();
    let slowed = (problem == Problem::SignIn).then(|| http.limits.failed(http, address)).flatten();
    let mut response = problems::answer(&slowed.unwrap_or(problem));
    if response.status() == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
    }
    response
}

/// So many cookies of the session's name are looked at.
const SAME_NAME_MAX: usize = 4;

async fn by_cookie(http: &Http, headers: &HeaderMap) -> Result<Entered, Shut> {
    let now = http.studio.now();
    let mut ours = http.cookies.all(headers, SESSION).take(SAME_NAME_MAX);
    match ours.find_map(|token| http.cookies.tokens.read(token, now).ok()) {
        Some(token) => http.studio.enter(token).await,
        None => Err(Problem::SignIn.into()),
    }
}

/// Whether ceremonies begin on this page.
fn has_ceremonies(path: &str) -> bool {
    matches!(path, "/login" | "/recover" | "/join")
        || path.starts_with("/people")
        || path.starts_with("/settings")
}

fn new_browser(cookies: &Cookies) -> Option<HeaderValue> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).ok()?;
    cookies.cookie(BROWSER, &URL_SAFE_NO_PAD.encode(bytes), 365 * 24 * 3600)
}
