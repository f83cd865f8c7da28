//! What happens in runs, as `/api/events` tells it: every stored event once, in order, from whichever process.

use crate::support::{Person, Studio, beside, databases, id, slowly, to, until};
use reqwest::{Method, blocking::RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::Command,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough to be told of what one should not be told.
const A_WHILE: Duration = Duration::from_millis(1_500);

/// An event of a run, with its id.
#[derive(Debug, Clone)]
struct Told {
    id: String,
    run: Value,
    seq: u64,
    status: String,
    what: String,
}

/// Events of runs on this stream, until the receiver is dropped. It is open when this returns.
fn follow(request: RequestBuilder, last: Option<&str>) -> Receiver<Told> {
    let request = request.timeout(Duration::from_secs(120));
    let response = last.into_iter().fold(request, |request, id| request.header("last-event-id", id));
    let response = response.send().unwrap();
    assert_eq!(response.status(), 200);
    let (send, receive) = mpsc::channel();
    let mut lines = BufReader::new(response).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "event: hello"));
    thread::spawn(move || {
        let (mut name, mut event_id) = (String::new(), String::new());
        for line in lines {
            if let Some(said) = line.strip_prefix("event: ") {
                name = said.to_owned();
            } else if let Some(said) = line.strip_prefix("id: ") {
                event_id = said.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ")
                && name == "run"
            {
                let data: Value = serde_json::from_str(data).unwrap();
                let text = |field: &str| data[field].as_str().unwrap().to_owned();
                let told = Told {
                    id: std::mem::take(&mut event_id),
                    run: data["run"].clone(),
                    seq: data["seq"].as_u64().unwrap(),
                    status: text("status"),
                    what: text("what"),
                };
                assert!(!told.id.is_empty());
                if send.send(told).is_err() {
                    return;
                }
            } else if line.is_empty() {
                (name, event_id) = (String::new(), String::new());
            }
        }
    });
    receive
}

impl Person {
    fn follows(&self, query: &str) -> Receiver<Told> {
        follow(self.request(Method::GET, &format!("/api/events?{query}")), None)
    }

    fn comes_back(&self, query: &str, last: &str) -> Receiver<Told> {
        follow(self.request(Method::GET, &format!("/api/events?{query}")), Some(last))
    }
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// The events of one run up to one with this status.
fn up_to(events: &Receiver<Told>, run: &Value, status: &str) -> Vec<Told> {
    let mut told = Vec::new();
    loop {
        let event = events.recv_timeout(PATIENCE).expect("an event");
        if &event.run != run {
            continue;
        }
        let is_last = event.status == status && event.what.starts_with("Stands:");
        told.push(event);
        if is_last {
            return told;
        }
    }
}

fn numbers(told: &[Told]) -> Vec<u64> {
    told.iter().map(|event| event.seq).collect()
}

fn nothing(events: &Receiver<Told>) {
    assert_eq!(events.recv_timeout(A_WHILE).map(|told| told.what), Err(RecvTimeoutError::Timeout));
}

#[test]
fn every_event_of_a_run_is_told_once_and_in_order_and_says_nobodys_words() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let all = ana.follows(&format!("only=runs&after={}", now()));
        let run = ana.ask("A private matter", None, "mock/echo")["run"].clone();
        let told = up_to(&all, &run, "done");
        assert_eq!(numbers(&told), (1..=told.len() as u64).collect::<Vec<_>>());
        assert!(told.iter().all(|event| !event.what.contains("private")), "{told:?}");
        // One run by itself, from its beginning and from behind an event of it.
        let one = ana.follows(&format!("run={}&after=0", id(&run)));
        assert_eq!(numbers(&up_to(&one, &run, "done")), numbers(&told));
        let rest = ana.follows(&format!("run={}&after=3", id(&run)));
        assert_eq!(numbers(&up_to(&rest, &run, "done")), numbers(&told[3..]));
        nothing(&one);
        // Who asks for nothing is told of answers too, as ever.
        let both = ana.follows(&format!("after={}", now()));
        let second = ana.ask("Once more", None, "mock/echo")["run"].clone();
        up_to(&both, &second, "done");
        nothing(&both);
    }
}

#[test]
fn who_comes_back_after_the_server_was_killed_misses_nothing_and_hears_nothing_twice() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let events = ana.follows(&format!("only=runs&after={}", now()));
        let run = ana.ask(&slowly(2_000, 30), None, "mock/lorem")["run"].clone();
        let first = events.recv_timeout(PATIENCE).unwrap();
        let second = events.recv_timeout(PATIENCE).unwrap();
        assert_eq!((first.seq, second.seq), (1, 2));
        running.kill();
        let running = studio.start();
        // A browser says what it saw last; it saw two, though more were sent.
        let back = ana.comes_back("only=runs&after=0", &second.id);
        let mut told = vec![first, second];
        told.extend(up_to(&back, &run, "needs_attention"));
        assert_eq!(numbers(&told), (1..=told.len() as u64).collect::<Vec<_>>());
        let stored = ana.follows(&format!("run={}&after=0", id(&run)));
        assert_eq!(numbers(&up_to(&stored, &run, "needs_attention")), numbers(&told));
        // Nothing of it comes again, and what comes next is told.
        let last = told.last().unwrap().clone();
        let again = ana.comes_back("only=runs&after=0", &last.id);
        nothing(&again);
        let view = ana.page(&format!("/runs/{}", id(&run))).body;
        let (_, key) = view.split_once("name=\"key\" value=\"").unwrap();
        let key = key.split('"').next().unwrap();
        let kept = ana.call("/api/run/decide", json!({ "run": run, "key": key, "verdict": "keep" }));
        assert_eq!(kept.status, 200, "{kept:?}");
        let more = up_to(&again, &run, "done");
        assert_eq!(more[0].seq, last.seq + 1);
        drop(running);
    }
}

#[test]
fn a_long_absence_is_made_up_for_run_by_run() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let before = now();
        let events = ana.follows(&format!("only=runs&after={before}"));
        let first = ana.ask("First", None, "mock/echo")["run"].clone();
        let seen = up_to(&events, &first, "done");
        drop(events);
        // More commits than are read at once.
        let runs: Vec<Value> =
            (0..70).map(|n| ana.ask(&format!("{n}"), None, "mock/echo")["run"].clone()).collect();
        ana.ended(&runs[69]);
        let back = ana.comes_back("only=runs&after=0", &seen.last().unwrap().id);
        let mut heard: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        while heard.len() < runs.len() || heard.values().any(|numbers| numbers.len() < seen.len()) {
            let event = back.recv_timeout(PATIENCE).expect("an event");
            heard.entry(id(&event.run).to_owned()).or_default().push(event.seq);
        }
        nothing(&back);
        assert!(!heard.contains_key(id(&first)), "that was told before");
        for (run, told) in heard {
            assert_eq!(told, numbers(&seen), "{run}");
        }
    }
}

#[test]
fn a_run_is_told_to_its_owner_and_to_administrators_who_look_at_everybodys() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "member");
    let mut eve = ana.brings("Eve", "member");
    let (own, everyone) = (ana.follows("only=runs"), ana.follows("only=runs&of=everyone"));
    let eves = eve.follows("only=runs");
    let run = ben.ask("A private matter", None, "mock/echo")["run"].clone();
    let told = up_to(&everyone, &run, "done");
    assert!(told.iter().all(|event| !format!("{event:?}").contains("private")), "{told:?}");
    nothing(&own);
    nothing(&eves);
    let status = |person: &mut Person, query: &str| person.page(&format!("/api/events?{query}")).status;
    let one = format!("run={}", id(&run));
    assert_eq!(status(&mut eve, &one), 404);
    assert_eq!(status(&mut ana, &one), 404, "it is not her own");
    assert_eq!(status(&mut eve, "of=everyone"), 403);
    assert_eq!(status(&mut eve, &format!("{one}&of=everyone")), 403);
    assert_eq!(numbers(&up_to(&ana.follows(&format!("{one}&of=everyone")), &run, "done")), numbers(&told));
    for wrong in ["of=nobody", "only=x", "only=answers&of=everyone", "run=x", "after=x", "else=1"] {
        assert_eq!(status(&mut ana, wrong), 400, "{wrong}");
    }

    // Who is no administrator any more hears no more of it.
    let cem = ana.brings("Cem", "admin");
    let cems = cem.follows("only=runs&of=everyone");
    let who = ana.id_of("Cem");
    let roles = json!({ "person": who, "role": "member", "reviewer": false });
    let changed = ana.call("/api/person/set-role", roles);
    assert_eq!(changed.status, 200, "{changed:?}");
    until("the stream's look at who follows it", || {
        ben.ask("Again", None, "mock/echo");
        matches!(cems.recv_timeout(Duration::from_millis(100)), Err(RecvTimeoutError::Disconnected))
            .then_some(())
    });
}

#[test]
fn processes_on_one_postgresql_tell_each_other_within_a_second_and_look_by_themselves_when_they_cannot_hear()
{
    let Some(database) = databases().into_iter().flatten().next() else { return };
    let studio = Studio::new().with("DATABASE_URL", &database);
    let running = studio.start();
    let mut ana = running.owner();
    let (_second, there) = beside(&studio, &running);
    let events = follow(to(&ana, &there, &format!("/api/events?only=runs&after={}", now())), None);
    let asked = Instant::now();
    let run = ana.ask("Here", None, "mock/echo")["run"].clone();
    let first = events.recv_timeout(PATIENCE).unwrap();
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    let mut told = vec![first];
    told.extend(up_to(&events, &run, "done"));
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(numbers(&told), (1..=told.len() as u64).collect::<Vec<_>>());

    // Nobody may listen for a while: each loses its connection, says so once, and goes on by looking.
    let sql = |sql: &str| {
        let done = Command::new("psql").args([&database, "-qtAc", sql]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    let lost = |running: &crate::support::Running| {
        let is_it = |line: &&String| line.contains("the connection on which other processes tell");
        running.logged().iter().filter(is_it).count()
    };
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
               WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    for round in 1..=2 {
        sql(end);
        until("the loss is said", || (lost(&there) == round).then_some(()));
        let run = ana.ask("Meanwhile", None, "mock/echo")["run"].clone();
        let told = up_to(&events, &run, "done");
        assert_eq!(numbers(&told), (1..=told.len() as u64).collect::<Vec<_>>());
        until("it hears again", || {
            let again = there.logged().iter().filter(|line| line.contains("are heard again")).count();
            (again == round).then_some(())
        });
    }
    assert_eq!(lost(&there), 2, "once for each time");
}
