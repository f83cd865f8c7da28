//! Forms without a script that are refused: the same page again, with a sentence and what was typed.

use crate::support::{Answer, Person, Studio, databases, id, slowly, unescaped};
use reqwest::Method;
use serde_json::json;

/// An id that belongs to nobody.
const NOBODYS: &str = "0193a5b2-7c1e-7000-8000-000000000001";

/// What stands in the box of a page where one writes.
fn written(page: &Answer) -> String {
    let (_, rest) = page.body.split_once("id=\"message\"").unwrap_or_else(|| panic!("no box: {page:?}"));
    let (_, rest) = rest.split_once('>').unwrap();
    // A browser drops the first line break.
    let text = unescaped(rest.split_once("</textarea>").unwrap().0);
    text.strip_prefix('\n').unwrap_or(&text).to_owned()
}

#[test]
fn settings_that_cannot_be_are_refused_by_the_name_of_their_field() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("x", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        for (field, value, words) in [
            ("temperature", json!(-0.1), "Temperature goes from 0 to 2."),
            ("temperature", json!(2.1), "Temperature goes from 0 to 2."),
            ("temperature", json!("nan"), "Temperature goes from 0 to 2."),
            ("temperature", json!("inf"), "Temperature goes from 0 to 2."),
            ("temperature", json!("-1e999"), "Temperature goes from 0 to 2."),
            ("temperature", json!("warm"), "“warm” is not a number that can stand here. Change it"),
            ("max_tokens", json!(0), "Length goes from 1 to 32,000 tokens."),
            ("max_tokens", json!(32_001), "Length goes from 1 to 32,000 tokens."),
            ("max_tokens", json!(-1), "“-1” is not a number"),
            ("max_tokens", json!("1e9"), "“1e9” is not a number"),
            ("system_prompt", json!("x".repeat(20_001)), "This is 1 character too long"),
            ("system_prompt", json!("a\0b"), "NUL character"),
            ("model", json!("mock/none"), "mock/none is not available. Choose one"),
        ] {
            let mut arguments = json!({ "conversation": conversation, "model": "mock/echo" });
            arguments[field] = value.clone();
            let answer = ana.call("/api/conversation/configure", arguments);
            let problem = answer.json();
            assert_eq!(
                (answer.status, problem["code"].as_str()),
                (422, Some("invalid")),
                "{value}: {problem}"
            );
            assert_eq!(problem["fields"][0]["field"], field, "{value}: {problem}");
            assert!(problem["detail"].as_str().unwrap().contains(words), "{value}: {problem}");

            // The same without a script: the sheet is open, says it, and holds what was typed.
            let typed = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let page = format!("/chat/{conversation}");
            let mut fields =
                vec![("conversation", conversation), ("model", "mock/echo"), ("system_prompt", "as typed")];
            fields.retain(|(name, _)| *name != field);
            fields.push((field, &typed));
            let shown = ana.form(&page, "/api/conversation/configure", &fields);
            assert_eq!(shown.status, 422, "{value}: {shown:?}");
            let (_, sheet) = shown.body.split_once("id=\"settings\"").unwrap();
            assert!(sheet.split('>').next().unwrap().contains("data-open"), "{value}");
            let sheet = unescaped(sheet);
            assert!(sheet.contains(words), "{value}: {sheet}");
            // HTML has no NUL: a browser reads U+FFFD.
            let typed = typed.replace('\0', "\u{fffd}");
            let kept = if field == "system_prompt" { typed.as_str() } else { "as typed" };
            assert!(field == "model" || sheet.contains(typed.as_str()), "{value}: {sheet}");
            assert!(sheet.contains(kept), "{value}: {sheet}");
        }
        let sheet = ana.page(&format!("/chat/{conversation}")).body;
        assert!(!sheet.contains("as typed"), "nothing of it was kept");
    }
}

#[test]
fn a_form_comes_back_to_its_page_with_the_sentence_and_what_was_written() {
    let rows: Vec<(String, u16, &str, &str)> = vec![
        ("text=++&model=mock/echo".into(), 422, "Write something first.", "  "),
        ("text=hello&model=mock/none".into(), 422, "mock/none is not available now.", "hello"),
        ("text=hello&model=nonsense".into(), 400, "named like source/name", "hello"),
        ("text=hello%00&model=mock/echo".into(), 422, "NUL character in this text. Remove it", "hello\0"),
        (
            "text=hello%ED%A0%80&model=mock/echo".into(),
            400,
            "not valid UTF-8",
            "hello\u{fffd}\u{fffd}\u{fffd}",
        ),
        ("text=hello&model=mock/echo&role=owner".into(), 400, "unknown field role", "hello"),
        ("text=hello&conversation=1".into(), 400, "cannot be read", "hello"),
    ];
    let long = "long ".repeat(30_000);
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        for (body, status, words, kept) in &rows {
            let shown = ana.form_of("/chat", "/api/message/send", body.as_bytes());
            assert_eq!(shown.status, *status, "{body}: {shown:?}");
            assert!(shown.header("content-type").starts_with("text/html"), "{body}: {shown:?}");
            assert!(shown.body.contains("What would you like to work on?"), "{body}: the same page");
            assert!(unescaped(&shown.body).contains(words), "{body}: {}", shown.body);
            // HTML has no NUL: a browser reads U+FFFD.
            assert_eq!(written(&shown).replace('\0', "\u{fffd}"), kept.replace('\0', "\u{fffd}"), "{body}");
        }
        let shown = ana.form("/chat", "/api/message/send", &[("text", &long), ("model", "mock/echo")]);
        assert!(shown.status == 422 && shown.body.contains("50,000 characters too long"), "{shown:?}");
        assert_eq!(written(&shown), long);
        assert_eq!(ana.conversations(), 0, "nothing was begun");

        let renamed = ana.ask("x", None, "mock/echo");
        ana.ended(&renamed["run"]);
        let page = format!("/chat/{}", id(&renamed["conversation"]));
        let title = "t".repeat(121);
        for (typed, words) in
            [("  ", "Give it a title."), (title.as_str(), "At most 120 characters fit here")]
        {
            let fields = [("conversation", id(&renamed["conversation"])), ("title", typed)];
            let shown = ana.form(&page, "/api/conversation/rename", &fields);
            assert!(shown.status == 422 && shown.body.contains(words), "{shown:?}");
            assert!(shown.body.contains(&format!("value=\"{typed}\"")), "{shown:?}");
        }
    }
}

#[test]
fn a_browser_that_shows_a_refusal_or_hides_where_it_was_is_shown_the_page_all_the_same() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("x", None, "mock/echo");
    ana.ended(&sent["run"]);
    let conversation = id(&sent["conversation"]);
    let long = format!("text={}&conversation={conversation}", "x".repeat(100_001));
    // The address of a refused form's page is the form's own; another may send no Referer at all.
    for on in ["/api/message/send", "\u{0}"] {
        let shown = ana.form_of(on, "/api/message/send", long.as_bytes());
        assert_eq!(shown.status, 422, "{shown:?}");
        assert!(shown.body.contains(&format!("data-conversation=\"{conversation}\"")), "its conversation");
        assert_eq!(written(&shown).len(), 100_001);
    }
    let shown = ana.form("/api/source/find", "/api/source/connect", &[("name", "nobody")]);
    assert!(shown.status == 404 && shown.body.contains("There is nothing here."), "{shown:?}");
    assert!(shown.body.contains("Found on this machine"), "the page of models");
}

#[test]
fn what_was_written_into_a_conversation_that_is_gone_can_be_sent_as_a_new_one() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("x", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let page = format!("/chat/{conversation}");
        assert_eq!(ana.call("/api/conversation/delete", json!({ "conversation": conversation })).status, 200);

        let fields = [("conversation", conversation), ("text", "too late")];
        let shown = ana.form(&page, "/api/message/send", &fields);
        assert_eq!(shown.status, 404, "{shown:?}");
        assert!(shown.body.contains("It may have been deleted"), "{shown:?}");
        assert_eq!(written(&shown), "too late");
        let (_, form) = shown.body.split_once("id=\"composer\"").unwrap();
        assert!(!form.split_once("</form>").unwrap().0.contains("name=\"conversation\""));
        assert_eq!(ana.form(&page, "/api/message/send", &[("text", "too late")]).status, 303);

        for (path, field) in [
            ("rename", Some(("title", "x"))),
            ("configure", Some(("model", "mock/echo"))),
            ("delete", None),
            ("restore", None),
        ] {
            let mut fields = vec![("conversation", NOBODYS)];
            fields.extend(field);
            let shown = ana.form("/conversations", &format!("/api/conversation/{path}"), &fields);
            assert_eq!(shown.status, 404, "{path}: {shown:?}");
            assert!(
                shown.body.contains("There is nothing here. It may have been deleted"),
                "{path}: {shown:?}"
            );
            assert!(shown.body.contains("too late"), "{path}: the same page");
        }
    }
}

#[test]
fn a_second_message_waits_for_the_first_answer() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask(&slowly(500, 20), None, "mock/lorem");
        let conversation = id(&sent["conversation"]);
        let again = json!({ "text": "me too", "conversation": conversation });
        let second = ana.call("/api/message/send", again.clone());
        let problem = second.json();
        assert_eq!((second.status, problem["code"].as_str()), (409, Some("changed")), "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("Wait for it or stop it, then send again."));

        let fields = [("conversation", conversation), ("text", "me too")];
        let shown = ana.form(&format!("/chat/{conversation}"), "/api/message/send", &fields);
        assert_eq!(shown.status, 409, "{shown:?}");
        assert!(shown.body.contains("An answer is still being written in this chat."), "{shown:?}");
        assert_eq!(written(&shown), "me too");

        ana.call("/api/run/stop", json!({ "run": sent["run"] }));
        assert_eq!(ana.ended(&sent["run"])["state"], "stopped", "the first answer was left alone");
        assert_eq!(ana.call("/api/message/send", again).status, 200);
    }
}

#[test]
fn what_is_refused_before_there_is_a_page_is_a_page_for_people_all_the_same() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let huge = format!("text={}", "x".repeat(1_100_000));
    for shown in [
        ana.form_of("/chat", "/api/message/send", huge.as_bytes()),
        ana.form_of("/chat", "/api/message/send", &[b'x'; 7_000_000]),
    ] {
        assert_eq!((shown.status, shown.header("content-type")), (413, "text/html; charset=utf-8"));
        assert!(shown.body.contains("That is too large: at most 1000000 bytes"), "{shown:?}");
        assert!(!shown.header("content-security-policy").contains("script-src"), "{shown:?}");
    }
    let mut stranger = Person::new(&running.url);
    let much = stranger.request(Method::POST, "/api/session/start").json(&json!({ "x": "y".repeat(70_000) }));
    let refused = stranger.send(much);
    let detail = "That is too large: at most 64000 bytes can be sent at once.";
    assert_eq!((refused.status, refused.json()["detail"].as_str()), (413, Some(detail)));

    let request = ana.request(Method::POST, "/api/session/end").header("accept", "text/html");
    let shown = ana.send(
        request
            .header("sec-fetch-site", "cross-site")
            .header("content-type", "application/x-www-form-urlencoded"),
    );
    assert!(shown.status == 403 && shown.body.contains("comes from another site"), "{shown:?}");
    assert!(shown.body.starts_with("<!DOCTYPE html>"), "{shown:?}");
    let shown = ana.page("/api/nowhere");
    assert!(shown.status == 404 && shown.body.contains("There is nothing here."), "{shown:?}");
    assert_eq!(ana.call("/api/nowhere", json!({})).header("content-type"), "application/problem+json");
}

#[test]
fn who_was_signed_out_meanwhile_finds_what_they_wrote_at_the_door() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    ana.cookies.remove("vobio-session");
    let text = "a long letter <b> that nobody should have to write again";
    let answer = ana.form("/chat", "/api/message/send", &[("text", text), ("model", "mock/echo")]);
    assert_eq!(answer.status, 401);
    let page = unescaped(&answer.body);
    assert!(page.contains("You are signed out, so this was not sent.") && page.contains(text), "{page}");
    assert!(!answer.body.contains("letter <b>"), "it is text");
    // Nothing was written: on to the door.
    let answer = ana.form("/models", "/api/source/find", &[]);
    assert_eq!((answer.status, answer.header("location")), (303, "/login?next=%2Fmodels"));
}
