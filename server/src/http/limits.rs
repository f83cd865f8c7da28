//! So many requests from one address, so many sign-ins and registrations, and so many wrong guesses.
//!
//! # Design
//! Requests are counted before anything else is known of them (`studio/src/allowance.rs`); where one is refused nothing was asked of
//! the database for it. Sign-ins and guesses have two limits. How many ceremonies an address may begin in a minute is asked before:
//! each costs a row. Wrong keys, codes and tokens are counted after they were found wrong, and only a wrong one is answered with the
//! limit: whoever comes with the right one is let in whatever strangers at the same address did. A browser in which somebody has
//! signed in before has a limit of its own when that of its address is used up, for many people share one address. What strangers
//! may begin is counted so for everybody: being signed in is no way around it. A touch or another passkey of one's own is counted
//! for its person.

use super::{ClientAddress, Http, end_site, network, problems};
use api_types::{PersonId, Problem};
use app::api::context::{Browser, Caller};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use studio::{FAILURES_PER_HOUR, Limiter, SignedIn, WRONG_TOO_OFTEN, ports::Timestamp, too_many};

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Network(IpAddr),
    Browser(String),
    Person(PersonId),
}

/// An end site has 65,536 networks; it may begin, and send wrong guesses, so many times what one of them may.
const END_SITE_FACTOR: u32 = 5;

/// The limits of this process.
#[derive(Clone)]
pub(crate) struct Limits {
    starts: Arc<Limiter<Who>>,
    end_sites: Arc<Limiter<IpAddr>>,
    failures: Arc<Limiter<IpAddr>>,
    end_site_failures: Arc<Limiter<IpAddr>>,
    /// Lines of the log about it: whoever sends too much could fill it.
    lines: Arc<Limiter<&'static str>>,
}

impl Limits {
    /// With nobody counted yet.
    pub(crate) fn new(sign_ins_per_minute: u32) -> Self {
        Self {
            starts: Arc::new(Limiter::new(sign_ins_per_minute, Duration::from_secs(60))),
            end_sites: Arc::new(Limiter::new(
                sign_ins_per_minute.saturating_mul(END_SITE_FACTOR),
                Duration::from_secs(60),
            )),
            failures: Arc::new(Limiter::new(FAILURES_PER_HOUR, Duration::from_secs(3600))),
            end_site_failures: Arc::new(Limiter::new(
                FAILURES_PER_HOUR * END_SITE_FACTOR,
                Duration::from_secs(3600),
            )),
            lines: Arc::new(Limiter::new(1, Duration::from_secs(60))),
        }
    }

    /// Says in the log that something is too much, once a minute.
    fn say(&self, what: &'static str, now: Timestamp) {
        if self.lines.take(what, now).is_ok() {
            tracing::warn!("{what}");
        }
    }

    /// Counts something wrong from where a request came; what to answer in its place when it was too often.
    pub(super) fn failed(&self, http: &Http, request: Option<ClientAddress>) -> Option<Problem> {
        let (ClientAddress(address), now) = (request?, http.studio.now());
        let by_network = self.failures.take(network(address), now);
        let wait = by_network.and_then(|()| self.end_site_failures.take(end_site(address), now)).err()?;
        self.say("an address sends too many wrong keys, codes or tokens", now);
        Some(too_many(WRONG_TOO_OFTEN, wait))
    }
}

/// Begins a ceremony.
fn is_start(path: &str) -> bool {
    path == "/api/auth/challenge" || (path.starts_with("/api/") && path.ends_with("/start"))
}

/// Is told a key or a code.
fn is_guess(path: &str) -> bool {
    path == "/api/auth/login"
        || path == "/api/invite/look"
        || is_start(path)
        || (path.starts_with("/api/") && path.ends_with("/finish"))
}

/// Is of somebody who is signed in, about themselves.
fn is_own(path: &str) -> bool {
    path.starts_with("/api/touch/") || path.starts_with("/api/passkey/")
}

/// The layer of all requests that are not of static files or `/health`: those cost nothing, and who looks after a studio asks often.
pub(super) async fn count(State(http): State<Http>, request: Request, next: Next) -> Response {
    let Some(ClientAddress(address)) = request.extensions().get::<ClientAddress>().copied() else {
        return next.run(request).await;
    };
    match http.studio.take_request(network(address)).await {
        Ok(()) => next.run(request).await,
        Err(wait) => {
            http.limits.say("an address sends too many requests", http.studio.now());
            problems::answer(&too_many("Too many requests came from your address.", wait))
        }
    }
}

/// The layer of sign-ins and guesses.
pub(super) async fn limit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if !is_guess(path) || *request.method() != Method::POST {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().and_then(|caller| caller.0.as_ref().ok());
    let own = caller.filter(|_| is_own(path)).map(SignedIn::person);
    let address = request.extensions().get::<ClientAddress>().copied();
    let browser = request.extensions().get::<Browser>().cloned();
    let started = match (is_start(path), own, address) {
        (false, ..) | (true, None, None) => Ok(()),
        (true, Some(person), _) => start_own(&http, person),
        (true, None, Some(address)) => start(&http, address, browser).await,
    };
    if let Err(problem) = started {
        return problems::answer(&problem);
    }
    let response = next.run(request).await;
    let is_wrong = [StatusCode::UNAUTHORIZED, StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY]
        .contains(&response.status());
    match (is_wrong && own.is_none()).then(|| http.limits.failed(&http, address)).flatten() {
        Some(problem) => problems::answer(&problem),
        None => response,
    }
}

fn start_own(http: &Http, person: PersonId) -> Result<(), Problem> {
    let taken = http.limits.starts.take(Who::Person(person), http.studio.now());
    taken.map_err(|wait| too_many("You were asked for your passkey too often.", wait))
}

async fn start(
    http: &Http,
    ClientAddress(address): ClientAddress,
    browser: Option<Browser>,
) -> Result<(), Problem> {
    let now = http.studio.now();
    let Limits { starts, end_sites, .. } = &http.limits;
    let by_network = starts.take(Who::Network(network(address)), now);
    let Err(wait) = by_network.and_then(|()| end_sites.take(end_site(address), now)) else {
        return Ok(());
    };
    if let Some(Browser(browser)) = browser
        && http.studio.knows_browser(&browser).await?
        && starts.take(Who::Browser(browser), now).is_ok()
    {
        return Ok(());
    }
    http.limits.say("an address begins too many sign-ins", now);
    Err(too_many("Too many sign-ins were begun from your address.", wait))
}
