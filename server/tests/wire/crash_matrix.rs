//! A process that dies right before and right after each commit of a chat, and at random moments: no run is lost, no model is asked
//! twice, and what nobody knows is put to a person.

use crate::support::{Person, Studio, databases, until, upstream::Counting};
use serde_json::json;
use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

/// Recovery takes no longer than this from when the studio serves.
const RECOVERY_MAX: Duration = Duration::from_secs(2);

/// Where the runs of a person stand, the newest first: the words of the list.
fn states(ana: &mut Person) -> Vec<String> {
    let body = ana.page("/runs").body;
    let list = body.split("data-runs").nth(1).unwrap_or_default().to_owned();
    list.split("data-state=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Waits until nothing goes on by itself, and says how long that took.
fn settled(ana: &mut Person, what: &str) -> Vec<String> {
    let since = Instant::now();
    let states = until(what, || {
        let states = states(ana);
        (!states.iter().any(|state| state == "running" || state == "queued")).then_some(states)
    });
    assert!(since.elapsed() < RECOVERY_MAX, "{what}: it took {:?}", since.elapsed());
    states
}

#[test]
fn a_chat_survives_a_crash_before_and_after_each_of_its_commits() {
    // Two commits: opened with the intent to ask, and the end. After the third nothing is left to crash.
    for (moment, commit) in [("before", 1), ("after", 1), ("before", 2), ("after", 2), ("before", 3)] {
        // Each with a database of its own.
        for database in databases() {
            let what = format!(
                "{moment} commit {commit} on {}",
                if database.is_some() { "PostgreSQL" } else { "SQLite" }
            );
            let provider = Counting::new(Duration::from_millis(60));
            let mut studio = Studio::new().on(&database).with("OPENAI_BASE_URL", &provider.address);
            let running = studio.start();
            let mut ana = running.owner();
            running.stop();

            studio.settings.insert("CRASH_AT".to_owned(), format!("{moment}:{commit}"));
            let running = studio.start();
            let arguments = json!({ "text": &what, "model": "openai/slow" });
            let sent = ana.request(reqwest::Method::POST, "/api/message/send").json(&arguments).send();
            let was_opened = sent.is_ok_and(|answer| answer.status() == 200);
            if commit == 3 {
                // It lives: this many commits a chat has not.
                until("the chat is done", || (states(&mut ana) == ["finished"]).then_some(()));
                running.kill();
            } else {
                running.died();
            }

            studio.settings.remove("CRASH_AT");
            let _running = studio.start();
            let states = settled(&mut ana, &what);
            let (expected, asked): (&[&str], RangeInclusive<usize>) = match (moment, commit) {
                // Nothing was kept, and nobody was told that it was.
                ("before", 1) => (&[], 0..=0),
                // Kept, and the process died before it asked, or just when it did: nobody knows.
                ("after", 1) => (&["interrupted"], 0..=1),
                // The whole answer had come, and its end was not kept.
                ("before", 2) => (&["interrupted"], 1..=1),
                _ => (&["finished"], 1..=1),
            };
            assert_eq!(states, expected, "{what}");
            let times = provider.asked(&what);
            assert!(asked.contains(&times), "{what}: the model was asked {times} times");
            if (moment, commit) == ("before", 2) {
                // What had been a row by then is in the chat: the answer took twice as long as text may wait.
                let page = ana.page("/runs").body;
                let run = page.split("href=\"/runs/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
                let page = ana.page(&format!("/runs/{run}")).body;
                let chat = page.split("href=\"/chat/").filter_map(|rest| rest.get(..36)).last().unwrap();
                assert!(
                    ana.page(&format!("/chat/{chat}")).body.contains("word1 "),
                    "{what}: the text is lost"
                );
            }
            assert!(!was_opened || !states.is_empty(), "{what}: what was opened is lost");
            assert_eq!(ana.conversations(), states.len(), "{what}");
        }
    }
}

#[test]
fn killed_at_random_moments_under_load_nothing_is_lost_and_nothing_is_asked_twice() {
    // Printed, so that a failure can be repeated.
    let mut seed: u64 = 0x9e37_79b9_7f4a_7c15;
    println!("seed {seed:#x}");
    let mut random = move |below: u64| {
        // xorshift64 (Marsaglia, 2003).
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed % below
    };
    for database in databases() {
        let provider = Counting::new(Duration::from_millis(25));
        let studio = Studio::new().on(&database).with("OPENAI_BASE_URL", &provider.address);
        let mut running = studio.start();
        let mut ana = running.owner();
        let mut opened = Vec::new();
        for round in 0..8 {
            let senders: Vec<_> = (0..6)
                .map(|n| {
                    let text = format!("round {round} chat {n}");
                    let arguments = json!({ "text": text, "model": "openai/slow" });
                    let request = ana.request(reqwest::Method::POST, "/api/message/send").json(&arguments);
                    std::thread::spawn(move || {
                        request.send().is_ok_and(|answer| answer.status() == 200).then_some(text)
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(random(400)));
            running.kill();
            opened.extend(senders.into_iter().filter_map(|sender| sender.join().unwrap()));
            running = studio.start();
            settled(&mut ana, &format!("round {round}"));
        }
        let all = all_runs(&mut ana);
        for text in &opened {
            assert!(all.contains(&format!(">{text}<")), "{text}: it was answered 200 and is lost");
        }
        for round in 0..8 {
            for n in 0..6 {
                let text = format!("round {round} chat {n}");
                assert!(provider.asked(&text) <= 1, "{text} was asked {} times", provider.asked(&text));
            }
        }
        assert!(!opened.is_empty() && all.contains("interrupted"), "some were hit");
        drop(running);
    }
}

/// All parts of the list of runs.
fn all_runs(ana: &mut Person) -> String {
    let (mut all, mut next) = (String::new(), Some("/runs".to_owned()));
    while let Some(path) = next {
        let body = ana.page(&path).body;
        next = body
            .split("href=\"/runs?before=")
            .nth(1)
            .map(|rest| format!("/runs?before={}", rest.split('"').next().unwrap()));
        all.push_str(&body);
    }
    all
}
