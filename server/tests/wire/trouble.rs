//! Bad days of the database: full, held by somebody else, gone and back.

use crate::support::{Answer, Person, Studio, gate::Gate, id, outside::Outside, slowly, unescaped, until};
use serde_json::json;
use std::{
    fs::File,
    io::Write,
    time::{Duration, Instant},
};

const FULL: &str =
    "The studio's disk is full, so nothing was saved. Ask its operator to make room, then try again.";
const AWAY: &str = "The studio cannot reach its database, so nothing was saved. Try again in a moment.";

/// Both ways of sending are refused with this sentence, and what was written is still there.
fn is_refused(ana: &mut Person, on: &str, detail: &str) {
    let problem = ana.call("/api/message/send", json!({ "text": "x", "model": "mock/echo" }));
    assert_eq!(problem.status, 503, "{problem:?}");
    assert_eq!(
        (problem.json()["code"].as_str(), problem.json()["detail"].as_str()),
        (Some("try_later"), Some(detail))
    );
    let shown = send(ana, on);
    assert_eq!(shown.status, 503, "{shown:?}");
    let page = unescaped(&shown.body);
    assert!(page.contains(detail), "{page}");
    assert!(page.contains("keep these words</textarea>"), "{page}");
}

fn send(ana: &mut Person, on: &str) -> Answer {
    ana.form(on, "/api/message/send", &[("text", "keep these words"), ("model", "mock/echo")])
}

fn health(ana: &mut Person, status: u16) {
    until(&format!("health {status}"), || (ana.page("/health").status == status).then_some(()));
}

#[test]
fn a_full_disk_is_said_and_what_was_being_written_is_saved_when_there_is_room() {
    let Some(studio) = Studio::new().on_a_disk_of("16m") else {
        println!("skipped: this machine lets nobody make a file system of their own");
        return;
    };
    let running = studio.start();
    let mut ana = running.owner();
    let before = ana.ask("before", None, "mock/echo");
    ana.ended(&before["run"]);
    let sent = ana.ask(&slowly(80, 40), None, "mock/lorem");
    let page = format!("/chat/{}", id(&sent["conversation"]));
    until("some text", || ana.page(&page).body.contains("tail caret").then_some(()));

    let ballast = running.inside(&studio.data().join("ballast"));
    let mut file = File::create(&ballast).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    is_refused(&mut ana, "/chat", FULL);
    let events = ana.events(0);
    until("the answer says that it is not saved", || {
        let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
        let note = event["note"].as_str().unwrap_or_default();
        (event["run"] == sent["run"] && note == "Not saved yet: the disk is full. Trying again.")
            .then_some(())
    });
    health(&mut ana, 503);
    let old = format!("/chat/{}", id(&before["conversation"]));
    assert!(ana.page(&old).body.contains("You said: before"), "reading goes on");

    std::fs::remove_file(&ballast).unwrap();
    drop(file);
    assert_eq!(ana.ended(&sent["run"])["state"], "finished");
    assert!(ana.page(&page).body.contains("data-state=\"finished\""));
    assert_eq!(send(&mut ana, "/chat").status, 303);
    health(&mut ana, 200);
}

#[test]
fn a_file_that_another_program_holds_is_waited_for_a_while_and_then_it_is_said() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let outside = Outside::of(&studio);

    let held = outside.hold();
    let begun = Instant::now();
    let problem = ana.call("/api/message/send", json!({ "text": "x", "model": "mock/echo" }));
    let waited = begun.elapsed();
    println!("waited {waited:?} for a lock");
    assert!(waited < Duration::from_secs(10), "{waited:?}");
    assert_eq!((problem.status, problem.json()["detail"].as_str()), (503, Some(AWAY)), "{problem:?}");
    assert_eq!(ana.page("/chat").status, 200, "reading goes on");
    drop(held);

    let held = outside.hold();
    let shown = send(&mut ana, "/chat");
    assert!(shown.status == 503 && shown.body.contains(AWAY), "{shown:?}");
    assert!(shown.body.contains("keep these words</textarea>"), "{shown:?}");
    drop(held);
    assert_eq!(send(&mut ana, "/chat").status, 303);
    health(&mut ana, 200);
}

#[test]
fn a_postgresql_that_goes_is_said_and_everything_goes_on_when_it_is_back() {
    let Some((gate, url)) = Gate::to_postgres() else { return };
    let studio = Studio::new().with("DATABASE_URL", &url);
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask(&slowly(100, 40), None, "mock/lorem");
    let page = format!("/chat/{}", id(&sent["conversation"]));
    until("some text", || ana.page(&page).body.contains("tail caret").then_some(()));

    gate.close();
    is_refused(&mut ana, &page, AWAY);
    let gone = ana.page(&page);
    assert!(gone.status == 503 && gone.body.contains(AWAY), "{gone:?}");
    health(&mut ana, 503);

    gate.open();
    health(&mut ana, 200);
    until("the answer is saved", || ana.page(&page).body.contains("data-state=\"finished\"").then_some(()));
    let whole = ana.page(&page);
    assert_eq!(whole.body.matches("data-state=\"finished\"").count(), 1, "{whole:?}");
    assert_eq!(send(&mut ana, "/chat").status, 303);
}
