//! Invitations, roles, access, export and deletion over the wire.

use crate::support::{Person, Studio, databases, id, outside::Outside, slowly, until};
use api_types::Role;
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    time::{Duration, Instant},
};

#[test]
fn every_function_about_people_by_everybody() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "admin");
    let mut cem = ana.brings("Cem", "member");
    let (of_ana, of_cem) = (ana.id_of("Ana"), ana.id_of("Cem"));
    // Function, arguments, what a member and an administrator are answered.
    let table = [
        ("invite/make", json!({ "role": "member" }), 403, 201),
        ("invite/make", json!({ "role": "admin" }), 403, 201),
        ("invite/make", json!({ "role": "owner" }), 403, 403),
        ("person/set-role", json!({ "person": of_cem, "role": "owner" }), 403, 403),
        ("person/set-role", json!({ "person": of_cem, "role": "member" }), 403, 200),
        ("person/set-role", json!({ "person": of_cem, "role": "member", "reviewer": true }), 403, 403),
        ("invite/make", json!({ "role": "member", "reviewer": true }), 403, 403),
        ("person/set-role", json!({ "person": of_ana, "role": "member" }), 403, 403),
        ("person/set-limits", json!({ "person": of_cem, "hour": "1", "day": "2.50" }), 403, 200),
        ("person/set-limits", json!({ "person": of_cem, "hour": "1", "day": "nan" }), 403, 422),
        ("person/set-limits", json!({ "person": of_cem, "hour": "1" }), 403, 422),
        ("person/set-limits", json!({ "person": of_ana, "hour": "1", "day": "2" }), 403, 403),
        ("flag/set", json!({ "flag": "chat", "mode": "share", "percent": "101" }), 403, 422),
        ("flag/set", json!({ "flag": "chat", "mode": "share", "percent": "100" }), 403, 200),
        ("flag/set", json!({ "flag": "video_generation", "mode": "on" }), 403, 422),
        ("flag/set", json!({ "flag": "chat", "mode": "default" }), 403, 200),
        ("flag/set-person", json!({ "person": of_cem, "flag": "chat", "mode": "on" }), 403, 200),
        ("flag/set-person", json!({ "person": of_ana, "flag": "chat", "mode": "off" }), 403, 403),
        ("person/disable", json!({ "person": of_ana }), 403, 403),
        ("person/enable", json!({ "person": of_ana }), 403, 403),
        ("person/delete", json!({ "person": of_ana, "name": "Ana" }), 403, 403),
        ("person/delete", json!({ "person": of_cem, "name": "Somebody" }), 403, 422),
        ("account/rename", json!({ "name": "The same" }), 200, 200),
    ];
    for (path, arguments, by_member, by_admin) in table {
        let path = format!("/api/{path}");
        assert_eq!(cem.call(&path, arguments.clone()).status, by_member, "{path} {arguments} by a member");
        assert_eq!(
            ben.call(&path, arguments.clone()).status,
            by_admin,
            "{path} {arguments} by an administrator"
        );
    }
    for (page, by_member) in [
        ("/people", 403),
        ("/flags", 403),
        ("/audit", 403),
        (&*format!("/people/{of_ana}"), 403),
        ("/settings", 200),
    ] {
        assert_eq!(cem.page(page).status, by_member, "{page}");
        assert_eq!(ben.page(page).status, 200, "{page}");
    }
    assert!(
        !cem.page("/chat").body.contains("href=\"/people\"")
            && ben.page("/chat").body.contains("href=\"/people\"")
    );
}

#[test]
fn who_may_not_make_reviewers_is_not_offered_it_and_hears_why() {
    const WHY: &str = "Only an owner, or an administrator who is a reviewer, can make somebody a reviewer.";
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut ben = ana.brings("Ben", "admin");
    ana.brings("Cem", "member");
    let (of_ben, of_cem) = (ana.id_of("Ben"), ana.id_of("Cem"));
    let made = json!({ "person": of_cem, "role": "member", "reviewer": true });
    let refused = ben.call("/api/person/set-role", made.clone());
    assert_eq!((refused.status, refused.json()["code"].as_str()), (403, Some("reviewer_needed")));
    assert!(refused.body.contains(WHY), "{}", refused.body);
    let page = format!("/people/{of_cem}");
    for path in ["/people", &page] {
        let (by_owner, by_admin) = (ana.page(path).body, ben.page(path).body);
        assert!(by_owner.contains("name=\"reviewer\"") && !by_owner.contains(WHY), "{path}");
        assert!(!by_admin.contains("name=\"reviewer\"") && by_admin.contains(WHY), "{path}");
    }
    // Of a reviewer the switch is there: it can be taken away, and a change of the role does not.
    assert_eq!(ana.call("/api/person/set-role", made).status, 200);
    assert!(ben.page(&page).body.contains("name=\"reviewer\""));
    let fields = [("person", of_cem.as_str()), ("role", "admin"), ("reviewer", "true")];
    assert_eq!(ben.form(&page, "/api/person/set-role", &fields).status, 303);
    assert!(ana.page(&page).body.contains("Administrator, reviewer"));
    let ben_too = json!({ "person": of_ben, "role": "admin", "reviewer": true });
    assert_eq!(ana.call("/api/person/set-role", ben_too).status, 200);
    assert!(ben.page("/people").body.contains("name=\"reviewer\""), "with the next request");
}

#[test]
fn what_was_not_asked_for_is_refused() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut cem = ana.brings("Cem", "member");
    for (path, arguments) in [
        ("join/start", json!({ "code": "x", "name": "Eve", "role": "owner" })),
        ("account/rename", json!({ "name": "Cem", "role": "owner" })),
        ("account/rename", json!({ "name": "Cem", "person": ana.id_of("Ana") })),
        ("person/set-role", json!({ "person": ana.id_of("Cem"), "role": "god" })),
    ] {
        let refused = cem.call(&format!("/api/{path}"), arguments.clone());
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (400, Some("malformed")),
            "{arguments}"
        );
    }
    assert!(cem.page("/settings").body.contains("Your role here: Member."));
}

#[test]
fn an_invitation_lets_one_person_in_and_its_code_is_kept_nowhere() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let code = ana.invite("member");
        let mut ben = Person::new(&running.url);
        assert_eq!(ben.join(&code, "Ben").status, 200);
        assert_eq!(ben.page("/chat").status, 200);
        let mut eve = Person::new(&running.url);
        let refused = eve.join(&code, "Eve");
        assert_eq!((refused.status, refused.json()["fields"][0]["field"].as_str()), (422, Some("code")));
        assert_eq!(eve.page("/chat").status, 302);
        let list = ana.page("/people").body;
        assert!(list.contains("joined as Ben") && !list.contains(&code), "{list}");
        assert!(ben.page("/join").body.contains("You are in already"));
        let logged = running.logged().join("\n");
        assert!(!logged.contains(&code) && logged.contains("somebody joined"));
    }
}

#[test]
fn without_a_script_a_link_is_shown_in_the_answer_and_what_is_wrong_beside_its_field() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let fields = [("note", "For Ben"), ("role", "admin"), ("days", "1"), ("reviewer", "true")];
    let made = ana.form("/people", "/api/invite/make", &fields);
    assert_eq!((made.status, made.header("cache-control")), (200, "no-store"));
    let (_, rest) = made.body.split_once(&format!(">{}/join#", running.url)).expect("the link");
    let code = &rest[..19];
    assert!(made.body.contains("Administrator, reviewer") && made.body.contains("For Ben"));
    assert!(!ana.page("/people").body.contains(code), "shown once");
    assert_eq!(Person::new(&running.url).join(code, "Ben").status, 200);

    let long = "n".repeat(81);
    let refused =
        ana.form("/people", "/api/invite/make", &[("note", &long), ("role", "member"), ("days", "7")]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("At most 80 characters fit here") && refused.body.contains(&long));

    let ben = ana.id_of("Ben");
    let page = format!("/people/{ben}");
    let refused = ana.form(&page, "/api/person/delete", &[("person", &ben), ("name", "Bob")]);
    assert_eq!(refused.status, 422);
    assert!(
        refused.body.contains("Type the name as it stands here: Ben")
            && refused.body.contains("value=\"Bob\"")
    );
    let done = ana.form(&page, "/api/person/delete", &[("person", &ben), ("name", "Ben")]);
    assert_eq!((done.status, done.header("location")), (303, "/people"));
    let saved = ana.form("/settings", "/api/account/rename", &[("name", "Ana Maria")]);
    assert_eq!((saved.status, saved.header("location")), (303, "/settings?saved=name"));
    let refused = ana.form("/settings", "/api/account/rename", &[("name", " ")]);
    assert!(refused.status == 422 && refused.body.contains("Tell us what to call you."));
}

#[test]
fn where_the_studio_is_open_anybody_makes_an_account() {
    let studio = Studio::new().with("OPEN_REGISTRATION", "true");
    let running = studio.start();
    let mut early = Person::new(&running.url);
    assert_eq!(early.join("", "Early").status, 409, "nobody before the owner");
    running.owner();
    let mut eve = Person::new(&running.url);
    assert!(eve.page("/login").body.contains("href=\"/join\""));
    assert_eq!(eve.join("", "Eve").status, 200);
    assert_eq!(eve.page("/people").status, 403);

    let studio = Studio::new();
    let running = studio.start();
    running.owner();
    let mut mal = Person::new(&running.url);
    assert!(mal.page("/login").body.contains("Invited? Open the link you were given."));
    assert_eq!(mal.join("", "Mal").status, 422);
}

#[test]
fn who_is_disabled_is_a_stranger_with_the_next_request_and_hears_no_more() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let mut ben = ana.brings("Ben", "member");
        let of_ben = ana.id_of("Ben");
        let sent = ben.ask(&slowly(3_000, 20), None, "mock/lorem");
        let page = format!("/chat/{}", id(&sent["conversation"]));
        until("some text", || ben.page(&page).body.contains("tail caret").then_some(()));
        let events = ben.events(0);
        events.recv_timeout(Duration::from_secs(20)).expect("it is heard");

        assert_eq!(ana.call("/api/person/disable", json!({ "person": of_ben })).status, 200);
        assert_eq!(ben.page(&page).status, 302);
        assert_eq!(ben.call("/api/message/send", json!({ "text": "x", "model": "mock/echo" })).status, 401);
        let limit = Instant::now() + Duration::from_secs(20);
        while events.recv_timeout(limit.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(Instant::now() < limit, "the stream ended");
        let refused = ben.sign_in();
        assert!(refused.status == 422 && refused.body.contains("closed this account"), "{refused:?}");

        assert_eq!(ana.call("/api/person/enable", json!({ "person": of_ben })).status, 200);
        assert_eq!(ben.page(&page).status, 302, "the old session stays ended");
        assert_eq!(ben.sign_in().status, 200);
        until("stopped", || ben.page(&page).body.contains("This answer was stopped.").then_some(()));
    }
}

#[test]
fn somebody_of_another_organization_is_nowhere() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let mut cem = Outside::of(&studio).person(None, Role::Owner);
    ana.brings("Ben", "member");
    let made = ana.call("/api/invite/make", json!({ "role": "member" }));
    assert_eq!(made.status, 201);
    let of_ben = ana.id_of("Ben");
    let list = ana.page("/people").body;
    let (_, rest) = list.split_once("name=\"invite\" value=\"").unwrap();
    let invite = &rest[..36];
    assert!(!cem.page("/people").body.contains(&of_ben));
    assert_eq!(cem.page(&format!("/people/{of_ben}")).status, 404);
    for (path, arguments) in [
        ("person/set-role", json!({ "person": of_ben, "role": "admin" })),
        ("person/set-limits", json!({ "person": of_ben, "hour": "1", "day": "2" })),
        ("person/disable", json!({ "person": of_ben })),
        ("person/enable", json!({ "person": of_ben })),
        ("person/delete", json!({ "person": of_ben, "name": "Ben" })),
        ("invite/revoke", json!({ "invite": invite })),
    ] {
        assert_eq!(cem.call(&format!("/api/{path}"), arguments).status, 404, "{path}");
    }
    assert_eq!(ana.call("/api/invite/revoke", json!({ "invite": invite })).status, 200);
}

fn unpacked(bytes: Vec<u8>) -> BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut files = BTreeMap::new();
    for at in 0..archive.len() {
        let mut file = archive.by_index(at).unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        files.insert(file.name().unwrap().to_string(), text);
    }
    files
}

#[test]
fn an_export_is_a_zip_of_all_that_is_ones_own() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("only for me", None, "mock/echo");
        ana.ended(&sent["run"]);
        let request = ana.request(Method::GET, "/api/account/export").header("accept-encoding", "gzip, br");
        let answer = request.send().unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some("application/zip"));
        assert_eq!(header("content-encoding"), None, "it is compressed already");
        assert!(header("content-disposition").unwrap().starts_with("attachment"));
        let files = unpacked(answer.bytes().unwrap().into());
        let name = format!("conversations/{}.json", id(&sent["conversation"]));
        assert_eq!(
            files.keys().map(String::as_str).collect::<Vec<_>>(),
            ["README.txt", "account.json", &name, "memories.json"]
        );
        let conversation: Value = serde_json::from_str(&files[&name]).unwrap();
        assert_eq!(conversation["messages"][0]["text"], "only for me");
        let account: Value = serde_json::from_str(&files["account.json"]).unwrap();
        assert_eq!(account["person"]["name"], "Ana");
        let memories: Value = serde_json::from_str(&files["memories.json"]).unwrap();
        assert_eq!((&memories[0]["message"], memories[1].is_null()), (&sent["message"], true));
    }
}

#[test]
fn who_deletes_their_account_is_gone_and_their_key_with_them() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let mut ben = ana.brings("Ben", "member");
        let sent = ben.ask("only mine", None, "mock/echo");
        ben.ended(&sent["run"]);
        assert!(
            ben.page("/settings")
                .body
                .contains("1 conversation with all its messages, 1 memory, 1 passkey and 0 API tokens")
        );
        assert_eq!(ben.call("/api/account/delete", json!({ "name": "Benny" })).status, 422);
        let mut second = ben.elsewhere();
        assert_eq!(second.sign_in().status, 200);
        let gone = ben.form("/settings", "/api/account/delete", &[("name", "Ben")]);
        assert_eq!((gone.status, gone.header("location")), (303, "/login?gone=account"));
        assert!(!ben.cookies.contains_key("vobio-session"));
        assert_eq!(second.page("/chat").status, 302, "all sessions");
        assert_eq!(second.sign_in().status, 401);
        assert!(!ana.page("/people").body.contains(">Ben<"));
        until("the log says that it went", || {
            running.logged().iter().any(|line| line.contains("the bin was emptied")).then_some(())
        });
    }
}
