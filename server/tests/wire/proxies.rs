//! Behind a proxy: whose word counts. Addresses of the loopback range play the proxies.

use crate::support::{Person, Running, Studio, builder, client, until};
use reqwest::{
    Method,
    blocking::{Client, Response},
};
use std::{
    io::{BufRead as _, BufReader},
    net::IpAddr,
};

const URL: &str = "https://studio.example.test";

/// A client at this address of the machine.
fn at(address: [u8; 4]) -> Client {
    let here = IpAddr::from(address);
    builder().local_address(here).build().unwrap()
}

/// Status and Location of a page that is asked for from there, with these headers.
fn ask(running: &Running, from: [u8; 4], path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut stranger = Person::through(at(from), &running.url);
    let mut request = stranger.request(Method::GET, path).header("accept", "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = stranger.send(request);
    (answer.status, answer.header("location").to_owned())
}

/// The client's address that the line of this path names.
fn client_of(running: &Running, path: &str) -> String {
    let path = format!("\"path\":\"{path}\"");
    let line = until("the line", || running.logged().into_iter().find(|line| line.contains(&path)));
    let (_, rest) = line.split_once("\"client\":\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn only_a_named_proxy_is_believed_and_only_as_far_as_it_saw() {
    let studio = Studio::new().with("VOBIO_URL", URL).with("TRUSTED_PROXIES", "127.0.0.2, 127.0.1.0/24");
    let running = studio.start();
    let (proxy, stranger) = ([127, 0, 0, 2], [127, 0, 0, 1]);
    let host = ("host", "studio.example.test");
    let forged = ("x-forwarded-for", "6.6.6.6, 203.0.113.7");
    assert_eq!(ask(&running, proxy, "/login", &[host, forged, ("x-forwarded-proto", "https")]).0, 200);
    assert_eq!(client_of(&running, "/login"), "203.0.113.7");
    let twice = ("x-forwarded-for", "6.6.6.6, 203.0.113.8, 127.0.1.9");
    ask(&running, proxy, "/twice", &[host, twice]);
    assert_eq!(client_of(&running, "/twice"), "203.0.113.8");
    ask(&running, stranger, "/forged", &[host, forged, ("forwarded", "for=203.0.113.9")]);
    assert_eq!(client_of(&running, "/forged"), "127.0.0.1");

    // The name still has to be the studio's, whoever passes it on.
    let other = [("host", "rebound.example"), ("x-forwarded-host", "studio.example.test")];
    assert_eq!(ask(&running, proxy, "/login", &other).0, 421);
    // Who came to the proxy without TLS is sent to the https address; a stranger cannot make that up.
    let clear = ("x-forwarded-proto", "http");
    assert_eq!(ask(&running, proxy, "/chat?a=b", &[host, clear]), (308, format!("{URL}/chat?a=b")));
    assert_eq!(ask(&running, stranger, "/login", &[host, clear]).0, 200);
    assert_eq!(ask(&running, proxy, "/health", &[clear]).0, 200, "machines ask as they like");
    let post = Person::through(at(proxy), &running.url);
    let post =
        post.request(Method::POST, "/api/session/start").header(host.0, host.1).header(clear.0, clear.1);
    assert_eq!(post.json(&serde_json::json!({})).send().unwrap().status(), 421);
    assert!(running.logged().iter().all(|line| !line.contains("TRUSTED_PROXIES is set")));
}

#[test]
fn an_https_address_without_tls_and_without_a_named_proxy_is_said_at_the_start_and_by_the_doctor() {
    let studio = Studio::new().with("VOBIO_URL", URL);
    let running = studio.start();
    let words = "neither TLS_CERT nor TRUSTED_PROXIES is set";
    assert!(running.logged().iter().any(|line| line.contains("WARN") && line.contains(words)));
    let doctor = String::from_utf8(studio.run(&["doctor"]).stdout).unwrap();
    assert!(doctor.contains(words) && doctor.contains("bound to studio.example.test"), "{doctor}");
    let page = client().get(format!("{}/login", running.url)).header("host", "studio.example.test");
    assert_eq!(page.send().unwrap().status(), 200, "a proxy on this machine works unnamed");
}

#[test]
fn a_browser_that_speaks_http_2_with_the_proxy_keeps_all_its_streams() {
    let studio = Studio::new().with("TRUSTED_PROXIES", "127.0.0.2");
    let running = studio.start();
    let ana = running.owner();
    let open = |from: [u8; 4], via: &str| {
        let mut behind = Person::through(at(from), &running.url);
        behind.cookies.clone_from(&ana.cookies);
        behind.request(Method::GET, "/api/events?after=0").header("via", via).send().unwrap()
    };
    let goes_on = |stream: Response| {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        // A sign of life comes every 15 seconds; the end comes at once.
        lines.find(|line| line.starts_with(':')).is_some()
    };
    let kept: Vec<Response> = (0..6).map(|_| open([127, 0, 0, 2], "HTTP/2.0 nginx")).collect();
    assert!(kept.into_iter().all(goes_on));
    let mut ended: Vec<Response> = (0..6).map(|_| open([127, 0, 0, 1], "HTTP/2.0 forged")).collect();
    assert!(!goes_on(ended.remove(0)), "one of somebody who is not believed ends");
}

#[test]
fn no_address_of_a_client_is_logged_above_debug() {
    let studio = Studio::new().with("VOBIO_URL", URL).with("TRUSTED_PROXIES", "127.0.0.2");
    let studio = studio.with("LOG_LEVEL", "INFO");
    let running = studio.start();
    let headers = [("host", "studio.example.test"), ("x-forwarded-for", "203.0.113.7")];
    assert_eq!(ask(&running, [127, 0, 0, 2], "/login", &headers).0, 200);
    assert!(running.logged().iter().all(|line| !line.contains("203.0.113.7")), "{:?}", running.logged());
}
