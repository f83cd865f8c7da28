//! What is counted, not timed: statements a page, statements and commits a chat.

use crate::support::{Running, Studio, databases};
use serde_json::{Value, json};

/// Fewest statements that the log says a path took; heartbeats fall into some requests and not into others.
fn statements(running: &Running, path: &str) -> u64 {
    let lines = running.logged();
    let of = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    of.filter(|line| line["path"] == path).filter_map(|line| line["statements"].as_u64()).min().unwrap()
}

#[test]
fn no_page_takes_more_than_six_statements() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("one", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = sent["conversation"].as_str().unwrap();
        for _ in 0..3 {
            let again =
                ana.call("/api/message/send", json!({ "text": "more", "conversation": conversation }));
            ana.ended(&again.json()["run"]);
        }
        let chat = format!("/chat/{conversation}");
        let run = format!("/runs/{}", sent["run"].as_str().unwrap());
        for path in [
            "/chat",
            &chat,
            "/conversations",
            "/models",
            "/admin/models",
            "/admin/models/mock",
            "/runs",
            &run,
            "/settings",
            "/audit",
            "/login",
        ] {
            for _ in 0..5 {
                ana.page(path);
            }
            let counted = statements(&running, path);
            println!("page_statements {path} {counted}");
            assert!(counted <= 6, "{path} takes {counted} statements");
        }
        let sending = statements(&running, "/api/message/send");
        println!("statements of sending a message: {sending}");
        assert!(sending <= 12, "sending takes {sending} statements");
    }
}
