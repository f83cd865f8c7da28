//! Bearer tokens: personal ones, and those of programs that sign in with a passkey.

use crate::support::{Person, Studio, databases, id, unescaped};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpStream,
};

/// A program's ceremony up to its end; the arguments of its login.
fn challenge(program: &mut Person) -> Value {
    let start = program.call("/api/auth/challenge", json!({}));
    assert_eq!(start.status, 200, "{start:?}");
    let credential = program.browser.get(start.json()["options"].as_str().unwrap()).unwrap();
    let credential: Value = serde_json::from_str(&credential).unwrap();
    json!({ "credential_data": { "ceremony": start.json()["ceremony"], "credential": credential } })
}

#[test]
fn a_program_signs_in_with_a_passkey_works_and_signs_out() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let mut program = ana.elsewhere();
        let mut arguments = challenge(&mut program);
        arguments["username"] = "Ana".into();
        let entered = program.call("/api/auth/login", arguments.clone());
        assert_eq!(entered.status, 200, "{entered:?}");
        let entered = entered.json();
        assert_eq!(
            (entered["user"]["username"].as_str(), entered["user"]["role"].as_str()),
            (Some("Ana"), Some("owner"))
        );
        assert_eq!(entered["expires_in"], 24 * 3600);
        assert!(program.cookies.is_empty(), "it keeps no cookie: {:?}", program.cookies);
        let token = entered["token"].as_str().unwrap().to_owned();

        assert_eq!(program.call("/api/auth/login", arguments).status, 401, "a replay");
        let mut named = challenge(&mut program);
        named["username"] = "Eve".into();
        let other_name = program.call("/api/auth/login", named);
        let mut nonsense = Vec::new();
        for data in [json!({}), json!(null), json!("x"), json!({ "ceremony": 1, "credential": "{}" })] {
            nonsense.push(program.call("/api/auth/login", json!({ "credential_data": data })));
        }
        for refused in nonsense.iter().chain([&other_name]) {
            assert_eq!((refused.status, refused.json()["code"].as_str()), (401, Some("key_refused")));
        }

        let ask = |token: &str| {
            let arguments = json!({ "text": "from a program", "model": "mock/echo" });
            program.bearing(Method::POST, "/api/message/send", token, Some(arguments)).status
        };
        assert_eq!(ask(&token), 200);
        assert!(ana.page("/settings/sessions").body.contains("A program"), "it is listed for her");
        let as_cookie = {
            let mut browser = Person::new(&running.url);
            browser.cookies.insert("vobio-session".to_owned(), token.clone());
            browser.page("/chat").status
        };
        assert_eq!(as_cookie, 302, "a program's token is no cookie");
        let out = program.bearing(Method::POST, "/api/auth/logout", &token, Some(json!({})));
        assert_eq!((out.status, out.json()["status"].as_str()), (200, Some("success")));
        assert_eq!(ask(&token), 401, "over at once");
        assert_eq!(ana.call("/api/auth/logout", json!({})).status, 200, "the same for a cookie");
        assert_eq!(ana.page("/chat").status, 302);
    }
}

#[test]
fn a_token_is_shown_once_on_the_page_that_answers_its_form() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let fields = [("name", "Night job <b>"), ("days", "30"), ("read", "true"), ("run", "true")];
    let page = ana.form("/settings/tokens", "/api/token/make", &fields);
    assert_eq!(page.status, 200, "{page:?}");
    let at = page.body.find("vobio_").expect("the token");
    let token = page.body[at..at + 64].to_owned();
    assert!(
        unescaped(&page.body).contains("The token Night job <b> is ready.") && !page.body.contains("job <b>")
    );
    assert!(page.body.contains("data-address=\"/settings/tokens\""), "a reload makes no second one");

    let program = Person::new(&running.url);
    let sent = program.bearing(
        Method::POST,
        "/api/message/send",
        &token,
        Some(json!({ "text": "x", "model": "mock/echo" })),
    );
    assert_eq!(sent.status, 200, "{sent:?}");
    let later = ana.page("/settings/tokens").body;
    assert!(!later.contains(&token) && later.contains("read, run"), "{later}");
    assert!(later.contains("used just now"), "{later}");
    let logged = running.logged().join("\n");
    assert!(!logged.contains(&token) && !logged.contains(&token[6..58]), "it is in no log line");

    let refused = ana.form("/settings/tokens", "/api/token/make", &[("name", "Night job"), ("days", "30")]);
    assert_eq!(refused.status, 422);
    let shown = unescaped(&refused.body);
    assert!(shown.contains("Choose at least one thing") && shown.contains("value=\"Night job\""), "{shown}");

    let at = later.find("name=\"token\" value=\"").unwrap() + 20;
    let gone = ana.form("/settings/tokens", "/api/token/revoke", &[("token", &later[at..at + 36])]);
    assert_eq!((gone.status, gone.header("location")), (303, "/settings/tokens"));
    let refused = program.bearing(Method::GET, "/conversations", &token, None);
    assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer error=\"invalid_token\""));
    let activity = ana.page("/settings/activity").body;
    assert!(unescaped(&activity).contains("An API token was revoked: Night job <b>."), "{activity}");
}

#[test]
fn a_revoked_token_ends_its_stream_within_a_second() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let made = ana.call("/api/token/make", json!({ "name": "x", "days": 1, "read": true })).json();
    let request = Person::new(&running.url)
        .request(Method::GET, "/api/events")
        .bearer_auth(made["token"].as_str().unwrap());
    let stream = request.send().unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(ana.call("/api/token/revoke", json!({ "token": made["id"] })).status, 200);
    let since = std::time::Instant::now();
    stream.text().unwrap();
    assert!(since.elapsed() < std::time::Duration::from_secs(2), "{:?}", since.elapsed());
}

#[test]
fn a_token_opens_no_page_that_a_referer_names() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent =
        ana.call("/api/message/send", json!({ "text": "a private matter", "model": "mock/echo" })).json();
    ana.ended(&sent["run"]);
    let token = ana.token(&["run"]);
    let at = format!("{}/chat/{}", running.url, id(&sent["conversation"]));
    for page in [
        at.as_str(),
        &format!("{}/conversations", running.url),
        &format!("{}/settings/passkeys", running.url),
    ] {
        for (path, form) in [
            ("/api/message/send", "text="),
            ("/api/message/send", "text=again&model=mock%2Fecho"),
            ("/api/conversation/rename", "conversation=x&title=y"),
        ] {
            let answer = Person::new(&running.url)
                .request(Method::POST, path)
                .bearer_auth(&token)
                .header("accept", "text/html")
                .header("content-type", "application/x-www-form-urlencoded")
                .header("referer", page)
                .body(form)
                .send()
                .unwrap();
            assert!(!answer.status().is_redirection(), "{path} {form}");
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.contains("json"), "{path} {form}: {kind}");
            assert!(!answer.text().unwrap().contains("private matter"));
        }
    }
}

#[test]
fn a_path_that_does_not_say_where_it_leads_is_nowhere() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let token = ana.token(&["read", "admin"]);
    for path in [
        "/chat/../settings",
        "/chat/%2e%2e/settings/passkeys",
        "/chat/.%2E/settings",
        "/x/../settings",
        "/settings\\",
        "/%5c..%5csettings",
        "//settings",
        "/chat/%2fsettings",
    ] {
        for who in [
            format!("Authorization: Bearer {token}"),
            format!("Cookie: vobio-session={}", ana.cookies["vobio-session"]),
        ] {
            // By hand: a client would resolve it.
            let address = running.url.strip_prefix("http://").unwrap();
            let mut socket = TcpStream::connect(("127.0.0.1", studio.port)).unwrap();
            write!(socket, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{who}\r\nAccept: text/html\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            socket.read_to_string(&mut answer).unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"),
                "{path} as {who}: {}",
                &answer[..40]
            );
        }
    }
}
