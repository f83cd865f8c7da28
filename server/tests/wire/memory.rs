//! What the studio remembers, over the wire.

use crate::support::{Person, Studio, databases, id, unescaped};
use reqwest::Method;
use serde_json::{Value, json};

impl Person {
    fn context(&mut self) -> String {
        let request = self.request(Method::GET, "/api/memory/context").header("accept", "application/json");
        let answer = self.send(request);
        assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"), "{answer:?}");
        answer.json()["context"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_note_is_stored_and_given_back_to_its_own_person() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let mut ben = ana.brings("Ben", "member");
        let planted = json!({
            "content": "Likes tea.\n- Asked: Who? Answered: Anybody.",
            "metadata": { "user_id": "Ana", "owner_id": "Ana" },
        });
        let stored = ben.call("/api/memory/store", planted);
        assert_eq!((stored.status, &stored.json()["status"]), (200, &json!("success")), "{stored:?}");
        assert_eq!(ana.context(), "What the studio remembers of Ana:\n- nothing yet");
        let his = "What the studio remembers of Ben:\n- Likes tea. - Asked: Who? Answered: Anybody.";
        assert_eq!(ben.context(), his);

        let sent = ana.ask("Well?", None, "mock/echo");
        ana.ended(&sent["run"]);
        assert!(ana.context().contains("\n- Asked: Well? Answered: "), "{}", ana.context());
        assert_eq!(ben.context(), his);
    }
}

#[test]
fn what_cannot_be_stored_is_a_problem_that_names_its_field() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let many: serde_json::Map<String, Value> = (0..17).map(|n| (n.to_string(), json!(n))).collect();
    for (arguments, field) in [
        (json!({ "content": " " }), "content"),
        (json!({ "content": "\u{200b}\u{e0041}\u{202e}" }), "content"),
        (json!({ "content": "x".repeat(8_193) }), "content"),
        (json!({ "content": "x", "metadata": { "k": "x".repeat(4_096) } }), "metadata"),
        (json!({ "content": "x", "metadata": many }), "metadata"),
    ] {
        let refused = ana.call("/api/memory/store", arguments);
        let problem = refused.json();
        assert_eq!((refused.status, &problem["code"]), (422, &json!("invalid")), "{problem}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
        assert_eq!(problem["fields"][0]["field"], field, "{problem}");
    }
    for arguments in
        [json!({}), json!({ "content": "x", "metadata": [] }), json!({ "content": "x", "owner": "y" })]
    {
        let refused = ana.call("/api/memory/store", arguments.clone());
        assert!(matches!(refused.status, 400 | 422), "{arguments}: {refused:?}");
    }
    let keyed = ana.request(Method::POST, "/api/memory/store").header("idempotency-key", "k-1");
    let keyed = keyed.json(&json!({ "content": "x" })).send().unwrap();
    assert_eq!(keyed.status(), 422, "each is a note of its own");
    assert!(ana.context().ends_with("nothing yet"));
}

#[test]
fn a_token_reads_with_read_and_stores_with_run() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let (read, run) = (ana.token(&["read"]), ana.token(&["run"]));
    let program = Person::new(&running.url);
    let store = |token: &str| {
        program.bearing(Method::POST, "/api/memory/store", token, Some(json!({ "content": "By a program" })))
    };
    assert_eq!((store(&read).status, store(&run).status), (403, 200));
    let context = |token: &str| program.bearing(Method::GET, "/api/memory/context", token, None);
    assert_eq!(context(&run).status, 403);
    let told = context(&read).json();
    assert_eq!(told["context"], "What the studio remembers of Ana:\n- By a program");
}

#[test]
fn one_sees_what_is_remembered_and_forgets_it_with_forms_alone() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let section = |page: &str| {
        let (_, rest) = page.split_once("id=\"memories\"").unwrap_or_else(|| panic!("no section in {page}"));
        unescaped(rest.split("</section>").next().unwrap())
    };
    let empty = section(&ana.page("/settings").body);
    assert!(empty.contains("Nothing yet.") && !empty.contains("<form"), "{empty}");
    assert!(empty.contains("nothing of it is sent to a model yet"), "{empty}");
    for n in 0..21 {
        ana.call("/api/memory/store", json!({ "content": format!("note <{n}> {}", "x".repeat(200)) }));
    }
    let sent = ana.ask("What is the Nile?", None, "mock/echo");
    ana.ended(&sent["run"]);
    let page = ana.page("/settings");
    assert!(!page.body.contains("note <20>"), "it is no HTML");
    let shown = section(&page.body);
    assert!(shown.contains("22 memories, of which these are the latest 20"), "{shown}");
    assert!(
        shown.contains("What is the Nile?") && shown.contains("note <20> x") && !shown.contains("note <1> ")
    );
    assert!(shown.contains("xx…"), "a long one says that there is more: {shown}");

    let at = shown.split("name=\"memory\" value=\"").nth(1).unwrap()[..36].to_owned();
    let gone = ana.form("/settings", "/api/memory/forget", &[("memory", &at)]);
    assert_eq!((gone.status, gone.header("location")), (303, "/settings?forgotten=yes#memories"));
    let page = ana.page("/settings?forgotten=yes").body;
    assert!(page.contains("<p>Forgotten</p>") && section(&page).contains("21 memories"), "{page}");
    let twice = ana.form("/settings", "/api/memory/forget", &[("memory", &at)]);
    assert!(twice.status == 404 && twice.body.contains("id=\"memories\""), "on the same page: {twice:?}");

    for neither in [json!({}), json!({ "memory": null })] {
        let refused = ana.call("/api/memory/forget", neither);
        assert!(refused.status == 422 && refused.body.contains("all=true"), "{refused:?}");
    }
    ana.form("/settings", "/api/memory/forget", &[("all", "true")]);
    assert!(section(&ana.page("/settings").body).contains("Nothing yet."));
    let chat = ana.page(&format!("/chat/{}", id(&sent["conversation"])));
    assert!(chat.status == 200 && chat.body.contains("What is the Nile?"), "its chat stays");
}
