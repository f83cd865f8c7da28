//! People of one studio: nobody sees, hears or touches what is another's, whatever ids they know.

use crate::support::{Person, Studio, databases, id, outside::Outside, slowly, until};
use api_types::Role;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::Receiver,
    thread,
    time::{Duration, Instant},
};

/// What came until both runs had time to end.
fn heard(events: &Receiver<Value>, until: Instant) -> Vec<Value> {
    let mut all = Vec::new();
    while let Ok(event) = events.recv_timeout(until.saturating_duration_since(Instant::now())) {
        all.push(event);
    }
    all.into_iter().filter(|event| event["run"].is_string()).collect()
}

fn runs(events: &[Value]) -> BTreeSet<&str> {
    events.iter().map(|event| id(&event["run"])).collect()
}

#[test]
fn two_who_listen_at_once_hear_their_own_answers_and_nothing_of_the_others() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let outside = Outside::of(&studio);
        // One in the same organization, an administrator even; one in another.
        let mut ben = outside.person(Some(outside.organization_of(&ana)), Role::Admin);
        let mut cem = outside.person(None, Role::Owner);
        let mut people = [&mut ana, &mut ben, &mut cem];
        let before: Vec<Value> =
            people.iter_mut().map(|person| person.ask("before", None, "mock/echo")).collect();
        let streams: Vec<_> = people.iter().map(|person| person.events(0)).collect();
        let sent: Vec<Value> =
            people.iter_mut().map(|person| person.ask(&slowly(60, 30), None, "mock/lorem")).collect();
        let end = Instant::now() + Duration::from_secs(5);
        let all: Vec<Vec<Value>> = streams.iter().map(|events| heard(events, end)).collect();
        for (own, events) in all.iter().enumerate() {
            let expected = BTreeSet::from([id(&before[own]["run"]), id(&sent[own]["run"])]);
            assert_eq!(runs(events), expected);
            assert!(events.len() > 5, "{events:?}");
            let conversations: BTreeSet<&str> =
                events.iter().map(|event| id(&event["conversation"])).collect();
            let expected = BTreeSet::from([id(&before[own]["conversation"]), id(&sent[own]["conversation"])]);
            assert_eq!(conversations, expected);
        }
    }
}

#[test]
fn an_id_of_somebody_else_is_not_found_wherever_it_is_sent() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let outside = Outside::of(&studio);
        let ben = outside.person(Some(outside.organization_of(&ana)), Role::Admin);
        let cem = outside.person(None, Role::Owner);

        let sent = ana.ask("only for me", None, "mock/echo");
        ana.ended(&sent["run"]);
        let stopped = ana.ask(&slowly(500, 20), None, "mock/lorem");
        ana.call("/api/run/stop", json!({ "run": stopped["run"] }));
        ana.ended(&stopped["run"]);
        let going_on = ana.ask(&slowly(3_000, 20), None, "mock/lorem");
        let pages = [&sent, &stopped, &going_on].map(|sent| format!("/chat/{}", id(&sent["conversation"])));
        until("some text", || ana.page(&pages[2]).body.contains("tail caret").then_some(()));
        let before = ana.page(&pages[0]).body.matches("only for me").count();

        for mut other in [ben, cem] {
            let own = other.ask("mine", None, "mock/echo");
            other.ended(&own["run"]);
            assert_eq!(try_everything(&mut other, &sent, &stopped, &going_on, &own), 13);
            for page in &pages {
                assert_eq!(other.page(page).status, 404, "{page}");
            }
            let until = format!("/chat/{}?until={}", id(&own["conversation"]), id(&sent["message"]));
            assert_eq!(other.page(&until).status, 404, "a foreign message in an own conversation");
            let list = other.page("/conversations").body;
            assert!(list.contains("mine") && !list.contains("only for me"), "{list}");
        }
        let after = ana.page(&pages[0]).body;
        assert_eq!(after.matches("only for me").count(), before, "{after}");
        assert!(!after.contains("2/2"), "nobody answered again for her");
        assert!(ana.page(&pages[1]).body.contains("This answer was stopped."), "nobody continued it");
        assert!(ana.page(&pages[2]).body.contains("data-state=\"running\""), "nobody stopped it");
    }
}

/// Every function that takes an id, with Ana's; how many there were.
fn try_everything(other: &mut Person, sent: &Value, stopped: &Value, going_on: &Value, own: &Value) -> usize {
    let (conversation, message) = (&sent["conversation"], &sent["message"]);
    let both = json!({ "conversation": conversation, "message": message });
    let broken_off = json!({ "conversation": stopped["conversation"], "message": stopped["message"] });
    // An own conversation around a foreign message.
    let mixed = json!({ "conversation": own["conversation"], "message": message });
    let rows = [
        ("run/stop", json!({ "run": going_on["run"] })),
        ("run/stop", json!({ "run": sent["run"] })),
        ("message/send", json!({ "conversation": conversation, "text": "x" })),
        ("message/regenerate", both.clone()),
        ("message/regenerate", mixed.clone()),
        ("message/continue", broken_off.clone()),
        ("message/continue", mixed.clone()),
        ("message/select", both),
        ("message/select", mixed),
        ("conversation/rename", json!({ "conversation": conversation, "title": "x" })),
        ("conversation/configure", json!({ "conversation": conversation, "model": "mock/echo" })),
        ("conversation/delete", json!({ "conversation": conversation })),
        ("conversation/restore", json!({ "conversation": conversation })),
    ];
    for (path, arguments) in &rows {
        let refused = other.call(&format!("/api/{path}"), arguments.clone());
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (404, Some("not_found")),
            "{path} {arguments}"
        );
    }
    rows.len()
}

#[test]
fn the_studio_answers_under_its_own_name_alone() {
    let studio = Studio::new();
    let running = studio.start();
    let stranger = Person::new(&running.url);
    let port = running.url.rsplit(':').next().unwrap();
    let ask = |path: &str, host: &str| {
        let request = stranger.request(Method::GET, path).header("host", host).header("accept", "text/html");
        let answer = Person::new(&running.url).send(request);
        (answer.status, answer.header("location").to_owned(), answer.body)
    };
    assert_eq!(ask("/login", &format!("LOCALHOST:{port}")).0, 200);
    let (status, _, page) = ask("/login", &format!("rebound.example:{port}"));
    assert_eq!(status, 421);
    assert!(page.contains(&format!("This studio is at {}.", running.url)), "{page}");
    let (status, location, _) = ask("/chat?model=mock/echo", &format!("127.0.0.1:{port}"));
    assert_eq!((status, location), (307, format!("{}/chat?model=mock/echo", running.url)));
    assert_eq!(ask("/health", "10.0.0.7").0, 200, "machines ask under any name");
}

#[test]
fn who_is_shut_out_while_they_send_is_nobody_when_they_have_sent() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let ben = ana.brings("Ben", "member");
    let body = json!({ "text": "late", "model": "mock/echo" }).to_string();
    let (begin, rest) = body.split_at(4);
    let address = running.url.strip_prefix("http://").unwrap();
    let head = format!(
        "POST /api/message/send HTTP/1.1\r\nHost: {address}\r\nCookie: vobio-session={}\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{begin}",
        ben.cookies["vobio-session"],
        body.len()
    );
    let mut slow = TcpStream::connect(("127.0.0.1", studio.port)).unwrap();
    slow.write_all(head.as_bytes()).unwrap();
    thread::sleep(Duration::from_millis(1200));
    let of_ben = ana.id_of("Ben");
    assert_eq!(ana.call("/api/person/disable", json!({ "person": of_ben })).status, 200);
    slow.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    slow.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}
