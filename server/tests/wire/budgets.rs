//! Budgets over the wire: never more than fits, whoever asks where and with what.

use crate::support::{Person, Studio, beside, client, databases, slowly};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::Mutex,
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// So many fit: with those that are being asked at the same time no more than one process lets one person have at once, or that limit
/// would be the one that is seen.
const FIT: usize = 15;
const ASKED: usize = 1_000;
const AT_ONCE: usize = 16;
/// An hour that ends in the middle is another budget.
const NEEDED: Duration = Duration::from_secs(90);

/// Answers take longer than the test: nothing is given back in it.
fn question() -> Value {
    json!({ "text": slowly(4_000, 10), "model": "mock/lorem", "max_tokens": 4_000 })
}

fn usage(person: &mut Person) -> Value {
    let answer = person.page("/api/costs/usage");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn micros(dollars: &Value) -> i64 {
    (dollars.as_f64().unwrap() * 1e6).round() as i64
}

#[expect(clippy::disallowed_methods, reason = "a budget is of an hour of the clock")]
fn wait_for_an_hour_with_room() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let left = Duration::from_secs(3_600 - now % 3_600);
    if left < NEEDED {
        thread::sleep(left);
    }
}

/// What each of many requests was answered, by status and code.
fn all_at_once(processes: &[String], session: &str) -> BTreeMap<(u16, String), usize> {
    let (answers, host) = (Mutex::new(BTreeMap::new()), processes[0].strip_prefix("http://").unwrap());
    thread::scope(|scope| {
        for worker in 0..AT_ONCE {
            let answers = &answers;
            scope.spawn(move || {
                for number in (worker..ASKED).step_by(AT_ONCE) {
                    let at = &processes[number % processes.len()];
                    let request = client()
                        .post(format!("{at}/api/message/send"))
                        .header("host", host)
                        .header("cookie", format!("vobio-session={session}"))
                        .header("accept", "application/json");
                    let response = request.json(&question()).send().unwrap();
                    let status = response.status().as_u16();
                    let code = match status {
                        200 => String::new(),
                        _ => response.json::<Value>().unwrap()["code"].as_str().unwrap().to_owned(),
                    };
                    *answers.lock().unwrap().entry((status, code)).or_default() += 1;
                }
            });
        }
    });
    answers.into_inner().unwrap()
}

#[test]
fn of_a_thousand_requests_at_once_as_many_begin_as_fit_and_on_postgresql_in_two_processes() {
    for database in databases() {
        wait_for_an_hour_with_room();
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        // What one of them holds.
        let first = ana.call("/api/message/send", question());
        assert_eq!(first.status, 200, "{first:?}");
        let one = micros(&usage(&mut ana)["hourly_held"]);
        assert!(one > 0);
        let (fit, dollars) =
            (FIT as i64 + 1, |micros: i64| format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000));
        let limits =
            json!({ "person": ana.id_of("Ana"), "hour": dollars(one * fit), "day": dollars(one * fit) });
        assert_eq!(ana.call("/api/person/set-limits", limits).status, 200);

        let second = database.as_ref().map(|_| beside(&studio, &running));
        let there = second.as_ref().map(|(_, there)| there.url.clone());
        let processes: Vec<String> = [running.url.clone()].into_iter().chain(there).collect();
        let answers = all_at_once(&processes, &ana.cookies["vobio-session"]);
        let expected =
            BTreeMap::from([((200, String::new()), FIT), ((429, "over_budget".to_owned()), ASKED - FIT)]);
        assert_eq!(answers, expected, "in {} processes", processes.len());
        let spent = usage(&mut ana);
        assert_eq!((micros(&spent["hourly_held"]), micros(&spent["hourly_remaining"])), (one * fit, 0));

        // Another session, a token and a new name have the same budget.
        let mut elsewhere = ana.elsewhere();
        elsewhere.page("/login");
        assert_eq!(elsewhere.sign_in().status, 200);
        assert_eq!(elsewhere.call("/api/account/rename", json!({ "name": "Somebody else" })).status, 200);
        assert_eq!(elsewhere.call("/api/message/send", question()).status, 429, "another session");
        let token = ana.token(&["run"]);
        let program = Person::new(&running.url);
        let by_token = program.bearing(reqwest::Method::POST, "/api/message/send", &token, Some(question()));
        assert_eq!(by_token.status, 429, "a token");
    }
}
