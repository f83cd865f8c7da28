//! Forms without a script: what worked goes on to the next page, what was refused comes back to its form with the typed text,
//! and what was made to be seen once is shown on the form's page.
//! What worked and keeps what was typed is answered with the next page itself.

use super::{BODY_BYTES_MAX, Http, problems, session::is_programs};
use api_types::Problem;
use app::api::{
    form::{self, AnsweredForm, RefusedForm},
    kept::Kept,
    local_path::LocalPath,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, request::Parts};

/// Sent by a browser's own form, not by a script.
fn is_form(request: &Request) -> bool {
    let text =
        |name| request.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or("");
    request.method() == Method::POST
        && request.uri().path().starts_with("/api/")
        && text(header::CONTENT_TYPE).starts_with("application/x-www-form-urlencoded")
        && text(header::ACCEPT).contains("text/html")
}

/// The page the form was on, if the browser says so; only a page of ours.
fn page(http: &Http, headers: &HeaderMap) -> Option<LocalPath> {
    let referer = headers.get(header::REFERER)?.to_str().ok()?;
    LocalPath::parse(referer.strip_prefix(http.cookies.origin.as_str())?)
}

/// The layer. Inside it a form's request asks for JSON, so that server functions answer what they mean.
pub(super) async fn refill(State(http): State<Http>, request: Request, next: Next) -> Response {
    if !is_form(&request) {
        return visit(request, next).await;
    }
    // A program has no page: its token was asked about this address, and about no other that a header could name.
    if is_programs(request.headers()) {
        let mut request = request;
        request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        return next.run(request).await;
    }
    let back = page(&http, request.headers());
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return problems::answer(&Problem::TooLarge { bytes_max: BODY_BYTES_MAX as u64 });
    };
    let accept = parts.headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let action = parts.uri.path().to_owned();
    let again = parts.clone();
    let response = next.clone().run(Request::from_parts(parts, Body::from(bytes.clone()))).await;
    let fields: Vec<(String, String)> = serde_urlencoded::from_bytes(&bytes).unwrap_or_default();
    if response.status() == StatusCode::CREATED {
        let (_, answer, cookies) = read_body(response).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let page = back.map_or_else(|| form::page_of(&action).to_owned(), |page| page.as_str().to_owned());
        let mut asking = asking(again, &page, accept);
        asking.extensions_mut().insert(AnsweredForm { action, answer });
        return with_cookies(next.run(asking).await, cookies);
    }
    if response.status().is_success() {
        let Some(kept) = Kept::of(response.headers(), &fields) else {
            return see_other(response, back.as_ref().map_or("/", LocalPath::as_str));
        };
        let to = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
        let mut asking = asking(again, to.unwrap_or("/"), accept);
        asking.extensions_mut().insert(kept);
        return next.run(asking).await;
    }
    let (status, problem, cookies) = read_problem(response).await;
    let is_out = problem == Problem::SignIn;
    let refused = RefusedForm { action, fields, problem };
    let page = if is_out {
        let door = back.map_or_else(|| "/login".to_owned(), |page| page.door());
        if refused.written().is_none() {
            return see_other(StatusCode::SEE_OTHER.into_response(), &door);
        }
        // The door itself, with what was written, which would be lost on the way.
        door
    } else {
        // The same page once more, with what was refused beside it.
        back.map_or_else(|| refused.page(), |page| page.as_str().to_owned())
    };
    let mut asking = asking(again, &page, accept);
    asking.extensions_mut().insert(refused);
    let mut shown = next.run(asking).await;
    if shown.status().is_success() {
        *shown.status_mut() = status;
    }
    with_cookies(shown, cookies)
}

fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn cookies_of(parts: &http::response::Parts) -> Vec<HeaderValue> {
    parts.headers.get_all(header::SET_COOKIE).iter().cloned().collect()
}

/// A form's request, as if it had asked for a page.
fn asking(mut parts: Parts, page: &str, accept: Option<HeaderValue>) -> Request {
    parts.method = Method::GET;
    parts.uri = page.parse().unwrap_or(Uri::from_static("/"));
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Some(accept) = accept {
        parts.headers.insert(header::ACCEPT, accept);
    }
    Request::from_parts(parts, Body::empty())
}

/// The address of a form, asked for as a page: a refusal was shown under it, and somebody reloads that or comes back to it.
async fn visit(request: Request, next: Next) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    let is_person = request.method() == Method::GET && accepts.contains("text/html");
    let path = request.uri().path();
    let page = (is_person && path.starts_with("/api/")).then(|| form::page_of(path));
    let response = next.run(request).await;
    match page {
        Some(page) if response.status() == StatusCode::METHOD_NOT_ALLOWED => {
            see_other(StatusCode::SEE_OTHER.into_response(), page)
        }
        _ => response,
    }
}

fn see_other(worked: Response, back: &str) -> Response {
    let (parts, _) = worked.into_parts();
    let next = parts.headers.get(header::LOCATION).cloned().or_else(|| HeaderValue::from_str(back).ok());
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, next.unwrap_or(HeaderValue::from_static("/")));
    for cookie in parts.headers.get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    response
}

async fn read_body(response: Response) -> (StatusCode, Bytes, Vec<HeaderValue>) {
    let (parts, body) = response.into_parts();
    let cookies = cookies_of(&parts);
    (parts.status, to_bytes(body, BODY_BYTES_MAX).await.unwrap_or_default(), cookies)
}

async fn read_problem(response: Response) -> (StatusCode, Problem, Vec<HeaderValue>) {
    let (status, bytes, cookies) = read_body(response).await;
    let problem = serde_json::from_slice(&bytes)
        .unwrap_or_else(|_| Problem::Malformed { detail: "This form could not be read.".to_owned() });
    (status, problem, cookies)
}
