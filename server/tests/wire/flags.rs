//! Flags over the wire: what is off is refused and gone, in every process, and who may say so.

use crate::support::{Person, Running, Studio, beside, client, databases, to, unescaped, until};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

impl Person {
    fn features(&mut self) -> Value {
        let answer =
            self.send(self.request(Method::GET, "/api/features").header("accept", "application/json"));
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
        answer.json()["features"].clone()
    }

    fn switches(&mut self, flag: &str, mode: &str) -> u16 {
        self.call("/api/flag/set", json!({ "flag": flag, "mode": mode })).status
    }
}

fn health(running: &Running) -> Value {
    client().get(format!("{}/health", running.url)).send().unwrap().json().unwrap()
}

#[test]
fn what_is_off_is_refused_by_the_api_gone_from_the_page_and_back_when_it_is_on_again() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("Hello", None, "mock/echo");
        ana.ended(&sent["run"]);
        let chat = format!("/chat/{}", sent["conversation"].as_str().unwrap());
        assert!(ana.page("/runs").body.contains("href=\"/chat\""));

        assert_eq!(ana.switches("chat", "off"), 200);
        let refused = ana.call("/api/message/send", json!({ "text": "Hello", "model": "mock/echo" }));
        assert_eq!((refused.status, &refused.json()["code"]), (403, &json!("switched_off")), "{refused:?}");
        for page in ["/chat", "/conversations", &chat] {
            let answer = ana.page(page);
            assert_eq!(answer.status, 403, "{page}");
            assert!(unescaped(&answer.body).contains("Chat is switched off for you."), "{page}");
        }
        let runs = ana.page("/runs");
        assert_eq!(runs.status, 200);
        assert!(!runs.body.contains("href=\"/chat\"") && !runs.body.contains("href=\"/conversations\""));
        assert_eq!(ana.page("/").header("location"), "/runs");
        assert_eq!(ana.features()["enable_chat"], json!(false));
        until("health says so", || {
            (health(&running)["features"]["enable_chat"] == json!(false)).then_some(())
        });
        // What was typed into a form is still there.
        let form = ana.form("/chat", "/api/message/send", &[("text", "Dear studio"), ("model", "mock/echo")]);
        assert!(form.status == 403 && form.body.contains("Dear studio"), "{form:?}");

        assert_eq!(ana.switches("chat", "default"), 200);
        assert_eq!(ana.page(&chat).status, 200, "all of it is there");
        let page = unescaped(&ana.page("/audit").body);
        assert!(page.contains("Flag switched"), "{page}");
    }
}

#[test]
fn another_process_knows_within_a_moment() {
    let Some(database) = databases().into_iter().flatten().next() else { return };
    let studio = Studio::new().on(&Some(database));
    let running = studio.start();
    let mut ana = running.owner();
    let (_second, there) = beside(&studio, &running);
    let status = |ana: &Person| to(ana, &there, "/chat").send().unwrap().status().as_u16();
    assert_eq!(status(&ana), 200);
    assert_eq!(ana.switches("chat", "off"), 200);
    until("the other process refuses", || (status(&ana) == 403).then_some(()));
}

#[test]
fn what_the_environment_fixed_nobody_moves_and_the_page_says_who_did() {
    let studio = Studio::new().with("ENABLE_SAFETY_CHECKS", "false");
    std::fs::write(studio.folder.path().join("vobio.toml"), "enable_cost_tracking = false\n").unwrap();
    let running = studio.start();
    let mut ana = running.owner();
    let features = ana.features();
    assert_eq!(
        (&features["enable_safety_checks"], &features["enable_cost_tracking"]),
        (&json!(false), &json!(false))
    );
    let refused = ana.call("/api/flag/set", json!({ "flag": "safety_checks", "mode": "on" }));
    assert_eq!(refused.status, 409);
    assert!(refused.body.contains("ENABLE_SAFETY_CHECKS"), "{}", refused.body);
    assert_eq!(ana.switches("cost_tracking", "on"), 200, "the file is a default");
    assert_eq!(ana.features()["enable_cost_tracking"], json!(true));
    let page = unescaped(&ana.page("/flags").body);
    assert!(page.contains("The operator fixed it: ENABLE_SAFETY_CHECKS"), "{page}");
    // What is not built is off, and named.
    assert_eq!(features["enable_video_generation"], json!(false));
    assert!(page.contains("In a later version") && page.contains("Making videos."), "{page}");
}

/// `fast-feature`, with one flag that a test can move.
struct FlagService {
    child: Child,
    url: String,
}

impl FlagService {
    /// `None` where nobody says where its packages are.
    #[expect(clippy::disallowed_methods, reason = "a test asks its caller for a flag service")]
    fn start() -> Option<Self> {
        let Ok(packages) = std::env::var("VOBIO_TEST_FLAG_SERVICE") else {
            println!("skipped: VOBIO_TEST_FLAG_SERVICE is not set");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/flag_service.py");
        let mut child = Command::new("python3")
            .arg(script)
            .env("PYTHONPATH", packages)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { child, url: format!("http://127.0.0.1:{}", port.trim()) })
    }

    fn say(&self, default: &str, person: Option<&str>) {
        let body = json!({ "default": default, "person": person });
        assert!(client().put(format!("{}/chat", self.url)).json(&body).send().unwrap().status().is_success());
    }
}

impl Drop for FlagService {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

#[test]
fn a_flag_service_decides_in_place_of_the_switches_and_its_last_word_counts_when_it_is_gone() {
    let Some(service) = FlagService::start() else { return };
    let studio = Studio::new().with("OFREP_URL", &service.url);
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "member");
    let of_ben = ana.id_of("Ben");
    assert_eq!((ana.page("/chat").status, ben.page("/chat").status), (200, 200));

    service.say("on", Some(&of_ben));
    until("Ben is shut out of chat", || (ben.page("/chat").status == 403).then_some(()));
    assert_eq!(ana.page("/chat").status, 200, "and nobody else");
    assert_eq!(ana.switches("chat", "on"), 409, "it is not switched here");
    let page = unescaped(&ana.page("/flags").body);
    assert!(page.contains("A flag service decides.") && page.contains(&service.url), "{page}");
    assert_eq!(health(&running)["components"]["flags"], json!("ok"));

    service.say("off", None);
    until("nobody chats", || (ana.page("/chat").status == 403).then_some(()));
    drop(service);
    until("health says that it is gone", || (health(&running)["status"] == json!("degraded")).then_some(()));
    assert_eq!((ana.page("/chat").status, ben.page("/chat").status), (403, 403), "its last word counts");
    let page = unescaped(&ana.page("/flags").body);
    assert!(page.contains("The flag service fails: ") && page.contains("it cannot be reached."), "{page}");
    until("the log says so", || {
        running.logged().iter().any(|line| line.contains("the flag service failed")).then_some(())
    });
}
