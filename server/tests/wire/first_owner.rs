//! The door: the first owner, signing in and out, and what survives a restart.

use crate::support::{Person, Studio, databases, is_private, unescaped};
use serde_json::json;

#[test]
fn the_first_owner_signs_in_again_after_a_restart_and_finds_everything() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("hello there", None, "mock/echo");
        ana.ended(&sent["run"]);
        let page = format!("/chat/{}", sent["conversation"].as_str().unwrap());
        assert!(ana.page(&page).body.contains("hello there"));
        running.stop();

        let running = studio.start();
        assert_eq!(running.code, None, "a studio with an owner prints no code");
        assert!(ana.page(&page).body.contains("hello there"), "the session survives");
        let mut elsewhere = ana.elsewhere();
        let door = elsewhere.page(&page).header("location").to_owned();
        assert_eq!(door, format!("/login?next={}", page.replace('/', "%2F")));
        assert!(unescaped(&elsewhere.page(&door).body).contains(&page), "the door goes on to it");
        assert_eq!(elsewhere.sign_in().status, 200);
        assert_eq!(elsewhere.page(&door).header("location"), page, "signed in in another tab");
        assert!(elsewhere.page(&page).body.contains("hello there"));
    }
}

#[test]
fn the_owner_code_works_once_and_for_nobody_else() {
    let studio = Studio::new();
    let running = studio.start();
    let mut stranger = Person::new(&running.url);
    stranger.page("/login");
    let wrong = stranger.call("/api/setup/start", json!({ "code": "AAAA-BBBB-CCCC-DDDD", "name": "Eve" }));
    assert_eq!((wrong.status, wrong.json()["fields"][0]["field"].as_str()), (422, Some("code")));
    let nameless = stranger.call("/api/setup/start", json!({ "code": running.code, "name": " " }));
    assert_eq!((nameless.status, nameless.json()["fields"][0]["field"].as_str()), (422, Some("name")));

    let mut ana = running.owner();
    assert_eq!(ana.page("/chat").status, 200);
    let late = stranger.call("/api/setup/start", json!({ "code": running.code, "name": "Eve" }));
    assert_eq!((late.status, late.json()["code"].as_str()), (409, Some("changed")));
}

#[test]
fn a_ceremony_is_used_once_by_the_browser_that_began_it() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();

    ana.page("/login");
    let start = ana.call("/api/session/start", json!({})).json();
    let credential = ana.browser.get(start["options"].as_str().unwrap()).unwrap();
    let finish = json!({ "ceremony": start["ceremony"], "credential": credential });
    let mut thief = Person::new(&running.url);
    thief.page("/login");
    assert_eq!(thief.call("/api/session/finish", finish.clone()).status, 410, "another browser");
    assert_eq!(ana.call("/api/session/finish", finish.clone()).status, 410, "and it was used up by that");

    let start = ana.call("/api/session/start", json!({})).json();
    let credential = ana.browser.get(start["options"].as_str().unwrap()).unwrap();
    let finish = json!({ "ceremony": start["ceremony"], "credential": credential });
    assert_eq!(ana.call("/api/session/finish", finish.clone()).status, 200);
    assert_eq!(ana.call("/api/session/finish", finish).status, 410, "a replay");
}

#[test]
fn signing_out_ends_the_session_and_not_only_the_cookie() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let kept = ana.cookies.clone();
        assert_eq!(ana.call("/api/session/end", json!({})).status, 200);
        assert_eq!(ana.page("/chat").header("location"), "/login");
        ana.cookies = kept;
        assert_eq!(ana.page("/chat").header("location"), "/login", "the old cookie is worth nothing");
        assert_eq!(ana.call("/api/message/send", json!({ "text": "x" })).status, 401);
    }
}

#[test]
fn the_door_goes_on_to_a_page_of_ours_alone() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    for (next, location) in [
        ("%2Fmodels", "/models"),
        ("%2Fchat%3Fmodel%3Dmock%252Fecho", "/chat?model=mock%2Fecho"),
        ("%2F%2Fevil.example", "/chat"),
        ("%2F%5Cevil.example", "/chat"),
        ("https%3A%2F%2Fevil.example", "/chat"),
        ("%2Fchat%0D%0Aset-cookie%3A%20a%3Db", "/chat"),
        ("%2Fapi%2Fsession%2Fend", "/chat"),
        ("%2Flogin%3Fnext%3D%2Flogin", "/chat"),
    ] {
        assert_eq!(ana.page(&format!("/login?next={next}")).header("location"), location, "{next}");
    }
    // A form whose session is over comes back to its page too.
    ana.cookies.clear();
    let sent = ana.form(
        "/chat?model=mock/echo",
        "/api/run/stop",
        &[("run", "0193a5b2-7c1e-7000-8000-000000000001")],
    );
    assert_eq!(sent.header("location"), "/login?next=%2Fchat%3Fmodel%3Dmock%2Fecho");
}

#[test]
fn a_forged_or_foreign_token_is_a_stranger() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let token = ana.cookies["vobio-session"].clone();
    let (head, rest) = token.split_once('.').unwrap();
    let forged = [
        String::new(),
        "x".repeat(5_000),
        format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{rest}"),
        format!("{head}.{}", rest.replace('.', "A.")),
        token.trim_end_matches(|c: char| c != '.').to_owned(),
    ];
    for token in forged {
        ana.cookies.insert("vobio-session".into(), token);
        let request =
            ana.request(reqwest::Method::GET, "/chat").header("accept", "text/html").header("x-user-id", "1");
        assert_eq!(ana.send(request).header("location"), "/login");
    }
}

#[test]
fn keys_and_database_are_readable_by_their_owner_alone() {
    let studio = Studio::new();
    let running = studio.start();
    drop(running);
    let data = studio.folder.path().join("data");
    assert!(is_private(&data.join("keys/session.key")));
    assert!(is_private(&data.join("vobio.db")));
    assert!(is_private(&data));
}

#[test]
fn a_backup_made_while_it_serves_restores_into_an_empty_folder_and_signs_in() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("keep this", None, "mock/echo");
    ana.ended(&sent["run"]);
    let file = studio.folder.path().join("studio.tar");
    let made = studio.run(&["backup", file.to_str().unwrap()]);
    assert!(made.status.success(), "{made:?}");
    assert!(is_private(&file));
    assert!(!studio.run(&["backup", file.to_str().unwrap()]).status.success(), "it never writes over a file");
    running.kill();

    let mut other = Studio::new();
    other.port = studio.port;
    let restored = other.run(&["restore", file.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert!(!other.run(&["restore", file.to_str().unwrap()]).status.success(), "nor over a studio");
    let _running = other.start();
    let page = format!("/chat/{}", sent["conversation"].as_str().unwrap());
    assert!(ana.page(&page).body.contains("keep this"), "the session's key came along");
    let mut elsewhere = ana.elsewhere();
    assert_eq!(elsewhere.sign_in().status, 200);
    assert!(elsewhere.page(&page).body.contains("keep this"));
}
