//! Limits on sign-ins and on guessing: strangers are slowed, whoever has the right key is not.

use crate::support::{Person, Studio};
use reqwest::Method;
use serde_json::json;

#[test]
fn an_address_begins_so_many_sign_ins_and_a_known_browser_still_gets_in() {
    let studio = Studio::new().with("SIGN_INS_PER_MINUTE", "3");
    let running = studio.start();
    let mut ana = running.owner();
    ana.call("/api/session/end", json!({}));
    let mut stranger = ana.elsewhere();
    stranger.page("/login");
    let starts: Vec<_> = (0..5).map(|_| stranger.call("/api/session/start", json!({}))).collect();
    assert_eq!(starts.iter().map(|start| start.status).collect::<Vec<_>>(), [200, 200, 429, 429, 429]);
    let slowed = &starts[4];
    assert_eq!(slowed.json()["code"], "rate_limited");
    let wait: u64 = slowed.header("retry-after").parse().unwrap();
    assert!((1..=20).contains(&wait), "{wait}");
    assert_eq!(stranger.call("/api/auth/challenge", json!({})).status, 429, "programs are counted with it");
    assert_eq!(stranger.call("/api/setup/start", json!({ "code": "x", "name": "Eve" })).status, 429);
    assert_eq!(ana.sign_in().status, 200, "her browser has signed in before");
}

#[test]
fn wrong_codes_and_tokens_are_slowed_and_the_right_ones_are_not() {
    let studio = Studio::new().with("SIGN_INS_PER_MINUTE", "1000");
    let running = studio.start();
    let mut eve = Person::new(&running.url);
    eve.page("/login");
    let mut guess = || eve.call("/api/setup/start", json!({ "code": "AAAA-BBBB-CCCC-DDDD", "name": "Eve" }));
    for _ in 0..10 {
        assert_eq!(guess().status, 422);
    }
    let slowed = guess();
    assert_eq!(
        (slowed.status, slowed.header("retry-after").parse::<u64>().unwrap() > 300),
        (429, true),
        "{slowed:?}"
    );

    // From the same address, with the right code.
    let mut ana = running.owner();
    let token = ana.token(&["read"]);
    let ask = |token: &str| Person::new(&running.url).bearing(Method::GET, "/conversations", token, None);
    assert_eq!(ask("vobio_wrong").status, 429);
    assert_eq!(ask(&token).status, 200);
    ana.call("/api/session/end", json!({}));
    assert_eq!(ana.sign_in().status, 200);
    assert!(running.logged().iter().all(|line| !line.contains("AAAA-BBBB")), "no guess is logged");
}

#[test]
fn who_is_signed_in_has_the_same_limits_at_the_door_and_one_for_their_own_keys() {
    let studio = Studio::new().with("SIGN_INS_PER_MINUTE", "5").with("TRUSTED_PROXIES", "127.0.0.1");
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "member");
    ben.moves();
    let statuses = |person: &mut Person, path: &str| -> Vec<u16> {
        (0..6).map(|_| person.call(path, json!({})).status).collect()
    };
    // Her browser has signed in before, so it goes on a little longer than its address.
    let door = [statuses(&mut ben, "/api/session/start"), statuses(&mut ben, "/api/session/start")].concat();
    assert!(door.contains(&429), "{door:?}");
    assert_eq!(ben.call("/api/join/start", json!({ "code": "x", "name": "Eve" })).status, 429);
    assert_eq!(statuses(&mut ben, "/api/touch/start"), [200, 200, 200, 200, 200, 429]);
    ben.moves();
    assert_eq!(ben.call("/api/touch/start", json!({})).status, 429, "of the person, from wherever");
    let mut stranger = Person::new(&running.url);
    stranger.forwarded_for = ben.forwarded_for;
    stranger.moves();
    stranger.page("/login");
    assert_eq!(stranger.call("/api/session/start", json!({})).status, 200, "nobody else is slowed");
}
