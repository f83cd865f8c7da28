//! What no program should send: a problem says what it is and what to do, nothing is begun, and the studio works on.

use crate::support::{Answer, Person, Studio, databases, id};
use reqwest::Method;
use serde_json::json;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// An id that belongs to nobody.
const NOBODYS: &str = "0193a5b2-7c1e-7000-8000-000000000001";

/// Sends these very bytes.
fn post(person: &mut Person, path: &str, media: &str, body: Vec<u8>) -> Answer {
    let request = person.request(Method::POST, path).header("accept", JSON).header("content-type", media);
    person.send(request.body(body))
}

#[test]
fn a_program_gets_a_problem_with_its_code_and_what_to_do() {
    let text = |text: &str| json!({ "text": text, "model": "mock/echo" }).to_string().into_bytes();
    let to = |id: &str| json!({ "text": "x", "conversation": id }).to_string().into_bytes();
    let with = |model: &str| json!({ "text": "x", "model": model }).to_string().into_bytes();
    let raw = |bytes: &[u8]| bytes.to_vec();
    let rows: Vec<(&str, Vec<u8>, u16, &str, &str)> = vec![
        (JSON, text(""), 422, "invalid", "Write something first."),
        (JSON, text(" \n\t"), 422, "invalid", "Write something first."),
        (JSON, text(&"x".repeat(100_001)), 422, "invalid", "1 character too long. Shorten it"),
        (JSON, text(&"é".repeat(50_001)), 422, "invalid", "1 character too long"),
        (JSON, text(&"x".repeat(1_100_000)), 413, "too_large", "at most 1000000 bytes"),
        (JSON, text("a\0b"), 422, "invalid", "NUL character in this text. Remove it"),
        (JSON, raw(b"{\"text\":\"\\ud800\"}"), 400, "malformed", "hex escape"),
        (JSON, raw(b"{\"text\":\"\\udc00\\ud800\"}"), 400, "malformed", "surrogate"),
        (JSON, raw(b"{\"text\":\"\xff\"}"), 400, "malformed", "unicode"),
        (JSON, raw(b"{"), 400, "malformed", "EOF"),
        (JSON, raw(b"[]"), 400, "malformed", "cannot be read"),
        (JSON, raw(b""), 400, "malformed", "cannot be read"),
        (JSON, raw(b"{\"text\":7}"), 400, "malformed", "expected a string"),
        (JSON, raw(b"{\"text\":\"x\",\"role\":\"owner\"}"), 400, "malformed", "unknown field role"),
        (JSON, with("mock/none"), 422, "invalid", "mock/none is not available now. Choose another"),
        (JSON, with("nobody/none"), 422, "invalid", "nobody/none is not available now. Choose another"),
        (JSON, with("nonsense"), 400, "malformed", "named like source/name"),
        (JSON, to(NOBODYS), 404, "not_found", "deleted, or the address is wrong"),
        (JSON, to("1"), 400, "malformed", "cannot be read"),
        (JSON, to("../../etc/passwd"), 400, "malformed", "cannot be read"),
        (FORM, raw(b"text=\xff"), 400, "malformed", "not valid UTF-8"),
        (FORM, raw(b"text=%ff"), 400, "malformed", "not valid UTF-8"),
        (FORM, raw(b"text=%ED%A0%80"), 400, "malformed", "not valid UTF-8"),
        (FORM, raw(b"text=%00&model=mock/echo"), 422, "invalid", "NUL"),
        (FORM, raw(b"text=x&owner=1"), 400, "malformed", "unknown field owner"),
        ("text/plain", text("x"), 415, "wrong_type", "application/json"),
        ("multipart/form-data", raw(b"x"), 415, "wrong_type", "application/json"),
    ];
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        for (media, body, status, code, words) in &rows {
            let shown: String = String::from_utf8_lossy(body).chars().take(60).collect();
            let answer = post(&mut ana, "/api/message/send", media, body.clone());
            assert_eq!(answer.header("content-type"), "application/problem+json", "{shown}: {answer:?}");
            let problem = answer.json();
            assert_eq!(
                (answer.status, problem["code"].as_str()),
                (*status, Some(*code)),
                "{shown}: {problem}"
            );
            assert_eq!(problem["status"], *status, "{shown}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(words) && detail.ends_with('.'), "{shown}: {detail}");
        }
        assert_eq!(ana.conversations(), 0, "nothing was begun");
        let sent = ana.ask("still there?", None, "mock/echo");
        ana.ended(&sent["run"]);
    }
}

#[test]
fn an_address_that_is_not_there_is_not_found() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let page = format!("/chat/{NOBODYS}");
    for path in ["/chat/not-an-id", "/chat/%ff", &page, "/nowhere", "/conversations?after=garbage"] {
        let shown = ana.page(path);
        assert_eq!(shown.status, 404, "{path}");
        assert!(shown.body.contains("There is nothing here"), "{path}: {shown:?}");
    }
    let sent = ana.ask("x", None, "mock/echo");
    ana.ended(&sent["run"]);
    for until in ["garbage", NOBODYS] {
        assert_eq!(
            ana.page(&format!("/chat/{}?until={until}", id(&sent["conversation"]))).status,
            404,
            "{until}"
        );
    }
    assert_eq!(ana.call("/api/nowhere", json!({})).status, 404);
}

#[test]
fn a_refusal_is_what_its_head_says_it_is() {
    let studio = Studio::new();
    let running = studio.start();
    let eve = Person::new(&running.url);
    for (method, path, more) in [
        (reqwest::Method::GET, "/api/account/export", ("x-nothing", "")),
        (reqwest::Method::GET, "/api/events", ("x-nothing", "")),
        (reqwest::Method::GET, "/chat", ("authorization", "Bearer vobio_wrong")),
        (reqwest::Method::POST, "/api/message/send", ("content-type", "text/plain")),
        (reqwest::Method::POST, "/nowhere", ("content-type", "application/json")),
    ] {
        let request =
            eve.request(method, path).header("accept", "text/html").header("accept-encoding", "gzip, br");
        let answer = request.header(more.0, more.1).body("x".repeat(2000)).send().unwrap();
        assert!(answer.status().is_client_error(), "{path}");
        let coding = answer.headers().get("content-encoding").cloned();
        // This client unpacks nothing: what is not said to be packed can be read.
        let body = answer.bytes().unwrap();
        assert_eq!(coding.is_none(), body.starts_with(b"<!DOCTYPE html>"), "{path}: {coding:?}");
    }
}
