//! Every address × everyone who may knock. A server function or page that is not in the table fails the test.

use crate::support::{Person, Studio};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a stranger, and a signed-in person with an id of somebody else, are answered.
pub(crate) struct Row {
    pub(crate) path: &'static str,
    pub(crate) arguments: fn(&str) -> Value,
    pub(crate) stranger: u16,
    pub(crate) foreign: u16,
}

/// An id that belongs to nobody.
pub(crate) const NOBODYS: &str = "0193a5b2-7c1e-7000-8000-000000000001";

pub(crate) const FUNCTIONS: &[Row] = &[
    Row {
        path: "/api/setup/start",
        arguments: |_| json!({ "code": "x", "name": "Eve" }),
        stranger: 409,
        foreign: 409,
    },
    Row {
        path: "/api/setup/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 410,
        foreign: 410,
    },
    Row { path: "/api/session/start", arguments: |_| json!({}), stranger: 200, foreign: 200 },
    Row {
        path: "/api/session/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 410,
        foreign: 410,
    },
    Row {
        path: "/api/conversation/rename",
        arguments: |id| json!({ "conversation": id, "title": "x" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/conversation/configure",
        arguments: |id| json!({ "conversation": id, "model": "mock/echo" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/conversation/choose",
        arguments: |id| json!({ "conversation": id, "model": "mock/echo" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/conversation/delete",
        arguments: |id| json!({ "conversation": id }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/conversation/restore",
        arguments: |id| json!({ "conversation": id }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/message/send",
        arguments: |id| json!({ "conversation": id, "text": "x" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/message/edit",
        arguments: |id| json!({ "conversation": id, "message": id, "text": "x" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/message/regenerate",
        arguments: |id| json!({ "conversation": id, "message": id }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/message/continue",
        arguments: |id| json!({ "conversation": id, "message": id }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/message/select",
        arguments: |id| json!({ "conversation": id, "message": id }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/memory/store", arguments: |_| json!({ "content": "x" }), stranger: 401, foreign: 200 },
    Row { path: "/api/memory/forget", arguments: |id| json!({ "memory": id }), stranger: 401, foreign: 404 },
    Row { path: "/api/run/stop", arguments: |id| json!({ "run": id }), stranger: 401, foreign: 404 },
    Row {
        path: "/api/run/decide",
        arguments: |id| json!({ "run": id, "key": "k", "verdict": "keep" }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/run/retry", arguments: |id| json!({ "run": id }), stranger: 401, foreign: 404 },
    Row {
        path: "/api/run/fork",
        arguments: |id| json!({ "run": id, "revision": 1 }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/source/find", arguments: |_| json!({}), stranger: 401, foreign: 200 },
    Row {
        path: "/api/source/connect",
        arguments: |_| json!({ "name": "nobody" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/source/disconnect",
        arguments: |_| json!({ "name": "nobody" }),
        stranger: 401,
        foreign: 404,
    },
    // A name that cannot be one: nothing is kept.
    Row {
        path: "/api/provider/add",
        arguments: |_| json!({ "name": "a/b", "kind": "openai", "base_url": "http://localhost:1" }),
        stranger: 401,
        foreign: 422,
    },
    Row {
        path: "/api/provider/change",
        arguments: |_| json!({ "name": "nobody", "kind": "openai", "base_url": "http://localhost:1" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/provider/remove",
        arguments: |_| json!({ "name": "nobody" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/provider/test",
        arguments: |_| json!({ "name": "nobody" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/model/set-price",
        arguments: |_| json!({ "model": "nobody/x", "prompt": "1", "completion": "1" }),
        stranger: 401,
        foreign: 422,
    },
    Row {
        path: "/api/model/set-default",
        arguments: |_| json!({ "model": "nobody/x" }),
        stranger: 401,
        foreign: 422,
    },
    Row { path: "/api/passkey/start", arguments: |_| json!({}), stranger: 401, foreign: 200 },
    Row {
        path: "/api/passkey/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 401,
        foreign: 410,
    },
    Row {
        path: "/api/passkey/rename",
        arguments: |id| json!({ "passkey": id, "name": "x" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/passkey/remove",
        arguments: |id| json!({ "passkey": id }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/recovery/make", arguments: |_| json!({}), stranger: 401, foreign: 201 },
    Row {
        path: "/api/recovery/start",
        arguments: |_| json!({ "code": "ABCD-EFGH-JKLM-NPQR" }),
        stranger: 422,
        foreign: 422,
    },
    Row {
        path: "/api/recovery/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 410,
        foreign: 410,
    },
    Row { path: "/api/touch/start", arguments: |_| json!({}), stranger: 401, foreign: 200 },
    Row {
        path: "/api/touch/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 401,
        foreign: 410,
    },
    Row {
        path: "/api/session/end_one",
        arguments: |id| json!({ "session": id }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/session/end_others", arguments: |_| json!({}), stranger: 401, foreign: 200 },
    Row {
        path: "/api/token/make",
        arguments: |_| json!({ "name": "x", "days": 1, "read": true }),
        stranger: 401,
        foreign: 201,
    },
    Row { path: "/api/token/revoke", arguments: |id| json!({ "token": id }), stranger: 401, foreign: 404 },
    Row {
        path: "/api/account_event/see",
        arguments: |id| json!({ "last": id }),
        stranger: 401,
        foreign: 200,
    },
    Row { path: "/api/auth/challenge", arguments: |_| json!({}), stranger: 200, foreign: 200 },
    Row {
        path: "/api/auth/login",
        arguments: |id| json!({ "credential_data": { "ceremony": id, "credential": {} } }),
        stranger: 401,
        foreign: 401,
    },
    Row {
        path: "/api/join/start",
        arguments: |_| json!({ "code": "x", "name": "Eve" }),
        stranger: 422,
        foreign: 422,
    },
    Row {
        path: "/api/join/finish",
        arguments: |id| json!({ "ceremony": id, "credential": "{}" }),
        stranger: 410,
        foreign: 410,
    },
    // An owner may invite; nothing of it is somebody else's.
    Row { path: "/api/invite/make", arguments: |_| json!({ "role": "member" }), stranger: 401, foreign: 201 },
    Row {
        path: "/api/invite/look",
        arguments: |_| json!({ "code": "AAAA-BBBB-CCCC-DDDD" }),
        stranger: 422,
        foreign: 422,
    },
    Row { path: "/api/invite/revoke", arguments: |id| json!({ "invite": id }), stranger: 401, foreign: 404 },
    Row {
        path: "/api/person/set-role",
        arguments: |id| json!({ "person": id, "role": "admin" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/person/set-limits",
        arguments: |id| json!({ "person": id, "hour": "1", "day": "2" }),
        stranger: 401,
        foreign: 404,
    },
    Row {
        path: "/api/flag/set",
        arguments: |_| json!({ "flag": "safety_checks", "mode": "maybe" }),
        stranger: 401,
        foreign: 422,
    },
    Row {
        path: "/api/flag/set-person",
        arguments: |id| json!({ "person": id, "flag": "chat", "mode": "off" }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/person/disable", arguments: |id| json!({ "person": id }), stranger: 401, foreign: 404 },
    Row { path: "/api/person/enable", arguments: |id| json!({ "person": id }), stranger: 401, foreign: 404 },
    Row {
        path: "/api/person/delete",
        arguments: |id| json!({ "person": id, "name": "Ben" }),
        stranger: 401,
        foreign: 404,
    },
    Row { path: "/api/account/rename", arguments: |_| json!({ "name": "Ana" }), stranger: 401, foreign: 200 },
    // The last owner stays.
    Row { path: "/api/account/delete", arguments: |_| json!({ "name": "Ana" }), stranger: 401, foreign: 409 },
    Row { path: "/api/session/end", arguments: |_| json!({}), stranger: 401, foreign: 200 },
    // By then whoever asks has ended the session with the row before.
    Row { path: "/api/auth/logout", arguments: |_| json!({}), stranger: 401, foreign: 401 },
];

/// Path, what a stranger gets (`303` to the door), what a signed-in person gets.
pub(crate) const PAGES: &[(&str, u16, u16)] = &[
    ("/", 302, 302),
    ("/login", 200, 302),
    ("/recover", 200, 302),
    ("/chat", 302, 200),
    ("/chat/:id", 302, 404),
    ("/conversations", 302, 200),
    ("/conversations/deleted", 302, 200),
    ("/models", 302, 200),
    ("/admin/models", 302, 200),
    ("/admin/models/:name", 302, 404),
    ("/runs", 302, 200),
    ("/runs/:id", 302, 404),
    ("/usage", 302, 200),
    ("/refusals/:id", 302, 404),
    ("/people", 302, 200),
    ("/people/:id", 302, 404),
    ("/flags", 302, 200),
    ("/audit", 302, 200),
    ("/join", 200, 200),
    ("/settings", 302, 200),
    ("/settings/passkeys", 302, 200),
    ("/settings/sessions", 302, 200),
    ("/settings/tokens", 302, 200),
    ("/settings/activity", 302, 200),
    ("/health", 200, 200),
    ("/api/features", 200, 200),
    ("/api/events", 401, 200),
    ("/api/memory/context", 401, 200),
    ("/api/costs/usage", 401, 200),
    ("/api/costs/limits", 401, 200),
    ("/api/costs/ledger.csv", 401, 200),
    ("/api/account/export", 401, 200),
];

#[test]
fn every_server_function_and_page_is_in_the_table() {
    let registered: BTreeSet<&str> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .filter(|path| path.starts_with("/api/"))
        .collect();
    let listed: BTreeSet<&str> = FUNCTIONS.iter().map(|row| row.path).collect();
    assert_eq!(registered, listed);

    let routes: BTreeSet<String> =
        leptos_axum::generate_route_list(app::Routes).iter().map(|route| route.path().to_owned()).collect();
    let pages: BTreeSet<String> = PAGES
        .iter()
        .map(|(path, ..)| path.replace(":id", "{id}").replace(":name", "{name}"))
        .filter(|path| path != "/health" && !path.starts_with("/api/"))
        .collect();
    assert_eq!(routes, pages);
}

#[test]
fn everybody_is_answered_as_the_table_says() {
    // Guesses are counted by address, and all of these are wrong: each comes from another.
    let studio = Studio::new().with("TRUSTED_PROXIES", "127.0.0.1");
    let running = studio.start();
    let mut ana = running.owner();
    let mut stranger = Person::new(&running.url);
    stranger.page("/login");
    for (path, to_stranger, to_ana) in PAGES {
        let path = path.replace(":id", NOBODYS).replace(":name", "nobody");
        for (person, status) in [(&mut stranger, to_stranger), (&mut ana, to_ana)] {
            let request = person
                .request(reqwest::Method::GET, &path)
                .header("accept", "text/html")
                .header("x-user-id", "1");
            // A stream has no end to wait for.
            assert_eq!(request.send().unwrap().status().as_u16(), *status, "{path}");
        }
    }
    for row in FUNCTIONS {
        let arguments = (row.arguments)(NOBODYS);
        stranger.moves();
        assert_eq!(
            stranger.call(row.path, arguments.clone()).status,
            row.stranger,
            "{} by a stranger",
            row.path
        );
        assert_eq!(ana.call(row.path, arguments).status, row.foreign, "{} with a foreign id", row.path);
    }
}

#[test]
fn another_site_moves_nothing_and_get_changes_nothing() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request =
            ana.request(reqwest::Method::POST, "/api/session/end").header(name, value).json(&json!({}));
        assert_eq!(ana.send(request).status, 403, "{name}");
    }
    for row in FUNCTIONS {
        let visited = ana.page(row.path);
        let page = app::api::form::page_of(row.path);
        assert_eq!((visited.status, visited.header("location")), (303, page), "GET {}", row.path);
        let asked = ana.request(reqwest::Method::GET, row.path).header("accept", "application/json");
        assert_eq!(ana.send(asked).status, 405, "GET {}", row.path);
    }
    assert_eq!(ana.page("/chat").status, 200, "still signed in");
}

#[test]
fn every_answer_carries_the_security_headers() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    for path in ["/login", "/chat", "/nowhere", "/health", "/api/events?after=x"] {
        let answer = ana.page(path);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    }
}
