//! Sessions: tokens that follow one another, ending them from elsewhere, other sites, invented tokens.

use crate::{
    addresses::NOBODYS,
    support::{Person, Studio, beside, databases, outside::Outside, to, unescaped},
};
use adapters::Tokens;
use reqwest::{Method, blocking::RequestBuilder};
use serde_json::json;
use std::{
    thread,
    time::{Duration, Instant},
};
use studio::{
    ROTATE_EVERY,
    ports::{Timestamp, store::SessionRow},
};

/// A session whose newest token has come back and is old enough to be replaced.
fn due(session: &mut SessionRow) {
    let hour = i64::try_from(ROTATE_EVERY.as_micros()).unwrap();
    session.epoch_at = Timestamp(session.epoch_at.0 - hour);
    session.epoch_seen_at = Some(session.epoch_at);
}

#[test]
fn an_answer_brings_the_newer_token_and_the_older_is_no_copy_yet() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let ana = running.owner();
        let mut browser = Outside::of(&studio).browser_of(&ana, due);
        let first = browser.cookies["vobio-session"].clone();
        let answer = browser.page("/chat");
        assert_eq!(answer.status, 200);
        let second = browser.cookies["vobio-session"].clone();
        assert_ne!(second, first);
        assert!(
            answer.header("set-cookie").contains("HttpOnly")
                && answer.header("set-cookie").contains("SameSite=Lax")
        );
        // The answer was lost: the browser still shows the first, and is given the same second.
        browser.cookies.insert("vobio-session".to_owned(), first.clone());
        assert_eq!(browser.page("/chat").status, 200);
        assert_eq!(browser.cookies["vobio-session"], second, "a token can be made again");
        assert_eq!(browser.page("/chat").status, 200);
        // Another tab's request was under way.
        browser.cookies.insert("vobio-session".to_owned(), first);
        assert_eq!(browser.page("/chat").status, 200);
        drop(running);
        let _running = studio.start();
        browser.cookies.insert("vobio-session".to_owned(), second);
        assert_eq!(browser.page("/chat").status, 200, "a restart signs nobody out");
    }
}

#[test]
fn a_stolen_older_token_ends_the_session_and_the_person_is_told() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let mut thief = Outside::of(&studio).browser_of(&ana, |session| {
            due(session);
            (session.epoch, session.user_agent) = (2, "Firefox/1 Linux".to_owned());
        });
        let refused = thief.page("/conversations");
        assert_eq!((refused.status, refused.header("location")), (302, "/login?next=%2Fconversations"));
        let door = unescaped(&thief.page("/login").body);
        assert!(door.contains("an old copy of its token came back"), "{door}");
        let rename = json!({ "conversation": NOBODYS, "title": "x" });
        assert_eq!(thief.call("/api/conversation/rename", rename).status, 401);
        let page = unescaped(&ana.page("/settings/activity").body);
        assert!(page.contains("somebody may have had a copy of it: Firefox on Linux."), "{page}");
        assert!(unescaped(&ana.page("/chat").body).contains("data-account-notice"), "over any page");
        let at = page.find("name=\"last\" value=\"").unwrap() + 19;
        let seen = ana.form("/chat", "/api/account_event/see", &[("last", &page[at..at + 36])]);
        assert_eq!((seen.status, seen.header("location")), (303, "/chat"));
        assert!(!ana.page("/chat").body.contains("data-account-notice"), "until it was seen");
    }
}

#[test]
fn what_was_done_in_a_session_is_news_to_the_others_until_they_have_seen_it() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut thief = Outside::of(&studio).browser_of(&ana, |_| ());
    let made = json!({ "name": "Theirs", "read": true, "days": 1 });
    assert_eq!(thief.call("/api/token/make", made).status, 201);
    let activity = |person: &mut Person| person.page("/settings/activity").body;
    let last = |page: &str| {
        let at = page.find("name=\"last\" value=\"")? + 19;
        Some(page[at..at + 36].to_owned())
    };
    let (own, others) = (activity(&mut thief), activity(&mut ana));
    assert!(own.contains("An API token was made: Theirs.") && !own.contains(">New<"), "{own}");
    assert_eq!(last(&own), None, "there is nothing to put away");
    assert!(others.contains(">New<"));
    let news = json!({ "last": last(&others).unwrap() });
    assert_eq!(thief.call("/api/account_event/see", news.clone()).status, 200);
    assert!(ana.page("/chat").body.contains("data-account-notice"), "and they cannot put it away");
    assert_eq!(ana.call("/api/account_event/see", news).status, 200);
    assert!(!activity(&mut ana).contains(">New<"));
}

#[test]
fn an_ended_session_is_over_in_every_process_at_once() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let phone = Outside::of(&studio).browser_of(&ana, |_| ());
        let second = database.as_ref().map(|_| beside(&studio, &running));
        let there = second.as_ref().map_or(&running, |(_, running)| running);
        let listed = ana.page("/settings/sessions").body;
        assert_eq!(listed.matches("data-session=").count(), 2, "{listed}");
        assert_eq!(to(&phone, there, "/chat").send().unwrap().status(), 200);
        let stream = to(&phone, there, "/api/events").send().unwrap();
        assert_eq!(stream.status(), 200);
        let streaming = thread::spawn(move || {
            stream.text().unwrap();
            Instant::now()
        });
        // The phone never stops asking, the other process, while its session is ended here.
        let asking = {
            let requests: Vec<RequestBuilder> =
                (0..400).map(|_| to(&phone, there, "/conversations")).collect();
            thread::spawn(move || {
                let mut passed = Vec::new();
                for request in requests {
                    let begun = Instant::now();
                    match request.send().unwrap().status().as_u16() {
                        200 => passed.push(begun),
                        _ => return (passed, Some(begun)),
                    }
                }
                (passed, None)
            })
        };
        thread::sleep(Duration::from_millis(300));
        let at = listed.find("name=\"session\" value=\"").unwrap() + 22;
        let done = ana.call("/api/session/end_one", json!({ "session": &listed[at..at + 36] }));
        let ended = Instant::now();
        assert_eq!(done.status, 200, "{done:?}");
        let (passed, refused) = asking.join().unwrap();
        let after = passed.iter().filter(|begun| **begun > ended).count();
        let streamed = streaming.join().unwrap().saturating_duration_since(ended);
        println!("requests before {}, after the end {after}, stream ended after {streamed:?}", passed.len());
        assert!(!passed.is_empty() && refused.is_some(), "it asked before and was refused");
        assert_eq!(after, 0, "requests that passed after the end was answered");
        assert!(streamed < Duration::from_secs(2), "{streamed:?}");
        assert_eq!(ana.page("/chat").status, 200);
        let mut phone = phone;
        assert!(unescaped(&phone.page("/login").body).contains("ended from another device"));
    }
}

#[test]
fn all_others_are_ended_at_once_and_this_one_stays() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut others: Vec<Person> = Vec::new();
    for _ in 0..3 {
        // The key goes from one to the next: of a copy that was made before, the counter would run backwards.
        let mut other = others.last().unwrap_or(&ana).elsewhere();
        assert_eq!(other.sign_in().status, 200);
        others.push(other);
    }
    let page = ana.page("/settings/sessions").body;
    assert_eq!((page.matches("data-session=").count(), page.matches("This one").count()), (4, 1));
    let done = ana.form("/settings/sessions", "/api/session/end_others", &[]);
    assert_eq!((done.status, done.header("location")), (303, "/settings/sessions"));
    for other in &mut others {
        assert_eq!(other.page("/chat").status, 302);
    }
    assert_eq!(ana.page("/settings/sessions").body.matches("data-session=").count(), 1);
}

#[test]
fn another_site_hears_nothing_and_signs_nobody_in() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "null"),
    ] {
        let hears = ana.request(Method::GET, "/api/events").header(name, value).send().unwrap();
        assert_eq!(hears.status(), 403, "{name}: {value}");
    }
    let own = ana
        .request(Method::GET, "/api/events")
        .header("sec-fetch-site", "same-origin")
        .header("origin", &running.url);
    assert_eq!(own.send().unwrap().status(), 200);
    assert_eq!(Person::new(&running.url).page("/api/events").status, 401, "without a cookie");
    for path in ["/api/session/finish", "/api/auth/login", "/api/token/make", "/api/session/end_others"] {
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let sent = ana.request(Method::POST, path).header(name, value).json(&json!({}));
            assert_eq!(ana.send(sent).status, 403, "{path}: {name}");
        }
        let plain = ana.request(Method::POST, path).header("content-type", "text/plain").body("{}");
        assert_eq!(ana.send(plain).status, 415, "{path}: a simple request");
    }
}

#[test]
fn an_invented_token_is_nobody() {
    let studio = Studio::new();
    let running = studio.start();
    let ana = running.owner();
    let honest = ana.cookies["vobio-session"].clone();
    let parts: Vec<&str> = honest.split('.').collect();
    let other_key = Tokens::new(&[7; 32], &running.url).unwrap();
    let session = "0193a5b2-7c1e-7000-8000-000000000001".parse().unwrap();
    let named = studio::SessionToken { session, epoch: 0 };
    let (issued, expires) = (Timestamp(0), Timestamp(4_000_000_000_000_000));
    // {"alg":"none","typ":"JWT"}
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{}.", parts[1]);
    let mut browser = Person::new(&running.url);
    for token in [
        unsigned,
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(43)),
        other_key.issue(named, issued, expires),
        other_key.issue_to_program(named, issued, expires),
        honest[..honest.len() - 1].to_owned(),
    ] {
        browser.cookies.insert("vobio-session".to_owned(), token.clone());
        assert_eq!(browser.page("/chat").status, 302, "{token}");
        assert!(!browser.page("/login").body.contains("was ended"), "and there is nothing to tell");
    }
    browser.cookies.insert("vobio-session".to_owned(), honest);
    assert_eq!(browser.page("/chat").status, 200);
}
