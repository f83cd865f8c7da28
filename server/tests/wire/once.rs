//! `Idempotency-Key`: what is sent twice with one key is done once.

use crate::support::{Answer, Person, Studio, databases, id, slowly, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::{collections::BTreeSet, thread};

impl Person {
    fn send_with(&mut self, keys: &[&str], path: &str, arguments: &Value) -> Answer {
        let mut request = self.request(Method::POST, path).header("accept", "application/json");
        for key in keys {
            request = request.header("idempotency-key", *key);
        }
        self.send(request.json(arguments))
    }
}

#[test]
fn a_message_that_is_sent_again_with_its_key_is_answered_as_the_first_time() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let asked = json!({ "text": "Only once", "model": "mock/echo" });
        let first = ana.send_with(&["\"8e03978e-40d5\""], "/api/message/send", &asked);
        assert_eq!(first.status, 200, "{first:?}");
        ana.ended(&first.json()["run"]);
        let again = ana.send_with(&["8e03978e-40d5"], "/api/message/send", &asked);
        assert_eq!(again.status, 200, "{again:?}");
        for field in ["conversation", "message", "run"] {
            assert_eq!(again.json()[field], first.json()[field], "{field}");
        }
        let other = json!({ "text": "Something else", "model": "mock/echo" });
        let reused = ana.send_with(&["8e03978e-40d5"], "/api/message/send", &other);
        assert_eq!((reused.status, reused.header("content-type")), (422, "application/problem+json"));
        assert_eq!(reused.json()["code"], "idempotency_key_reused", "{reused:?}");
        for keys in [&["two words"][..], &["\"\""], &["one", "another"]] {
            let refused = ana.send_with(keys, "/api/message/send", &asked);
            let problem = refused.json();
            assert_eq!((refused.status, &problem["code"]), (422, &json!("invalid")), "{keys:?}: {problem}");
            assert_eq!(problem["fields"][0]["field"], "Idempotency-Key", "{keys:?}: {problem}");
        }
        assert!(!running.logged().iter().any(|line| line.contains("40d5")), "no key is in the log");
        assert_eq!(ana.conversations(), 1);

        // The same key is another matter for another person.
        let mut ben = ana.brings("Ben", "member");
        let his = ben.send_with(&["8e03978e-40d5"], "/api/message/send", &asked);
        assert_eq!(his.status, 200, "{his:?}");
        assert_ne!(his.json()["run"], first.json()["run"]);
    }
}

#[test]
fn everything_that_opens_a_run_takes_a_key() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("First", None, "mock/echo");
    ana.ended(&sent["run"]);
    let conversation = id(&sent["conversation"]);
    let at = |message: &Value| json!({ "conversation": conversation, "message": message });
    let page = ana.page(&format!("/chat/{conversation}")).body;
    let (_, question) = page.split_once("&amp;edit=").unwrap();
    let mut edited = at(&json!(question[..36]));
    edited["text"] = "In other words".into();
    let fork = json!({ "run": sent["run"], "revision": 1 });
    for (path, arguments) in [
        ("/api/message/regenerate", at(&sent["message"])),
        ("/api/message/edit", edited),
        ("/api/run/fork", fork),
    ] {
        let first = ana.send_with(&[path], path, &arguments);
        assert_eq!(first.status, 200, "{path}: {first:?}");
        ana.ended(&first.json()["run"]);
        let again = ana.send_with(&[path], path, &arguments);
        assert_eq!((again.status, &again.json()["run"]), (200, &first.json()["run"]), "{path}");
        assert_eq!(
            ana.send_with(&["other"], path, &json!({})).status,
            400,
            "{path}: a key makes nothing right"
        );
    }
}

/// The key in a form of a page.
fn key_of(page: &str, action: &str) -> String {
    let (_, form) = page.split_once(&format!("action=\"{action}\"")).unwrap();
    let (_, rest) = form.split_once("name=\"once\" value=\"").unwrap();
    rest[..36].to_owned()
}

#[test]
fn a_form_that_is_sent_twice_opens_one_chat_and_one_that_was_changed_opens_another() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let page = ana.page("/chat").body;
    let key = key_of(&page, "/api/message/send");
    assert_ne!(key_of(&ana.page("/chat").body, "/api/message/send"), key, "a page's key is its own");
    let fields = [("text", "By form"), ("model", "mock/echo"), ("once", &key)];
    let first = ana.form("/chat", "/api/message/send", &fields);
    let second = ana.form("/chat", "/api/message/send", &fields);
    assert_eq!((first.status, second.status), (303, 303), "{second:?}");
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(ana.conversations(), 1);
    let changed = [("text", "By form, after going back"), ("model", "mock/echo"), ("once", &key)];
    assert_eq!(ana.form("/chat", "/api/message/send", &changed).status, 303);
    assert_eq!(ana.conversations(), 2);
}

#[test]
fn answer_again_that_is_pressed_twice_makes_one_more_answer() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("First", None, "mock/echo");
    let end = ana.ended(&sent["run"]);
    let foot = end["foot"].as_str().unwrap();
    assert_eq!(key_of(foot, "/api/message/regenerate").len(), 36, "also where the answer ended on the page");
    let logged = running.logged().join("\n");
    assert!(!logged.contains("no context"), "it was made outside of a request: {logged}");
    let (conversation, message) = (id(&sent["conversation"]).to_owned(), id(&sent["message"]).to_owned());
    let at = format!("/chat/{conversation}");
    let key = key_of(&ana.page(&at).body, "/api/message/regenerate");
    let fields =
        [("conversation", conversation.as_str()), ("message", message.as_str()), ("once", key.as_str())];
    for _ in 0..2 {
        let again = ana.form(&at, "/api/message/regenerate", &fields);
        assert_eq!(again.status, 303, "{again:?}");
    }
    // The foot comes with the end.
    until("the end of the answer", || ana.page(&at).body.contains("data-state=\"finished\"").then_some(()));
    let page = ana.page(&at).body;
    assert!(page.contains("2/2"), "{page}");
}

#[test]
fn try_again_that_is_pressed_twice_asks_once_more() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("!mock {\"error\": \"broke_off\"}", None, "mock/lorem");
    assert_eq!(ana.ended(&sent["run"])["state"], "failed");
    let run = id(&sent["run"]).to_owned();
    let at = format!("/runs/{run}");
    let page = ana.page(&at).body;
    let begun = page.matches("answer begins").count();
    let key = key_of(&page, "/api/run/retry");
    let failed_again = |ana: &mut Person, times: usize| {
        until("it has failed once more", || {
            let page = ana.page(&at).body;
            (page.matches("answer begins").count() == begun + times
                && page.contains("action=\"/api/run/retry\""))
            .then_some(page)
        })
    };
    for _ in 0..2 {
        let tried = ana.form(&at, "/api/run/retry", &[("run", &run), ("once", &key)]);
        assert_eq!((tried.status, tried.header("location")), (303, at.as_str()), "{tried:?}");
        failed_again(&mut ana, 1);
    }
    // The page has another key by now; a program has its own.
    let arguments = json!({ "run": run });
    for _ in 0..2 {
        let tried = ana.send_with(&["a-program"], "/api/run/retry", &arguments);
        assert_eq!(tried.status, 200, "{tried:?}");
        failed_again(&mut ana, 2);
    }
    let another = ana.ask("Another", None, "mock/echo");
    let reused = ana.send_with(&["a-program"], "/api/run/retry", &json!({ "run": another["run"] }));
    assert_eq!(reused.status, 422, "{reused:?}");
}

#[test]
fn of_many_requests_at_once_one_opens_a_conversation() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let requests = (0..20).map(|_| {
            let request = ana.request(Method::POST, "/api/message/send").header("idempotency-key", "k");
            let request = request.json(&json!({ "text": "Hello", "model": "mock/echo" }));
            thread::spawn(move || {
                let answer = request.send().unwrap();
                let status = answer.status();
                let json: Value = serde_json::from_str(&answer.text().unwrap()).unwrap();
                assert_eq!(status, 200, "{json}");
                id(&json["run"]).to_owned()
            })
        });
        let runs: Vec<_> = requests.collect();
        let runs: BTreeSet<String> = runs.into_iter().map(|sent| sent.join().unwrap()).collect();
        assert_eq!(runs.len(), 1, "{runs:?}");
        assert_eq!(ana.conversations(), 1);
    }
}

#[test]
fn a_form_that_was_refused_has_a_new_key_beside_what_was_typed() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let key = key_of(&ana.page("/chat").body, "/api/message/send");
    let fields = [("text", "Hello"), ("model", "mock/none"), ("once", &key)];
    let refused = ana.form("/chat", "/api/message/send", &fields);
    assert_eq!(refused.status, 422);
    assert_ne!(key_of(&refused.body, "/api/message/send"), key);
    assert!(refused.body.contains("Hello</textarea>"), "{}", refused.body);
}

#[test]
fn continue_that_is_pressed_twice_goes_on_once() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask(&slowly(500, 50), None, "mock/lorem");
    let page = format!("/chat/{}", id(&sent["conversation"]));
    until("some text", || ana.page(&page).body.contains("tail caret").then_some(()));
    ana.call("/api/run/stop", json!({ "run": sent["run"] }));
    let foot = ana.ended(&sent["run"])["foot"].as_str().unwrap().to_owned();
    let key = key_of(&foot, "/api/message/continue");
    let fields =
        [("conversation", id(&sent["conversation"])), ("message", id(&sent["message"])), ("once", &key)];
    for _ in 0..2 {
        let more = ana.form(&page, "/api/message/continue", &fields);
        assert_eq!(more.status, 303, "it is not told that this is being written already: {more:?}");
    }
}
