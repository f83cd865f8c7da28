//! Every address × everyone who may knock. A server function or page that is not in the table (`addresses.rs`) fails the test.

use crate::{
    addresses::{FUNCTIONS, NOBODYS, PAGES},
    support::{Person, Studio},
};
use serde_json::json;
use std::collections::BTreeSet;

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
