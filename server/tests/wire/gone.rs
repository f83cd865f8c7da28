//! Without its database the studio does nothing, and says so at every address.

use crate::{
    addresses::{FUNCTIONS, NOBODYS, PAGES},
    support::{Studio, gate::Gate, unescaped, until},
};
use reqwest::Method;

#[test]
fn while_the_database_is_gone_every_address_refuses_with_its_reason() {
    let Some((gate, url)) = Gate::to_postgres() else { return };
    let studio = Studio::new().with("DATABASE_URL", &url);
    let running = studio.start();
    let mut ana = running.owner();
    gate.close();
    until("it is known", || (ana.page("/health").status == 503).then_some(()));
    let mut told = Vec::new();
    let pages = PAGES.iter().map(|(path, ..)| (Method::GET, *path, None));
    let functions = FUNCTIONS.iter().map(|row| (Method::POST, row.path, Some((row.arguments)(NOBODYS))));
    for (method, path, body) in pages.chain(functions) {
        let request = ana.request(method, &path.replace(":id", NOBODYS).replace(":name", "nobody"));
        let request = request.header("accept", "application/json");
        let answer = ana.send(match body {
            Some(body) => request.json(&body),
            None => request,
        });
        if answer.status != 503 {
            told.push(format!("{path}: {}", answer.status));
            continue;
        }
        assert!(unescaped(&answer.body).contains("its database") || path == "/health", "{path}: {answer:?}");
        if path.starts_with("/api/") {
            assert_eq!(answer.json()["code"], "try_later", "{path}: {answer:?}");
        }
    }
    assert!(told.is_empty(), "{told:#?}");
}
