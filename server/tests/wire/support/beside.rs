//! A second process on the same PostgreSQL, under the same address.

use super::{Person, Running, Studio, client};
use reqwest::blocking::RequestBuilder;

/// Starts it; it listens on a port of its own.
pub(crate) fn beside(studio: &Studio, running: &Running) -> (Studio, Running) {
    let key = std::fs::read(studio.data().join("keys/session.key")).unwrap();
    let mut second = Studio::new();
    second.settings.clone_from(&studio.settings);
    let second = second.with("VOBIO_URL", &running.url);
    std::fs::create_dir_all(second.data().join("keys")).unwrap();
    std::fs::write(second.data().join("keys/session.key"), key).unwrap();
    use std::os::unix::fs::PermissionsExt;
    let private = |path: std::path::PathBuf, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    private(second.data().join("keys/session.key"), 0o600);
    let started = second.start();
    (second, started)
}

/// A request of a person to a process that listens elsewhere.
pub(crate) fn to(person: &Person, at: &Running, path: &str) -> RequestBuilder {
    let host = person.url.strip_prefix("http://").unwrap();
    let session = &person.cookies["vobio-session"];
    client()
        .get(format!("{}{path}", at.url))
        .header("host", host)
        .header("cookie", format!("vobio-session={session}"))
        .header("accept", "text/html")
}
