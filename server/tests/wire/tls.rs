//! A studio with TLS of its own.

use crate::support::{
    Studio,
    authority::{Authority, HOST},
    slowly, until,
};
use reqwest::{Method, Version, tls::TlsInfo};
use std::{io::Read as _, net::TcpStream, time::Duration};

#[test]
fn the_owner_comes_by_http_2_and_by_http_1_and_every_cookie_is_bound_to_the_host() {
    let (authority, studio) = (Authority::new(), Studio::new());
    let studio = studio.with_tls(&authority);
    let running = studio.start();
    let mut ana = running.owner();
    assert!(ana.cookies.keys().all(|name| name.starts_with("__Host-")), "{:?}", ana.cookies.keys());
    let response = ana.request(Method::GET, "/chat").send().unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    assert_eq!(response.headers()["strict-transport-security"], "max-age=31536000");
    let run = ana.ask("over TLS", None, "mock/echo")["run"].clone();
    assert_eq!(ana.ended(&run)["state"], "finished");

    let old = authority.client(studio.port).http1_only().build().unwrap();
    let response = old.get(format!("{}/login", running.url)).send().unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_11));
    // Another name that leads here is still another name.
    // A head that no browser sends is not taken in.
    let long = ana.request(Method::GET, "/login").header("x-long", "x".repeat(40_000)).send();
    assert!(long.is_err() || long.is_ok_and(|response| response.status() == 431));
    for client in [old, authority.client(studio.port).build().unwrap()] {
        let other = client.get(format!("{}/login", running.url)).header("host", "other.example");
        assert_eq!(other.send().unwrap().status(), 421);
    }
    assert!(running.logged().iter().all(|line| !line.contains("TLS: ")), "{:?}", running.logged());
    assert!(studio.run(&["health"]).status.success());
    running.kill();
    assert!(!studio.run(&["health"]).status.success());
}

#[test]
fn over_http_2_a_browser_may_have_more_streams_than_http_1_has_connections() {
    let studio = Studio::new().with_tls(&Authority::new());
    let running = studio.start();
    let mut ana = running.owner();
    let streams: Vec<_> = (0..9).map(|_| ana.events(0)).collect();
    for stream in &streams {
        stream.recv_timeout(Duration::from_secs(20)).expect("a greeting");
    }
    let run = ana.ask(&slowly(10, 50), None, "mock/lorem")["run"].clone();
    for stream in &streams {
        until("the end of the answer", || {
            let event = stream.recv_timeout(Duration::from_secs(20)).expect("the stream goes on");
            (event["run"] == run && event["state"] == "finished").then_some(())
        });
    }
}

#[test]
fn a_certificate_is_replaced_while_the_studio_serves_and_a_broken_one_is_not_taken() {
    let (authority, studio) = (Authority::new(), Studio::new());
    let studio = studio.with_tls(&authority);
    let running = studio.start();
    let shown = || {
        // A new client: a connection that stands keeps what it was made with.
        let client = authority.client(studio.port).tls_info(true).build().unwrap();
        let response = client.get(format!("{}/health", running.url)).send().unwrap();
        response.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
    };
    let logged = |words: &str| {
        until(words, || running.logged().iter().any(|line| line.contains(words)).then_some(()));
    };
    let first = shown();
    let (cert, _) = authority.issue(HOST);
    let (_, another_key) = authority.issue(HOST);
    studio.write_certificate(&(cert, another_key));
    logged("the certificate stays as it was");
    assert_eq!(shown(), first);
    studio.write_certificate(&authority.issue(HOST));
    logged("the certificate was replaced");
    let second = shown();
    assert_ne!(second, first);
    studio.write_certificate(&authority.issue("elsewhere.example.test"));
    logged("not for studio.example.test");
}

#[test]
fn who_says_nothing_or_no_tls_holds_no_place() {
    let studio = Studio::new().with_tls(&Authority::new());
    let running = studio.start();
    let mut silent = TcpStream::connect(("127.0.0.1", studio.port)).unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
    assert_eq!(silent.read(&mut [0; 16]).unwrap(), 0, "closed");
    let clear = crate::support::client().get(format!("http://localhost:{}/", studio.port)).send();
    assert!(clear.is_err(), "{clear:?}");
    let before = std::time::Instant::now();
    let _waits = TcpStream::connect(("127.0.0.1", studio.port)).unwrap();
    running.stop();
    assert!(before.elapsed() < Duration::from_secs(5), "a handshake under way does not hold the end up");
}

#[test]
fn the_doctor_and_the_start_say_what_is_wrong_with_the_files() {
    let authority = Authority::new();
    let studio = Studio::new().with_tls(&authority);
    let said = |studio: &Studio, word: &str| {
        let output = studio.run(&[word]);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (is_fine, text) = said(&studio, "doctor");
    assert!(is_fine && text.contains("for studio.example.test, by CN=rcgen"), "{text}");
    studio.write_certificate(&authority.issue("other.example.test"));
    let (_, text) = said(&studio, "doctor");
    assert!(text.contains("is for other.example.test, not for studio.example.test"), "{text}");
    studio.write_certificate(&("nothing".to_owned(), String::new()));
    for word in ["doctor", "serve"] {
        let (is_fine, text) = said(&studio, word);
        assert!(!is_fine && text.contains("there is no certificate in it"), "{text}");
    }
}
