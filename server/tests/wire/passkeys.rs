//! Passkeys beyond the first, the way back in, and a fresh touch, over the wire.

use crate::support::{Person, Studio, outside::Outside};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use storage::{StoreConfig, StoreUrl};
use studio::ports::store::{Store, StoreError};

fn options(start: &Value) -> &str {
    start["options"].as_str().unwrap()
}

impl Person {
    /// Ends a ceremony with a credential.
    fn finish(&mut self, noun: &str, start: &Value, credential: &str) -> crate::support::Answer {
        let arguments = json!({ "ceremony": start["ceremony"], "credential": credential });
        self.call(&format!("/api/{noun}/finish"), arguments)
    }

    /// Adds a passkey on another device; that device.
    fn add_device(&mut self) -> Person {
        let start = self.call("/api/passkey/start", json!({})).json();
        let mut device = Person::new(&self.url);
        let credential = device.browser.create(options(&start)).unwrap();
        let added = self.finish("passkey", &start, &credential);
        assert_eq!(added.status, 200, "{added:?}");
        device
    }

    /// Comes back with a code, on a device without keys.
    fn recover(&mut self, code: &str) -> crate::support::Answer {
        self.page("/recover");
        let start = self.call("/api/recovery/start", json!({ "code": code }));
        if start.status != 200 {
            return start;
        }
        let credential = self.browser.create(options(&start.json())).unwrap();
        self.finish("recovery", &start.json(), &credential)
    }
}

#[test]
fn a_second_device_signs_in_until_its_passkey_is_removed() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut phone = ana.add_device();
    assert_eq!(phone.sign_in().status, 200);
    assert_eq!(phone.page("/settings/passkeys").body.matches("/api/passkey/rename").count(), 2);
    let id = ana.call("/api/passkey/remove", json!({ "passkey": ana.credential_id() }));
    assert_eq!((id.status, id.body.as_str()), (200, "0"), "the session that removes it stays");
    let last = ana.call("/api/passkey/remove", json!({ "passkey": phone.credential_id() }));
    assert_eq!((last.status, last.json()["code"].as_str()), (409, Some("changed")));
    let mut gone = ana.elsewhere();
    let refused = gone.sign_in();
    assert_eq!((refused.status, refused.json()["code"].as_str()), (401, Some("key_unknown")));
    assert_eq!(phone.page("/chat").status, 200);
}

/// Gives the person of a passkey another one, made for another host.
fn add_orphan(studio: &Studio, beside: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = StoreConfig {
        url: StoreUrl::Sqlite(studio.data().join("vobio.db")),
        backup_dir: studio.data().join("backups"),
        version: "0.0.0",
    };
    runtime.block_on(async {
        let database = Arc::new(storage::open(config).await.unwrap());
        let store: Arc<dyn Store> = database.clone();
        let (mut row, _) = store.passkey_with_person(beside).await.unwrap().unwrap();
        assert_eq!(row.rp_id.as_deref(), Some("localhost"));
        (row.credential_id, row.rp_id) = ("orphan".to_owned(), Some("old.example".to_owned()));
        let written =
            store.write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_passkey(&row).await }));
        written.await.unwrap();
        database.close().await;
    });
}

#[test]
fn a_passkey_of_another_host_is_marked_and_does_not_count_as_another() {
    const ALONE: &str = "You have one passkey and no recovery codes.";
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    add_orphan(&studio, &ana.credential_id());
    let page = ana.page("/settings/passkeys").body;
    assert!(page.contains("works only at old.example") && page.contains(ALONE), "{page}");
    assert_eq!(page.matches("action=\"/api/passkey/remove\"").count(), 1, "the last that works stays");
    let remove =
        |ana: &mut Person, id: &str| ana.call("/api/passkey/remove", json!({ "passkey": id })).status;
    let own = ana.credential_id();
    assert_eq!((remove(&mut ana, &own), remove(&mut ana, "orphan")), (409, 200));
}

#[test]
fn nobody_can_tell_a_passkey_that_is_not_here_from_one_whose_signature_is_wrong() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    // A key that was made and never kept.
    let start = ana.call("/api/passkey/start", json!({})).json();
    let mut never_kept = Person::new(&running.url);
    never_kept.browser.create(options(&start)).unwrap();
    let mut answers = |change: &dyn Fn(&mut Value), elsewhere: bool| {
        [None, Some(ana.credential_id())].map(|known| {
            never_kept.page("/login");
            let start = never_kept.call("/api/session/start", json!({})).json();
            let mut browser = never_kept.browser.clone();
            if elsewhere {
                browser.origin = "http://localhost:1".to_owned();
            }
            let mut credential: Value = serde_json::from_str(&browser.get(options(&start)).unwrap()).unwrap();
            if let Some(known) = known {
                credential["id"] = known.clone().into();
                credential["rawId"] = known.into();
            }
            change(&mut credential);
            let refused = never_kept.finish("session", &start, &credential.to_string());
            (refused.status, refused.body)
        })
    };
    let [unknown, known] = answers(&|_| {}, false);
    assert_eq!(unknown, known);
    assert!(unknown.0 == 401 && unknown.1.contains("key_unknown"), "{unknown:?}");
    let [unknown, known] = answers(&|_| {}, true);
    assert_eq!(unknown, known);
    assert!(unknown.0 == 401 && unknown.1.contains("key_refused"), "{unknown:?}");
    let [unknown, known] = answers(&|c| c["response"]["userHandle"] = Value::Null, false);
    assert_eq!(unknown, known);
}

#[test]
fn recovery_codes_are_shown_once_without_a_script_too_and_let_in_once() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let shown = ana.form("/settings/passkeys", "/api/recovery/make", &[]);
    assert_eq!(shown.status, 200);
    let codes = shown.body.split_once("<code>").unwrap().1.split_once("</code>").unwrap().0.to_owned();
    let codes: Vec<&str> = codes.lines().collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    let later = ana.page("/settings/passkeys").body;
    assert!(later.contains("10 of 10 left") && !later.contains(codes[0]));
    let data = std::fs::read(studio.data().join("vobio.db")).unwrap();
    let log = std::fs::read(studio.data().join("vobio.db-wal")).unwrap_or_default();
    let holds = |bytes: &[u8]| bytes.windows(codes[0].len()).any(|part| part == codes[0].as_bytes());
    assert!(!holds(&data) && !holds(&log), "digests alone are kept");

    let mut new = Person::new(&running.url);
    assert_eq!(new.recover(codes[0]).status, 200);
    assert!(new.page("/settings/passkeys").body.contains("9 of 10 left"));
    let mut thief = Person::new(&running.url);
    let again = thief.recover(codes[0]);
    assert_eq!((again.status, again.json()["fields"][0]["field"].as_str()), (422, Some("code")));
    let mut back = new.elsewhere();
    assert_eq!(back.sign_in().status, 200, "with the passkey that the code made");
}

#[test]
fn an_owner_who_lost_everything_is_let_in_by_a_code_made_beside_the_running_studio() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let made = studio.run(&["setup-code"]);
    assert!(made.status.success(), "{made:?}");
    let code = String::from_utf8(made.stdout).unwrap();
    let said = String::from_utf8(made.stderr).unwrap();
    assert!(said.contains("/recover it makes a new passkey for Ana"), "{said}");
    let mut new = Person::new(&running.url);
    assert_eq!(new.recover(code.trim()).status, 200);
    assert!(new.page("/chat").body.contains("Ana"));
    assert_eq!(ana.page("/chat").status, 200);
    assert_eq!(Person::new(&running.url).recover(code.trim()).status, 422, "it works once");
    let wrong = studio.run(&["setup-code", "--name", "Eve"]);
    assert!(
        !wrong.status.success() && String::from_utf8(wrong.stderr).unwrap().contains("is called \"Eve\"")
    );
}

#[test]
fn what_matters_most_needs_a_touch_of_the_last_five_minutes() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let phone = ana.add_device();
    Outside::of(&studio).touched_before(&ana, Duration::from_secs(301));
    let remove = json!({ "passkey": phone.credential_id() });
    for (path, arguments) in [
        ("/api/passkey/start", json!({})),
        ("/api/passkey/remove", remove.clone()),
        ("/api/recovery/make", json!({})),
    ] {
        let refused = ana.call(path, arguments);
        assert_eq!((refused.status, refused.json()["code"].as_str()), (401, Some("touch_needed")), "{path}");
    }
    let form = ana.form("/settings/passkeys", "/api/recovery/make", &[]);
    assert_eq!(form.status, 401);
    assert!(form.body.contains("This needs a passkey touched in the last five minutes."), "{}", form.body);

    // A passkey that is none of hers is refused with its reason.
    let start = ana.call("/api/touch/start", json!({})).json();
    let mut credential: Value = serde_json::from_str(&ana.browser.get(options(&start)).unwrap()).unwrap();
    credential["id"] = "Zm9yZWlnbg".into();
    credential["rawId"] = "Zm9yZWlnbg".into();
    let refused = ana.finish("touch", &start, &credential.to_string());
    assert_eq!((refused.status, refused.json()["code"].as_str()), (422, Some("wrong_key")), "{refused:?}");

    let start = ana.call("/api/touch/start", json!({})).json();
    let asked: Value = serde_json::from_str(options(&start)).unwrap();
    assert_eq!(asked["allowCredentials"].as_array().unwrap().len(), 2, "her own are asked for");
    let credential = ana.browser.get(options(&start)).unwrap();
    assert_eq!(ana.finish("touch", &start, &credential).status, 200);
    assert_eq!(ana.call("/api/touch/start", json!({})).body, "null", "fresh");
    assert_eq!(ana.call("/api/passkey/remove", remove).status, 200);
    assert_eq!(ana.finish("touch", &start, &credential).status, 410, "a replay");
}

#[test]
fn keepers_of_passkeys_find_the_page() {
    let studio = Studio::new();
    let running = studio.start();
    let answer = Person::new(&running.url).page("/.well-known/passkey-endpoints");
    let page = format!("{}/settings/passkeys", running.url);
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.json(), json!({ "enroll": page, "manage": page }));
}
