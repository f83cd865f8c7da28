//! Rates, and why something was refused: the same for a person whatever they come with, for an address whatever it asks for.

use crate::support::{Answer, Person, Running, Studio, beside, client, databases, unescaped};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Instant;

fn limited(key: &str, most: u32) -> Studio {
    Studio::new().with(key, &most.to_string()).with("TRUSTED_PROXIES", "127.0.0.1")
}

fn question(text: &str) -> Value {
    json!({ "text": text, "model": "mock/echo" })
}

/// A refusal of the rate: how long to wait, and where it is explained.
fn told(answer: &Answer) -> (u64, String) {
    assert_eq!((answer.status, answer.json()["code"].as_str()), (429, Some("rate_limited")), "{answer:?}");
    let wait = answer.header("retry-after").parse().unwrap();
    assert_eq!(answer.json()["retry_after_s"], wait);
    (wait, answer.json()["refusal"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn who_asks_too_often_is_told_when_there_is_room_and_why_whatever_they_come_with() {
    let studio = limited("MAX_API_CALLS_PER_MINUTE", 2);
    let running = studio.start();
    let mut ana = running.owner();
    let token = ana.token(&["run", "read"]);
    for _ in 0..2 {
        assert_eq!(ana.call("/api/message/send", question("Once")).status, 200);
    }
    let refused = ana.call("/api/message/send", question("Once more"));
    let (wait, at) = told(&refused);
    assert!((1..=60).contains(&wait), "{wait}");
    let mut elsewhere = ana.elsewhere();
    assert_eq!(elsewhere.sign_in().status, 200);
    told(&elsewhere.call("/api/message/send", question("From another browser")));
    let program = Person::new(&running.url);
    let asked = program.bearing(Method::POST, "/api/message/send", &token, Some(question("By a program")));
    assert_eq!(told(&asked).1, at, "the same record of the same minute");

    let page = ana.page(&at);
    assert_eq!(page.status, 200);
    let words = unescaped(&page.body);
    for said in
        ["You can ask models 2 times within 60 seconds", "rate.calls_per_minute", "mock/echo", "3 times"]
    {
        assert!(words.contains(said), "{said} is not in {words}");
    }
    let trace = refused.header("x-request-id").replace('-', "");
    assert!(!trace.is_empty() && words.contains(&trace), "{trace}: {words}");
    assert_eq!(program.bearing(Method::GET, &at, &token, None).status, 200);
    assert!(ana.page("/usage").body.contains(&format!("href=\"{at}\"")), "it is in the list");

    // Without a script: the page again, with what was typed and the way to the reason.
    let form = ana.form("/chat", "/api/message/send", &[("text", "Typed words"), ("model", "mock/echo")]);
    assert_eq!(form.status, 429);
    assert!(
        form.body.contains("Typed words") && form.body.contains("Why was this refused?"),
        "{}",
        form.body
    );
    assert!(form.body.contains(&format!("href=\"{at}\"")));
}

#[test]
fn a_refusal_is_explained_to_its_person_and_to_administrators_and_is_not_there_for_others() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let (mut ben, mut cem) = (ana.brings("Ben", "member"), ana.brings("Cem", "member"));
    let mut dan = ana.brings("Dan", "admin");
    let key = format!("AKIA{}", "Q7RZT3LW2XK6VBNM");
    let refused = ben.call("/api/message/send", question(&format!("Mind {key} for me")));
    assert_eq!((refused.status, refused.json()["code"].as_str()), (400, Some("unsafe")), "{refused:?}");
    let at = refused.json()["refusal"].as_str().unwrap().to_owned();
    for (person, status) in [(&mut ben, 200), (&mut dan, 200), (&mut ana, 200), (&mut cem, 404)] {
        let page = person.page(&at);
        assert_eq!(page.status, status);
        assert!(!page.body.contains(&key) && !page.body.contains("Mind "), "no word of his is kept");
    }
    assert!(dan.page(&at).body.contains("Ben"));
    let audit = unescaped(&ana.page("/audit?what=refused").body);
    assert!(audit.contains("Operation refused") && audit.contains(&at), "{audit}");
    // An administrator's token reads those of others only with the scope for it.
    let program = Person::new(&running.url);
    for (scopes, status) in [(&["read"][..], 404), (&["read", "admin"][..], 200)] {
        let token = ana.token(scopes);
        assert_eq!(program.bearing(Method::GET, &at, &token, None).status, status, "{scopes:?}");
    }
}

/// A message to a process that listens elsewhere.
fn send_to(person: &Person, at: &Running, text: &str) -> u16 {
    let request = client()
        .post(format!("{}/api/message/send", at.url))
        .header("host", person.url.strip_prefix("http://").unwrap())
        .header("cookie", format!("vobio-session={}", person.cookies["vobio-session"]))
        .header("accept", "application/json")
        .json(&question(text));
    request.send().unwrap().status().as_u16()
}

#[test]
fn two_processes_have_one_rate_of_a_person_and_one_of_an_address() {
    for database in databases().into_iter().flatten() {
        let studio = Studio::new()
            .on(&Some(database))
            .with("MAX_API_CALLS_PER_MINUTE", "5")
            .with("MAX_REQUESTS_PER_MINUTE", "60")
            .with("TRUSTED_PROXIES", "127.0.0.1");
        let running = studio.start();
        let ana = running.owner();
        let (_second, other) = beside(&studio, &running);
        let statuses: Vec<u16> =
            (0..10).map(|n| send_to(&ana, if n % 2 == 0 { &running } else { &other }, "Now")).collect();
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 5, "{statuses:?}");

        let begun = Instant::now();
        let mut through = 0;
        for n in 0..120 {
            let at = if n % 2 == 0 { &running } else { &other };
            let request = client()
                .get(format!("{}/login", at.url))
                .header("host", ana.url.strip_prefix("http://").unwrap())
                .header("x-forwarded-for", "198.51.100.7");
            through += u64::from(request.send().unwrap().status() != 429);
        }
        // One is free each second, and each process may have lent three.
        let most = 60 + 6 + begun.elapsed().as_secs() + 1;
        assert!((54..=most).contains(&through), "{through} of {most}");
    }
}

#[test]
fn an_address_sends_so_many_requests_and_static_files_and_health_are_not_counted() {
    let studio = limited("MAX_REQUESTS_PER_MINUTE", 10);
    let running = studio.start();
    let from = |address: &str, path: &str, accept: &str| {
        let request = client().get(format!("{}{path}", running.url));
        request.header("x-forwarded-for", address).header("accept", accept).send().unwrap()
    };
    for _ in 0..10 {
        assert_eq!(from("2001:db8:1:2::1", "/login", "text/html").status(), 200);
    }
    let refused = from("2001:db8:1:2:ffff::9", "/login", "text/html");
    assert_eq!(refused.status(), 429, "a whole /64 is one");
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=6).contains(&wait), "{wait}");
    assert!(
        refused.text().unwrap().contains("Too many requests came from your address"),
        "a page for people"
    );
    let problem: Value = from("2001:db8:1:2::1", "/api/costs/usage", "*/*").json().unwrap();
    assert_eq!((&problem["code"], problem.get("refusal")), (&json!("rate_limited"), None));
    for path in ["/health", "/favicon.svg"] {
        for _ in 0..20 {
            // A binary that was built before its site has no icon.
            assert_ne!(from("2001:db8:1:2::1", path, "*/*").status(), 429, "{path}");
        }
    }
    assert_eq!(from("2001:db8:1:3::1", "/login", "text/html").status(), 200, "another's is another's");
    assert_eq!(from("192.0.2.1", "/login", "text/html").status(), 200);
    assert!(running.logged().iter().any(|line| line.contains("an address sends too many requests")));
    assert!(running.logged().iter().all(|line| !line.contains("2001:db8") || line.contains("DEBUG")));
}
