//! What is in a line of the log, and what never is (docs/logging.md).

use crate::support::{
    Person, Studio, databases, id, until,
    upstream::{self, END, delta},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, Url};
use serde_json::{Value, json};

fn lines(logged: &[String]) -> Vec<Value> {
    logged.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The same address with a password; a server that trusts everybody does not look at it.
fn with_password(address: &str) -> String {
    let mut url = Url::parse(address).unwrap();
    if url.password().is_none() {
        url.set_password(Some("classified-password")).unwrap();
    }
    url.to_string()
}

#[test]
fn no_line_holds_what_was_said_or_who_said_it_or_a_secret() {
    // A model server that repeats the question and the key in its refusal.
    let refusal = json!({ "error": {
        "type": "invalid_request_error",
        "message": "no to: a classified question; your key is sk-classified-0123456789"
    }});
    let habits = vec![
        ("refusing", "text/event-stream", format!("data: {refusal}\n\n").into_bytes()),
        ("answering", "text/event-stream", (delta("a classified answer") + END).into_bytes()),
    ];
    for database in databases() {
        let studio = Studio::new()
            .on(&database.as_deref().map(with_password))
            .with("LOG_LEVEL", "TRACE")
            .with("JWT_SECRET", &"classified".repeat(4))
            .with("OPENAI_API_KEY", "sk-classified-0123456789")
            .with("OPENAI_BASE_URL", &upstream::upstream(habits.clone()));
        let running = studio.start();
        let mut ana = Person::new(&running.url);
        ana.page("/login?code=classified");
        ana.call("/api/setup/start", json!({ "code": "CLASSIFIED-CODE", "name": "Classified" }));
        let code = running.code.clone().unwrap();
        ana.set_up(&code, "Ana Classified");
        for model in ["openai/refusing", "openai/answering", "mock/echo", "mock/none"] {
            let arguments = json!({ "text": "a classified question", "model": model });
            let sent = ana.call("/api/message/send", arguments).json();
            if sent["run"].is_string() {
                ana.ended(&sent["run"]);
                let renamed = json!({ "conversation": sent["conversation"], "title": "A classified title" });
                assert_eq!(ana.call("/api/conversation/rename", renamed).status, 200);
                ana.page(&format!("/chat/{}?until=classified", id(&sent["conversation"])));
            }
        }
        ana.call("/api/message/send", json!({ "classified": "field" }));
        ana.page("/conversations?after=classified");
        let secrets = [
            code.clone(),
            ana.cookies["vobio-session"].clone(),
            ana.cookies["vobio-browser"].clone(),
            URL_SAFE_NO_PAD.encode(&*ana.browser.key.as_ref().unwrap().credential_id),
        ];
        assert_eq!(ana.call("/api/session/end", json!({})).status, 200);
        let lines = lines(&running.logged());
        assert!(lines.iter().any(|line| line["message"] == "an answer failed"), "the refusal was logged");
        for line in &lines {
            let line = line.to_string();
            assert!(!line.to_lowercase().contains("classified"), "{line}");
            assert!(secrets.iter().all(|secret| !line.contains(secret)), "{line}");
        }
    }
}

#[test]
fn a_line_of_a_request_and_of_a_run_can_be_followed() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let request = ana
        .request(Method::GET, "/chat")
        .header("accept", "text/html")
        .header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"));
    let answered = ana.send(request);
    let script = json!({ "tokens": 3, "fail_after": 1 });
    let sent = ana.ask(&format!("!mock {script}"), None, "mock/lorem");
    ana.ended(&sent["run"]);
    ana.page("/models");

    // A request is logged when its answer is under way already.
    let lines = until("the line of the last request", || {
        let lines = lines(&running.logged());
        lines.iter().any(|line| line["path"] == "/models").then_some(lines)
    });
    let of =
        |path: &str| lines.iter().find(|line| line["path"] == path).unwrap_or_else(|| panic!("no {path}"));
    assert_eq!(of("/chat")["span"]["trace_id"], trace, "the caller's");
    assert_eq!(of("/chat")["span"]["request_id"], answered.header("x-request-id"));
    let serving = lines.iter().find(|line| line["message"] == "serving").unwrap();
    assert_eq!(serving["engine"], "SQLite", "as people write it");
    let own = id(&of("/models")["span"]["trace_id"]);
    assert!(own.len() == 32 && own != trace, "a new one: {own}");
    let failed = lines.iter().find(|line| line["message"] == "an answer failed").unwrap();
    assert_eq!(failed["span"]["run"], sent["run"]);
    assert_eq!(id(&failed["span"]["trace_id"]), id(&sent["run"]).replace('-', ""));
}
