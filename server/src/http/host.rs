//! The studio answers under its own name alone. Another name that leads here is a page of somebody who points their name
//! at this machine (DNS rebinding), a proxy that does not pass the name on, or a person who typed another address.

use super::{Http, problems};
use api_types::Problem;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, header, uri::Authority};

/// The layer. `/health` is asked by machines, under any name.
pub(super) async fn check(State(http): State<Http>, request: Request, next: Next) -> Response {
    let origin = http.cookies.origin.as_str();
    let Some(asked) = asked(&request) else { return elsewhere(origin) };
    if request.uri().path() == "/health" || is_same(origin, &asked) {
        return next.run(request).await;
    }
    // 127.0.0.1 is this machine as well, but a passkey belongs to the name.
    let is_near = matches!(asked.host(), "127.0.0.1" | "[::1]") && origin.starts_with("http://localhost");
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path_and_query() {
        Some(path) if is_near && looks => Redirect::temporary(&format!("{origin}{path}")).into_response(),
        _ => elsewhere(origin),
    }
}

/// The name the request is for, `host` or `host:port`.
fn asked(request: &Request) -> Option<Authority> {
    match request.uri().authority() {
        Some(authority) => Some(authority.clone()),
        None => {
            let mut names = request.headers().get_all(header::HOST).iter();
            let name = names.next()?;
            // Two names are none, and nobody has an account at a host.
            names.next().is_none().then_some(name)?.to_str().ok()?.parse().ok()
        }
    }
    .filter(|asked: &Authority| !asked.as_str().contains('@'))
}

fn is_same(origin: &str, asked: &Authority) -> bool {
    let (scheme, name) = origin.split_once("://").unwrap_or(("", origin));
    let usual = if scheme == "https" { 443 } else { 80 };
    let Ok(ours) = name.parse::<Authority>() else { return false };
    ours.host().eq_ignore_ascii_case(asked.host())
        && ours.port_u16().unwrap_or(usual) == asked.port_u16().unwrap_or(usual)
}

fn elsewhere(origin: &str) -> Response {
    let mut response = problems::answer(&Problem::Malformed {
        detail: format!(
            "This studio is at {origin}. Open it there. If that is where you are, the proxy in front of it has to pass the \
             Host header on; another address is set with VOBIO_URL."
        ),
    });
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    response
}

#[cfg(test)]
mod tests {
    use super::is_same;

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
