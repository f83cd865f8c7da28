//! The studio answers under its own name alone. Another name that leads here is a page of somebody who points their name
//! at this machine (DNS rebinding), a proxy that does not pass the name on, or a person who typed another address. And where
//! the name is an https one, it answers nobody who came without TLS. A path that does not say where it leads is nowhere.

use super::{Http, client::Way, problems};
use api_types::Problem;
use app::api::local_path::is_plain;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, header, uri::Authority};
use std::net::IpAddr;

/// The layer. `/health` is asked by machines, under any name.
pub(super) async fn check(State(http): State<Http>, request: Request, next: Next) -> Response {
    let origin = http.cookies.origin.as_str();
    if request.uri().path() == "/health" {
        return next.run(request).await;
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match (request.extensions().get::<Way>(), request.uri().path_and_query()) {
        (Some(Way::Clear), Some(path)) if looks => {
            return Redirect::permanent(&format!("{origin}{path}")).into_response();
        }
        (Some(Way::Clear), _) => return elsewhere(origin),
        (Some(Way::Unnamed(peer)), _) => return unnamed(origin, *peer),
        _ => {}
    }
    let Some(asked) = asked(&request) else { return elsewhere(origin) };
    if is_same(origin, &asked) {
        return match is_plain(request.uri().path()) {
            true => next.run(request).await,
            false => problems::answer(&Problem::NotFound),
        };
    }
    // 127.0.0.1 is this machine as well, but a passkey belongs to the name.
    let is_near = matches!(asked.host(), "127.0.0.1" | "[::1]") && origin.starts_with("http://localhost");
    match request.uri().path_and_query() {
        Some(path) if is_near && looks => Redirect::temporary(&format!("{origin}{path}")).into_response(),
        _ => elsewhere(origin),
    }
}

/// The name the request is for, `host` or `host:port`. One that says two names is for nobody: HTTP/2 has a place of its own
/// for it, and may carry the older header beside that.
fn asked(request: &Request) -> Option<Authority> {
    let mut names =
        request.headers().get_all(header::HOST).iter().map(|host| host.to_str().ok()?.parse().ok());
    let first = request.uri().authority().cloned().or_else(|| names.next().flatten())?;
    let is_one = names.all(|other| other.as_ref() == Some(&first));
    // Nobody has an account at a host.
    (is_one && !first.as_str().contains('@')).then_some(first)
}

fn is_same(origin: &str, asked: &Authority) -> bool {
    let (scheme, name) = origin.split_once("://").unwrap_or(("", origin));
    let usual = if scheme == "https" { 443 } else { 80 };
    let Ok(ours) = name.parse::<Authority>() else { return false };
    ours.host().eq_ignore_ascii_case(asked.host())
        && ours.port_u16().unwrap_or(usual) == asked.port_u16().unwrap_or(usual)
}

fn elsewhere(origin: &str) -> Response {
    misdirected(format!(
        "This studio is at {origin}. Open it there. If that is where you are, the proxy in front of it has to pass the \
         Host header on; another address is set with VOBIO_URL."
    ))
}

/// Whoever reads this sees their own address, or that of the operator's proxy.
fn unnamed(origin: &str, peer: IpAddr) -> Response {
    misdirected(format!(
        "This studio is at {origin}. Open it there. If that is where you are, its operator has to name the proxy in front of \
         it: TRUSTED_PROXIES={peer}"
    ))
}

fn misdirected(detail: String) -> Response {
    let mut response = problems::answer(&Problem::Malformed { detail });
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    response
}

#[cfg(test)]
mod tests {
    use super::{asked, is_same};
    use axum::extract::Request;

    #[test]
    fn a_request_that_says_two_names_is_for_nobody() {
        let ask = |uri: &str, hosts: &[&str]| {
            let mut request = Request::builder().uri(uri);
            for host in hosts {
                request = request.header("host", *host);
            }
            asked(&request.body(axum::body::Body::empty()).unwrap()).map(|name| name.to_string())
        };
        let name = || Some("a.example".to_owned());
        assert_eq!(ask("/", &["a.example"]), name());
        assert_eq!(ask("https://a.example/", &[]), name());
        assert_eq!(ask("https://a.example/", &["A.example"]), name());
        assert_eq!(ask("https://a.example/", &["b.example"]), None);
        assert_eq!(ask("/", &["a.example", "b.example"]), None);
        assert_eq!(ask("/", &[]), None);
    }

    #[test]
    fn a_name_is_the_same_with_or_without_its_usual_port() {
        let same = |origin, asked: &str| is_same(origin, &asked.parse().unwrap());
        assert!(same("http://localhost:8000", "localhost:8000"));
        assert!(same("https://a.example", "A.example") && same("https://a.example", "a.example:443"));
        assert!(
            !same("http://localhost:8000", "localhost") && !same("http://localhost:8000", "localhost:8001")
        );
        assert!(
            !same("https://a.example", "a.example:80")
                && !same("https://a.example", "a.example.evil.example")
        );
    }
}
