//! kill -9 in the middle of an answer: nothing that was shown is lost, and it says so.

use crate::support::{Studio, databases, until};
use serde_json::json;
use std::time::Duration;

#[test]
fn ten_times_killed_in_the_middle_of_an_answer_keeps_it_marks_it_and_offers_to_continue() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let mut running = studio.start();
        let mut ana = running.owner();
        for round in 0..10_u64 {
            let script = json!({ "tokens": 2_000, "per_s": 100 });
            let sent = ana.ask(&format!("!mock {script}"), None, "mock/lorem");
            let page = format!("/chat/{}", sent["conversation"].as_str().unwrap());
            let events = ana.events(0);
            // A different moment each time: after so many pieces of text.
            let mut seen = String::new();
            for _ in 0..=round * 2 {
                let event = until("an event with text", || {
                    let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
                    (event["run"] == sent["run"]).then_some(event)
                });
                let kept: String = seen.chars().take(event["tail_from"].as_u64().unwrap() as usize).collect();
                seen = kept + event["tail"].as_str().unwrap();
            }
            // What is a row is safe: text is written every 250 ms.
            std::thread::sleep(Duration::from_millis(600));
            running.kill();

            running = studio.start();
            let body = until("the answer is marked", || {
                let body = ana.page(&page).body;
                body.contains("data-state=\"interrupted\"").then_some(body)
            });
            assert!(
                body.contains("went down in the middle") && body.contains("/api/message/continue"),
                "round {round}"
            );
            let words: Vec<&str> = seen.split_whitespace().collect();
            let whole = words[..words.len().saturating_sub(1)].join(" ");
            assert!(body.contains(&whole), "round {round}: {whole:?} was shown and is lost");
        }
    }
}

#[test]
fn a_polite_end_keeps_the_answer_too() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask(&format!("!mock {}", json!({ "tokens": 2_000, "per_s": 50 })), None, "mock/lorem");
    let page = format!("/chat/{}", sent["conversation"].as_str().unwrap());
    until("some text", || ana.page(&page).body.contains("tail caret").then_some(()));
    running.stop();
    let _running = studio.start();
    assert!(ana.page(&page).body.contains("data-state=\"interrupted\""));
}

#[test]
fn a_second_studio_on_the_same_folder_is_refused() {
    let studio = Studio::new();
    let _running = studio.start();
    let mut second = Studio::new();
    second.settings.insert("VOBIO_DATA".into(), studio.folder.path().join("data").display().to_string());
    let refused = second.run(&["serve"]);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("another studio is serving"), "{refused:?}");
}
