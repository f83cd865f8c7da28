//! The contract of the studio's forerunner: its published requests, path by path and field by field (the file `API.md` of
//! `vobio-ai-studio` in the public repository `jendavobora-blip/VoBee-AI-Assistant`), in words of our own, as its clients would send
//! them, with a token in place of the header that named a user.

use crate::support::{Answer, Person, Studio, client, databases, id, slowly, until, upstream};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, thread};
use studio::WAITS_OF_ONE_PERSON_MAX;

/// A program with a token of its own.
struct Program<'a>(&'a Person, String);

impl Program<'_> {
    fn get(&self, path: &str) -> Answer {
        self.0.bearing(Method::GET, path, &self.1, None)
    }

    fn post(&self, path: &str, body: Value) -> Answer {
        self.0.bearing(Method::POST, path, &self.1, Some(body))
    }
}

fn has(answer: &Value, fields: &[&str]) {
    let there: BTreeSet<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    for field in fields {
        assert!(there.contains(field), "{field} is not in {answer}");
    }
}

const FLAGS: [&str; 7] = [
    "enable_code_execution",
    "enable_image_generation",
    "enable_video_generation",
    "enable_lifesync",
    "enable_human_approval",
    "enable_cost_tracking",
    "enable_safety_checks",
];

#[test]
fn a_client_of_the_forerunner_is_answered_in_its_fields() {
    for database in databases() {
        let studio = Studio::new().on(&database).with("DEFAULT_MODEL", "mock/echo");
        let running = studio.start();
        let mut ana = running.owner();
        let token = ana.token(&["read", "run"]);
        let program = Program(&ana, token);

        let health = program.get("/health").json();
        has(&health, &["status", "service", "features", "version", "components"]);
        assert_eq!(health["status"], "healthy");
        has(&health["features"], &FLAGS);
        let features = program.get("/api/features").json();
        assert_eq!(features["status"], "success");
        has(&features["features"], &FLAGS);
        assert!(FLAGS.iter().all(|flag| features["features"][flag].is_boolean()), "{features}");

        let chat = program.post("/api/chat", json!({ "message": "Is it raining?" }));
        assert_eq!(chat.status, 200, "{chat:?}");
        let chat = chat.json();
        has(&chat, &["status", "type", "message", "model", "cost"]);
        assert_eq!((&chat["status"], &chat["type"]), (&json!("success"), &json!("chat")));
        assert_eq!(
            (&chat["message"], &chat["model"]),
            (&json!("You said: Is it raining?"), &json!("mock/echo"))
        );
        let cost = chat["cost"].as_f64().unwrap();
        assert!(cost > 0.0, "{chat}");

        let limits = program.get("/api/costs/limits").json();
        let windows = ["hourly_usage", "hourly_limit", "daily_usage", "daily_limit", "total_usage"];
        has(&limits, &windows);
        assert_eq!((&limits["allowed"], &limits["reason"]), (&json!(true), &Value::Null));
        let usage = program.get("/api/costs/usage").json();
        has(&usage, &windows);
        has(&usage, &["user_id", "hourly_remaining", "hourly_reset_at", "daily_remaining", "daily_reset_at"]);
        assert_eq!(usage["total_usage"].as_f64(), Some(cost), "the one chat there was: {usage}");

        let note = json!({ "content": "Likes it brief.", "metadata": { "category": "taste", "timestamp": "2026-11-30T08:00:00Z" } });
        assert_eq!(program.post("/api/memory/store", note).json()["status"], "success");
        let context = program.get("/api/memory/context").json();
        assert_eq!(context["status"], "success");
        assert!(context["context"].as_str().unwrap().contains("Likes it brief."), "{context}");

        // What is still to come is not there, and says so in the field that its clients read.
        for (path, body) in [
            ("/api/generate/image", json!({ "prompt": "A boat at dusk", "style": "realistic" })),
            ("/api/generate/video", json!({ "prompt": "A dog in the snow", "duration": 5 })),
            ("/api/lifesync/decision", json!({ "scenario": "Move or stay?", "options": ["Move", "Stay"] })),
            ("/api/safety/validate-code", json!({ "code": "print(1)" })),
            ("/api/approvals/req-1", json!({ "action": "approve", "comment": "Fine" })),
        ] {
            let answer = program.post(path, body);
            assert!([403, 404].contains(&answer.status), "{path}: {answer:?}");
            has(&answer.json(), &["detail", "code"]);
        }
        assert!([403, 404].contains(&program.get("/api/approvals/pending").status));
    }
}

#[test]
fn a_header_that_names_a_user_and_a_login_without_a_key_open_nothing() {
    let studio = Studio::new();
    let running = studio.start();
    running.owner();
    let named = client()
        .post(format!("{}/api/chat", running.url))
        .header("x-user-id", "Ana")
        .json(&json!({ "message": "Good morning" }))
        .send()
        .unwrap();
    assert_eq!(named.status(), 401);
    has(&named.json().unwrap(), &["detail", "code"]);
    let mut stranger = Person::new(&running.url);
    for body in [json!({ "username": "Ana", "credential_data": {} }), json!({ "username": "Ana" })] {
        let answer = stranger.call("/api/auth/login", body);
        assert!([400, 401].contains(&answer.status), "{answer:?}");
        has(&answer.json(), &["detail"]);
    }
}

#[test]
fn a_chat_goes_on_in_its_conversation_and_what_it_cannot_do_it_says() {
    let habits = vec![("broken", "text/event-stream", Vec::new())];
    let studio = Studio::new().with("OPENAI_BASE_URL", &upstream::upstream(habits));
    let running = studio.start();
    let mut ana = running.owner();
    let first = ana.call("/api/chat", json!({ "message": "One", "model": "mock/echo" })).json();
    let more = json!({ "message": "Two", "conversation": first["conversation"] });
    let second = ana.call("/api/chat", more).json();
    assert_eq!(
        (&second["message"], &second["conversation"]),
        (&json!("You said: Two"), &first["conversation"])
    );
    assert_eq!(ana.page(&format!("/chat/{}", id(&first["conversation"]))).status, 200);

    let nothing = ana.call("/api/chat", json!({ "message": " ", "model": "mock/echo" }));
    assert_eq!((nothing.status, nothing.json()["code"].as_str()), (422, Some("invalid")));
    let key = format!("AKIA{}", "Q7RZT3LW2XK6VBNM");
    let unsafe_one = json!({ "message": format!("Mind {key} for me"), "model": "mock/echo" });
    let unsafe_one = ana.call("/api/chat", unsafe_one);
    assert_eq!((unsafe_one.status, unsafe_one.json()["code"].as_str()), (400, Some("unsafe")));
    let failed = ana.call("/api/chat", json!({ "message": "Hello", "model": "openai/broken" }));
    assert_eq!((failed.status, failed.json()["code"].as_str()), (503, Some("try_later")), "{failed:?}");
    assert!(failed.json()["detail"].as_str().unwrap().contains("in the conversation"), "{failed:?}");
}

#[test]
fn who_is_shut_out_while_they_wait_is_not_answered_and_a_person_waits_in_few_places() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let token = ana.token(&["run"]);
    let asked = json!({ "message": slowly(60, 12), "model": "mock/lorem" });
    let wait = |ana: &Person, key: &'static str, bearer: Option<String>| {
        let request = ana.request(Method::POST, "/api/chat").header("idempotency-key", key).json(&asked);
        let request = match bearer {
            Some(token) => request.header("cookie", "").bearer_auth(token),
            None => request,
        };
        thread::spawn(move || request.send().unwrap().status().as_u16())
    };
    let by_token = wait(&ana, "k-token", Some(token));
    until("it waits", || (ana.conversations() == 1).then_some(()));
    let all: Vec<_> = (0..WAITS_OF_ONE_PERSON_MAX + 3).map(|_| wait(&ana, "k-many", None)).collect();
    let list = ana.page("/settings/tokens").body;
    let at =
        list.find("name=\"token\" value=\"").expect("the token's form") + "name=\"token\" value=\"".len();
    let id: String = list[at..].chars().take_while(|c| *c != '"').collect();
    assert_eq!(ana.call("/api/token/revoke", json!({ "token": id })).status, 200);
    assert_eq!(by_token.join().unwrap(), 401, "its token was revoked while it waited");
    // The token had one place to wait in; those that found none were told how it stood.
    let told: Vec<u16> = all.into_iter().map(|waiting| waiting.join().unwrap()).collect();
    assert!(told.iter().all(|status| [200, 202].contains(status)), "{told:?}");
    assert_eq!(told.iter().filter(|status| **status == 202).count(), 4, "{told:?}");
}

#[test]
fn an_answer_that_takes_longer_than_a_request_may_goes_on_and_is_waited_for_with_its_key() {
    for database in databases() {
        let studio = Studio::new().on(&database).with("REQUEST_TIMEOUT_SECONDS", "2");
        let running = studio.start();
        let mut ana = running.owner();
        let asked = json!({ "message": slowly(60, 12), "model": "mock/lorem" });
        let mut ask = || {
            let request = ana.request(Method::POST, "/api/chat").header("idempotency-key", "k-1");
            ana.send(request.json(&asked))
        };
        let first = ask();
        assert_eq!(first.status, 202, "{first:?}");
        let run = first.json()["run"].clone();
        assert_eq!((&first.json()["status"], &first.json()["message"]), (&json!("running"), &Value::Null));
        let mut last = ask();
        for _ in 0..30 {
            if last.status == 200 {
                break;
            }
            last = ask();
        }
        assert_eq!((last.status, &last.json()["run"]), (200, &run), "{last:?}");
        assert!(last.json()["message"].as_str().unwrap().split(' ').count() >= 40, "{last:?}");
        assert_eq!(ana.conversations(), 1, "asked once");
    }
}
