//! Who hangs up pays for what was made: at whichever word, what is booked is what the provider counted.

use crate::support::{Person, Studio, client, databases, upstream};
use serde_json::{Value, json};
use std::{fs, time::Duration};

/// Words of an answer, each on its way for so long.
const WORDS: usize = 6;
const PAUSE: Duration = Duration::from_millis(60);
/// What the provider counts, at its price in micro-dollars.
const READ: i64 = 21;
const WRITTEN: i64 = 8;
const BOOKED: i64 = READ * 2 + WRITTEN * 10;

fn pieces() -> Vec<String> {
    let mut pieces: Vec<String> = (0..WORDS).map(|n| upstream::delta(&format!("word{n} "))).collect();
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": READ, "completion_tokens": WRITTEN } });
    pieces.push(format!("data: {usage}\n\n"));
    pieces.push(upstream::END.to_owned());
    pieces
}

/// The rows of one run in the ledger: kind, amount, and whether it is an estimate.
fn booked(person: &mut Person, run: &Value) -> Vec<(String, i64, bool)> {
    let ledger = person.page("/api/costs/ledger.csv").body;
    let rows = ledger.lines().filter(|line| line.contains(run.as_str().unwrap()));
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        (fields[1].to_owned(), fields[6].parse().unwrap(), fields[7] == "1")
    };
    rows.map(row).collect()
}

fn is_paid(person: &mut Person, run: &Value, at: &str) {
    assert_eq!(person.ended(run)["state"], "finished", "{at}");
    let rows = booked(person, run);
    let settled: Vec<_> = rows.iter().filter(|(kind, ..)| kind == "settle").collect();
    assert_eq!(settled, [&("settle".to_owned(), BOOKED, false)], "{at}: {rows:?}");
}

#[test]
fn at_whichever_word_somebody_hangs_up_what_is_booked_is_what_the_provider_counted() {
    for database in databases() {
        let studio =
            Studio::new().on(&database).with("OPENAI_BASE_URL", &upstream::trickling(pieces(), PAUSE));
        let prices = "[[price]]\nmodel = \"openai/*\"\nprompt = \"2\"\ncompletion = \"10\"\n";
        let sheet = studio.folder.path().join("prices.toml");
        fs::write(&sheet, prices).unwrap();
        let studio = studio.with("PRICES", sheet.to_str().unwrap());
        let running = studio.start();
        let mut ana = running.owner();
        for heard in 0..=WORDS {
            // A page that hears so many steps of it, and is closed.
            let events = ana.events(0);
            let sent = ana.ask("Say it", None, "openai/slow");
            let mut steps = 0;
            while steps < heard {
                let event = events.recv_timeout(Duration::from_secs(20)).unwrap();
                steps += usize::from(event["run"] == sent["run"]);
            }
            drop(events);
            is_paid(&mut ana, &sent["run"], &format!("a page after {heard} steps"));

            // A program that waits for so long, and hangs up.
            let waits = client()
                .post(format!("{}/api/chat", running.url))
                .header("cookie", format!("vobio-session={}", ana.cookies["vobio-session"]))
                .header("idempotency-key", format!("hang-up-{heard}"))
                .timeout(PAUSE * u32::try_from(heard).unwrap() + PAUSE / 2);
            let asked = json!({ "message": "Say it", "model": "openai/slow" });
            let gave_up = waits.json(&asked).send();
            let again = ana.request(reqwest::Method::POST, "/api/chat");
            let again = again.header("idempotency-key", format!("hang-up-{heard}")).json(&asked);
            let run = ana.send(again).json()["run"].clone();
            is_paid(&mut ana, &run, &format!("a program after {heard} words: {gave_up:?}"));
        }
    }
}
