//! So many sign-ins and registrations from one address, and so many wrong guesses.
//!
//! # Design
//! Two limits. How many ceremonies an address may begin in a minute is asked before: each costs a row. Wrong keys, codes and
//! tokens are counted after they were found wrong, and only a wrong one is answered with the limit: whoever comes with the
//! right one is let in whatever strangers at the same address did. A browser in which somebody has signed in before has a
//! limit of its own when that of its address is used up, for many people share one address.

use super::{ClientAddress, Http, network, problems};
use api_types::Problem;
use app::api::context::{Browser, Caller};
use axum::{
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use std::{net::IpAddr, sync::Arc, time::Duration};
use studio::{FAILURES_PER_HOUR, Limiter, too_many};

/// Who is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Who {
    Network(IpAddr),
    Browser(String),
}

/// The limits of this process.
#[derive(Clone)]
pub(crate) struct Limits {
    starts: Arc<Limiter<Who>>,
    failures: Arc<Limiter<IpAddr>>,
}

impl Limits {
    /// With nobody counted yet.
    pub(crate) fn new(sign_ins_per_minute: u32) -> Self {
        Self {
            starts: Arc::new(Limiter::new(sign_ins_per_minute, Duration::from_secs(60))),
            failures: Arc::new(Limiter::new(FAILURES_PER_HOUR, Duration::from_secs(3600))),
        }
    }

    /// Counts something wrong from where a request came; what to answer in its place when it was too often.
    pub(super) fn failed(&self, http: &Http, request: Option<ClientAddress>) -> Option<Problem> {
        let wait = self.failures.take(network(request?.0), http.studio.now()).err()?;
        Some(too_many("Too many wrong keys, codes or tokens came from your address.", wait))
    }
}

/// Begins a ceremony.
fn is_start(path: &str) -> bool {
    path == "/api/auth/challenge" || (path.starts_with("/api/") && path.ends_with("/start"))
}

/// Is told a key or a code.
fn is_guess(path: &str) -> bool {
    path == "/api/auth/login" || is_start(path) || (path.starts_with("/api/") && path.ends_with("/finish"))
}

/// The layer; of strangers alone.
pub(super) async fn limit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_stranger = request.extensions().get::<Caller>().is_none_or(|caller| caller.0.is_err());
    let (is_start, is_guess) = (is_start(path), is_guess(path));
    if !is_guess || !is_stranger || *request.method() != Method::POST {
        return next.run(request).await;
    }
    let address = request.extensions().get::<ClientAddress>().copied();
    let browser = request.extensions().get::<Browser>().cloned();
    if is_start
        && let Some(address) = address
        && let Err(problem) = start(&http, address, browser).await
    {
        return problems::answer(&problem);
    }
    let response = next.run(request).await;
    let is_wrong = [StatusCode::UNAUTHORIZED, StatusCode::GONE, StatusCode::UNPROCESSABLE_ENTITY]
        .contains(&response.status());
    match is_wrong.then(|| http.limits.failed(&http, address)).flatten() {
        Some(problem) => problems::answer(&problem),
        None => response,
    }
}

async fn start(
    http: &Http,
    ClientAddress(address): ClientAddress,
    browser: Option<Browser>,
) -> Result<(), Problem> {
    let now = http.studio.now();
    let starts = &http.limits.starts;
    let Err(wait) = starts.take(Who::Network(network(address)), now) else { return Ok(()) };
    if let Some(Browser(browser)) = browser
        && http.studio.knows_browser(&browser).await?
        && starts.take(Who::Browser(browser), now).is_ok()
    {
        return Ok(());
    }
    Err(too_many("Too many sign-ins were begun from your address.", wait))
}
