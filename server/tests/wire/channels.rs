//! Every address × every way to say who one is: cookie, personal token, nothing, `X-User-ID`.

use crate::{
    addresses::{FUNCTIONS, NOBODYS, PAGES},
    support::{Answer, Person, Studio},
};
use reqwest::Method;
use serde_json::{Value, json};

/// What personal tokens are taken for, and which scope it takes. Nothing else is open to them.
const OPEN: &[(&str, &str)] = &[
    ("/chat", "read"),
    ("/chat/:id", "read"),
    ("/conversations", "read"),
    ("/conversations/deleted", "read"),
    ("/models", "read"),
    ("/runs", "read"),
    ("/runs/:id", "read"),
    ("/usage", "read"),
    ("/refusals/:id", "read"),
    ("/api/costs/usage", "read"),
    ("/api/costs/limits", "read"),
    ("/api/costs/ledger.csv", "read"),
    ("/admin/models", "admin"),
    ("/admin/models/:name", "admin"),
    ("/people", "admin"),
    ("/audit", "admin"),
    ("/flags", "admin"),
    ("/api/features", "read"),
    ("/api/events", "read"),
    ("/api/memory/context", "read"),
    ("/api/memory/store", "run"),
    ("/api/memory/forget", "run"),
    ("/api/conversation/rename", "run"),
    ("/api/conversation/choose", "run"),
    ("/api/conversation/configure", "run"),
    ("/api/conversation/delete", "run"),
    ("/api/conversation/restore", "run"),
    ("/api/chat", "run"),
    ("/api/message/send", "run"),
    ("/api/message/edit", "run"),
    ("/api/message/regenerate", "run"),
    ("/api/message/continue", "run"),
    ("/api/message/select", "run"),
    ("/api/run/stop", "run"),
    ("/api/run/decide", "run"),
    ("/api/run/retry", "run"),
    ("/api/run/fork", "run"),
    ("/api/model/set-default", "admin"),
    ("/api/provider/test", "admin"),
    ("/api/source/find", "admin"),
    ("/api/source/connect", "admin"),
    ("/api/source/disconnect", "admin"),
];

/// What is for sessions alone, whatever a token may do: to be signed in, one's keys, one's account, other people.
const CLOSED: &[&str] = &[
    "/",
    "/login",
    "/recover",
    "/join",
    "/people/:id",
    "/settings",
    "/settings/passkeys",
    "/settings/sessions",
    "/settings/tokens",
    "/settings/activity",
    "/api/account/delete",
    "/api/account/export",
    "/api/account/rename",
    "/api/account_event/see",
    "/api/auth/challenge",
    "/api/auth/login",
    "/api/auth/logout",
    "/api/flag/set",
    "/api/flag/set-person",
    "/api/invite/look",
    "/api/invite/make",
    "/api/invite/revoke",
    "/api/join/finish",
    "/api/join/start",
    "/api/model/set-price",
    "/api/passkey/finish",
    "/api/passkey/remove",
    "/api/passkey/rename",
    "/api/passkey/start",
    "/api/person/delete",
    "/api/person/disable",
    "/api/person/enable",
    "/api/person/set-limits",
    "/api/person/set-role",
    "/api/provider/add",
    "/api/provider/change",
    "/api/provider/remove",
    "/api/recovery/finish",
    "/api/recovery/make",
    "/api/recovery/start",
    "/api/session/end",
    "/api/session/end_one",
    "/api/session/end_others",
    "/api/session/finish",
    "/api/session/start",
    "/api/setup/finish",
    "/api/setup/start",
    "/api/token/make",
    "/api/token/revoke",
    "/api/touch/finish",
    "/api/touch/start",
];

/// Addresses where everybody is answered alike.
const PUBLIC: &[&str] = &["/health"];

impl Person {
    /// A personal token of hers, for these scopes.
    pub(crate) fn token(&mut self, scopes: &[&str]) -> String {
        let mut wanted = json!({ "name": scopes.join(" "), "days": 1 });
        for scope in scopes {
            wanted[scope] = true.into();
        }
        let made = self.call("/api/token/make", wanted);
        assert_eq!(made.status, 201, "{made:?}");
        made.json()["token"].as_str().unwrap().to_owned()
    }

    /// A request that says who by a bearer token; what a stream says is not waited for.
    pub(crate) fn bearing(
        &self,
        method: Method,
        path: &str,
        token: &str,
        arguments: Option<Value>,
    ) -> Answer {
        let request = self.request(method, path).bearer_auth(token).header("accept", "application/json");
        let request = match arguments {
            Some(arguments) => request.json(&arguments),
            None => request.header("accept", "text/html"),
        };
        let response = request.send().unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let is_stream = headers["content-type"].to_str().unwrap_or("").starts_with("text/event-stream");
        Answer { status, headers, body: if is_stream { String::new() } else { response.text().unwrap() } }
    }
}

/// An address as somebody asks for it.
struct Address {
    method: Method,
    /// As the table has it.
    path: &'static str,
    /// With an id in it.
    at: String,
    arguments: Option<Value>,
    to_stranger: u16,
    to_ana: u16,
}

fn addresses() -> impl Iterator<Item = Address> {
    let pages = PAGES.iter().map(|(path, to_stranger, to_ana)| Address {
        method: Method::GET,
        path,
        at: path.replace(":id", NOBODYS).replace(":name", "nobody"),
        arguments: None,
        to_stranger: *to_stranger,
        to_ana: *to_ana,
    });
    let functions = FUNCTIONS.iter().map(|row| Address {
        method: Method::POST,
        path: row.path,
        at: row.path.to_owned(),
        arguments: Some((row.arguments)(NOBODYS)),
        to_stranger: row.stranger,
        to_ana: row.foreign,
    });
    pages.chain(functions).filter(|address| !PUBLIC.contains(&address.path))
}

#[test]
fn of_every_address_it_was_decided_whether_tokens_come_there() {
    for address in addresses() {
        let is_open = OPEN.iter().any(|(open, _)| *open == address.path);
        assert_ne!(is_open, CLOSED.contains(&address.path), "{}", address.path);
    }
}

#[test]
fn a_personal_token_opens_what_its_scope_says_and_nothing_else() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let program = Person::new(&running.url);
    for scope in ["read", "run", "review", "admin"] {
        let token = ana.token(&[scope]);
        for Address { method, path, at, arguments, to_ana, .. } in addresses() {
            let answer = program.bearing(method, &at, &token, arguments);
            let needed = OPEN.iter().find(|(open, _)| *open == path).map(|(_, needed)| *needed);
            // A page that is read for her by a program is the one that she gets.
            let expected = if needed == Some(scope) { to_ana } else { 403 };
            assert_eq!(answer.status, expected, "{path} with the scope {scope}: {}", answer.body);
        }
    }
    assert_eq!(ana.page("/chat").status, 200, "no token ended her session");
}

#[test]
fn a_header_that_names_a_user_is_nobody_and_a_wrong_token_is_refused_though_the_cookie_is_right() {
    // Guesses are counted by address, and all of these are wrong: each comes from another.
    let studio = Studio::new().with("TRUSTED_PROXIES", "127.0.0.1");
    let running = studio.start();
    let mut ana = running.owner();
    let mut stranger = Person::new(&running.url);
    for Address { method, path, at, arguments, to_stranger, .. } in addresses() {
        stranger.moves();
        ana.forwarded_for = stranger.forwarded_for;
        let ask = |person: &Person, name: &str, value: &str| {
            let request = person.request(method.clone(), &at).header(name, value);
            match &arguments {
                Some(arguments) => request.header("accept", "application/json").json(arguments),
                None => request.header("accept", "text/html"),
            }
        };
        if path != "/login" && !path.ends_with("/start") && !path.ends_with("/finish") {
            let named = ask(&stranger, "x-user-id", "1").send().unwrap().status();
            assert_eq!(named, to_stranger, "{path} with X-User-ID");
        }
        let refused = ask(&ana, "authorization", "Bearer vobio_no").send().unwrap().status();
        assert_eq!(refused, 401, "{path} with a wrong token");
    }
    assert_eq!(ana.page("/chat").status, 200, "the cookie alone is as good as before");
    let basic = ana.request(Method::GET, "/chat").header("authorization", "Basic cHJveHk6cHJveHk=");
    assert_eq!(basic.send().unwrap().status(), 200, "a proxy's own password is none of ours");
    let cookies = ana.cookies.clone();
    let session = &cookies["vobio-session"];
    let as_bearer = Person::new(&running.url).bearing(Method::GET, "/chat", session, None);
    assert_eq!(as_bearer.status, 401, "a browser's token is no bearer token");
}
