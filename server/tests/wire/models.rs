//! Model servers, prices and the default, as administrators set them.

use crate::support::{
    Answer, Person, Running, Studio, beside, databases, id, is_private, unescaped, until,
    upstream::{END, Habit, delta, keyed},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::fs;

/// As short as no key is, and nowhere else.
const KEY: &str = "sk-classified-0123456789";

fn habits() -> Vec<Habit> {
    let usage = json!({ "choices": [], "usage": { "prompt_tokens": 1_000, "completion_tokens": 100 } });
    let said = format!("{}data: {usage}\n\n{END}", delta("hello"));
    vec![("answering", "text/event-stream", said.into_bytes())]
}

/// An address of this machine that the studio does not take for one: what is there has no price by itself.
fn far(port: u16) -> String {
    format!("http://[::ffff:127.0.0.1]:{port}/v1")
}

fn acme(base_url: &str, key: &str) -> Value {
    json!({ "name": "acme", "kind": "openai", "base_url": base_url, "key": key })
}

/// The field that a refusal names, and its sentence.
fn refused(answer: &Answer) -> (String, String) {
    let problem = answer.json();
    assert_eq!(answer.status, 422, "{problem}");
    let field = &problem["fields"][0];
    (id(&field["field"]).to_owned(), id(&field["message"]).to_owned())
}

/// Sends a message to a model of it.
fn sent(person: &mut Person) -> Answer {
    person.call("/api/message/send", json!({ "text": "well?", "model": "acme/answering" }))
}

fn no_key_in(running: &Running, person: &mut Person) {
    for page in ["/admin/models", "/admin/models/acme", "/models", "/audit"] {
        assert!(!person.page(page).body.contains("classified"), "{page}");
    }
    let logged = running.logged().join("\n");
    assert!(!logged.contains("classified"), "{logged}");
}

#[test]
fn a_server_is_added_tested_priced_and_asked_and_its_key_is_seen_nowhere() {
    for database in databases() {
        let port = keyed(KEY, habits());
        let studio = Studio::new().on(&database).with("LOG_LEVEL", "TRACE");
        let running = studio.start();
        let mut ana = running.owner();
        let mut cem = ana.brings("Cem", "member");
        assert_eq!(ana.call("/api/provider/add", acme(&far(port), "sk-classified-wrong")).status, 200);
        let tested = ana.call("/api/provider/test", json!({ "name": "acme" })).json();
        assert_eq!((&tested["works"], &tested["name"]), (&json!(false), &json!("acme")));
        assert_eq!(tested["words"], "acme refused the API key. An administrator has to check it.");
        assert!(tested["milliseconds"].as_u64().unwrap() < 10_000);
        no_key_in(&running, &mut ana);

        // Without a script: the key once more, beside what is kept.
        let at = far(port);
        let fields = [("name", "acme"), ("kind", "openai"), ("base_url", &*at), ("key", KEY)];
        let changed = ana.form("/admin/models/acme", "/api/provider/change", &fields);
        assert_eq!((changed.status, changed.header("location")), (303, "/admin/models/acme?saved=changed"));
        let shown = ana.form("/admin/models/acme", "/api/provider/test", &[("name", "acme")]);
        assert!(shown.status == 200 && shown.body.contains("It answers."), "{shown:?}");
        assert!(shown.body.contains("1 model") && shown.body.contains("No price: not asked"), "{shown:?}");
        assert!(cem.page("/models").body.contains("No price: not asked"), "everybody is told");
        assert!(!cem.page("/models").body.contains("[::ffff"), "the address is for administrators");

        let refusal = refused(&sent(&mut ana));
        assert!(
            refusal.0 == "model" && refusal.1.contains("No price is known for acme/answering"),
            "{refusal:?}"
        );
        let price = json!({ "model": "acme/answering", "prompt": "2.50", "completion": "$10" });
        assert_eq!(ana.call("/api/model/set-price", price).status, 200);
        let asked = sent(&mut ana);
        assert_eq!(asked.status, 200, "{asked:?}");
        assert_eq!(ana.ended(&asked.json()["run"])["state"], "finished");
        let usage: Value = ana.page("/api/costs/usage").json();
        // 1,000 tokens read at $2.50 a million, 100 written at $10.
        assert_eq!(usage["total_usage"], json!(0.0035), "{usage}");

        assert_eq!(ana.call("/api/model/set-default", json!({ "model": "acme/answering" })).status, 200);
        assert!(cem.page("/chat").body.contains("value=\"acme/answering\" data-send"), "she has had none");
        no_key_in(&running, &mut ana);
        let audit = unescaped(&ana.page("/audit").body);
        for words in ["Model server added", "Model server changed", "Price set", "Default model set"] {
            assert!(audit.contains(words), "{words}");
        }
        let exported = until("the rows are sealed", || {
            let exported = String::from_utf8(studio.run(&["audit", "export"]).stdout).unwrap();
            exported.contains("default_model.set").then_some(exported)
        });
        assert!(studio.run(&["audit", "verify"]).status.success());
        assert!(exported.contains("provider.changed") && exported.contains("price.set"), "{exported}");
        assert!(!exported.contains("classified") && !exported.contains("ffff:127"), "{exported}");

        assert!(is_private(&studio.data().join("keys/providers.key")));
        running.stop();
        if database.is_none() {
            let file = fs::read(studio.data().join("vobio.db")).unwrap();
            assert!(!file.windows(10).any(|bytes| bytes == b"classified"), "the database holds the key");
        }
        let running = studio.start();
        let asked = sent(&mut ana);
        assert_eq!(asked.status, 200, "it is there after a start: {asked:?}");
        assert_eq!(ana.ended(&asked.json()["run"])["state"], "finished");
        drop(running);
    }
}

#[test]
fn what_cannot_be_is_refused_by_the_name_of_its_field_and_what_was_typed_stays_but_the_key() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let servers = [
        ("name", json!("Acme"), "small letters"),
        ("name", json!("mock"), "a model of its own"),
        ("name", json!("a/b"), "small letters"),
        ("base_url", json!("api.example.com"), "web address"),
        ("base_url", json!("ftp://api.example.com"), "http:// or https://"),
        ("base_url", json!("https://user:pass@api.example.com"), "a name or a password"),
        ("base_url", json!("https://api.example.com/?key=1"), "a ? or #"),
        ("base_url", json!("http://169.254.169.254/latest"), "no model server is asked"),
        ("base_url", json!("http://2852039166"), "no model server is asked"),
        ("base_url", json!("http://[::ffff:a9fe:a9fe]/"), "no model server is asked"),
        ("base_url", json!("http://[fe80::1]/"), "no model server is asked"),
        ("key", json!("sk-classified\nand more"), "a line break"),
    ];
    for (field, value, words) in servers {
        let mut arguments = acme("http://localhost:1", "sk-classified");
        arguments[field] = value.clone();
        let (named, said) = refused(&ana.call("/api/provider/add", arguments.clone()));
        assert!(named == field && said.contains(words), "{value}: {named}: {said}");
        let typed = |name: &str| id(&arguments[name]).to_owned();
        let fields: Vec<(&str, String)> =
            ["name", "kind", "base_url", "key"].map(|name| (name, typed(name))).into();
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let shown = ana.form("/admin/models", "/api/provider/add", &fields);
        let page = unescaped(&shown.body);
        assert!(shown.status == 422 && page.contains(&said), "{value}: {page}");
        assert!(page.contains(&format!("value=\"{}\"", typed("name"))), "{value}");
        assert!(page.contains(&format!("value=\"{}\"", typed("base_url"))), "{value}");
        assert!(!page.contains("classified") && page.contains("type it once more"), "{value}");
    }
    let prices = [
        ("prompt", "nan", "Write dollars"),
        ("prompt", "-1", "Write dollars"),
        ("prompt", "inf", "Write dollars"),
        ("prompt", "1e3", "Write dollars"),
        ("completion", "", "Write dollars"),
        ("completion", "0.0000001", "Write dollars"),
        ("completion", "9999999999", "Say an amount from $0"),
        ("completion", "99999999999999999999", "Write dollars"),
        ("from", "2020-01-01", "now or later"),
        ("from", "soon", "Write a day like"),
        ("from", "2027-02-30", "Write a day like"),
        ("model", "nobody/x", "no model server called nobody"),
    ];
    for (field, value, words) in prices {
        let mut arguments = json!({ "model": "mock/echo", "prompt": "2", "completion": "3", "from": "" });
        arguments[field] = value.into();
        let (named, said) = refused(&ana.call("/api/model/set-price", arguments.clone()));
        assert!(named == field && said.contains(words), "{value}: {named}: {said}");
        let fields = ["model", "prompt", "completion", "from"].map(|name| (name, id(&arguments[name])));
        let shown = ana.form("/admin/models/mock", "/api/model/set-price", &fields);
        let page = unescaped(&shown.body);
        assert!(shown.status == 422 && page.contains(&said), "{value}: {page}");
        assert!(field == "model" || page.contains(&format!("value=\"{value}\"")), "{value}: {page}");
    }
    assert!(
        ana.call("/api/provider/add", json!({ "name": "x", "kind": "telnet", "base_url": "y" })).status
            == 400
    );
    assert_eq!(ana.page("/admin/models/acme").status, 404, "nothing was kept");
}

#[test]
fn every_function_about_models_by_everybody() {
    let port = keyed(KEY, habits());
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "admin");
    let mut cem = ana.brings("Cem", "member");
    let at = far(port);
    let table = [
        ("provider/add", acme(&at, KEY), 200),
        ("provider/test", json!({ "name": "acme" }), 201),
        ("provider/test", json!({ "name": "mock" }), 201),
        ("provider/change", acme("http://localhost:1", ""), 422),
        ("provider/change", acme(&at, ""), 200),
        ("provider/change", json!({ "name": "mock", "kind": "openai", "base_url": at }), 404),
        ("provider/remove", json!({ "name": "mock" }), 404),
        ("model/set-price", json!({ "model": "acme/answering", "prompt": "1", "completion": "2" }), 200),
        ("model/set-default", json!({ "model": "mock/echo" }), 200),
        ("model/set-default", json!({ "model": "mock/gone" }), 422),
        ("model/set-default", json!({}), 200),
        ("provider/remove", json!({ "name": "acme" }), 200),
    ];
    for (path, arguments, by_admin) in table {
        let path = format!("/api/{path}");
        assert_eq!(cem.call(&path, arguments.clone()).status, 403, "{path} {arguments} by a member");
        let answer = ben.call(&path, arguments.clone());
        assert_eq!(answer.status, by_admin, "{path} {arguments} by an administrator: {answer:?}");
    }
    for page in ["/admin/models", "/admin/models/mock"] {
        assert_eq!((cem.page(page).status, ben.page(page).status), (403, 200), "{page}");
    }
    assert!(
        !cem.page("/models").body.contains("href=\"/admin/models\"")
            && ben.page("/models").body.contains("href=\"/admin/models\"")
    );
    let page = ben.page("/admin/models/mock").body;
    assert!(page.contains("Set by the operator") && !page.contains("/api/provider/change"), "{page}");
    let fixed = Studio::new().with("DEFAULT_MODEL", "mock/echo");
    let running = fixed.start();
    let mut ana = running.owner();
    assert_eq!(ana.call("/api/model/set-default", json!({ "model": "mock/lorem" })).status, 409);
    assert!(!ana.page("/admin/models").body.contains("/api/model/set-default"));
}

#[test]
fn where_the_key_file_is_lost_page_log_and_chat_say_so_and_a_backup_brings_it_back() {
    let port = keyed(KEY, habits());
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    ana.call("/api/provider/add", acme(&far(port), KEY));
    ana.call("/api/model/set-price", json!({ "model": "acme/answering", "prompt": "0", "completion": "0" }));
    let asked = sent(&mut ana);
    assert_eq!(ana.ended(&asked.json()["run"])["state"], "finished");
    let backup = studio.folder.path().join("kept.tar");
    assert!(studio.run(&["backup", backup.to_str().unwrap()]).status.success());
    running.stop();
    let file = studio.data().join("keys/providers.key");
    fs::remove_file(&file).unwrap();
    let running = studio.start();
    const WORDS: &str = "The API key of acme cannot be opened: the key file of the studio is not there";
    assert!(running.logged().iter().any(|line| line.contains(WORDS)), "the log says it");
    let page = unescaped(&ana.page("/admin/models/acme").body);
    assert!(page.contains(WORDS), "{page}");
    let refusal = refused(&sent(&mut ana));
    assert!(refusal.0 == "model" && refusal.1.starts_with(WORDS), "{refusal:?}");
    assert!(!file.exists(), "none is made before one is needed");
    drop(running);
    let other = Studio::new();
    let restored = other.run(&["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{restored:?}");
    assert!(is_private(&other.data().join("keys/providers.key")));
    let running = other.start();
    assert!(!running.logged().iter().any(|line| line.contains("cannot be opened")));

    // Kept elsewhere on purpose, it is in no backup.
    let apart = studio.folder.path().join("apart.key");
    let studio = Studio::new().with("PROVIDER_KEY_FILE", apart.to_str().unwrap());
    let running = studio.start();
    running.owner().call("/api/provider/add", acme(&far(port), KEY));
    assert!(is_private(&apart) && !studio.data().join("keys/providers.key").exists());
    let backup = studio.folder.path().join("kept.tar");
    let said = studio.run(&["backup", backup.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("(PROVIDER_KEY_FILE) is not in it"), "{said:?}");
    let tar = fs::read(&backup).unwrap();
    assert!(!tar.windows(13).any(|bytes| bytes == b"providers.key"));
}

#[test]
fn another_process_takes_it_up_and_says_so_where_it_has_another_key_file() {
    let Some(database) = databases().into_iter().flatten().next() else { return };
    let port = keyed(KEY, habits());
    // Its key file lies in its state folder, and the other process has a folder of its own.
    let studio = Studio::new().with("DATABASE_URL", &database);
    let running = studio.start();
    let mut ana = running.owner();
    let (_second, elsewhere) = beside(&studio, &running);
    let there = |person: &Person, path: &str| {
        unescaped(&crate::support::to(person, &elsewhere, path).send().unwrap().text().unwrap())
    };
    assert_eq!(ana.call("/api/provider/add", acme(&far(port), KEY)).status, 200);
    const WORDS: &str = "The API key of acme cannot be opened: the key file of the studio is not there";
    until("the other process says that it cannot open the key", || {
        there(&ana, "/models").contains(WORDS).then_some(())
    });
    let host = ana.url.strip_prefix("http://").unwrap().to_owned();
    let add = |name: &str| {
        let arguments =
            json!({ "name": name, "kind": "openai", "base_url": "http://localhost:1", "key": "k" });
        let session = format!("vobio-session={}", ana.cookies["vobio-session"]);
        let request = reqwest::blocking::Client::new()
            .request(Method::POST, format!("{}/api/provider/add", elsewhere.url));
        request.header("host", &host).header("cookie", session).json(&arguments).send().unwrap()
    };
    let refused = add("beta");
    assert_eq!(refused.status().as_u16(), 409);
    assert!(refused.text().unwrap().contains("PROVIDER_KEY_FILE"));
}
