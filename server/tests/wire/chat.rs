//! Asking and answering, over the wire.

use crate::support::{Studio, databases, id, slowly, unescaped, until};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn an_answer_streams_ends_and_stays() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("Say **this**", None, "mock/echo");
        let end = ana.ended(&sent["run"]);
        assert_eq!(end["state"], "finished");
        assert!(end["foot"].as_str().unwrap().contains("token"), "{end}");
        let page = ana.page(&format!("/chat/{}", id(&sent["conversation"])));
        assert!(page.body.contains("<strong>this</strong>"), "{}", page.body);
        // A stream that begins later is told the whole again.
        assert_eq!(ana.ended(&sent["run"])["state"], "finished");
    }
}

#[test]
fn a_page_that_comes_in_the_middle_has_the_text_so_far_and_the_stream_has_the_rest() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask(&slowly(200, 40), None, "mock/lorem");
    let page = format!("/chat/{}", id(&sent["conversation"]));
    let middle = until("some text on the page", || {
        let body = ana.page(&page).body;
        body.contains("tail caret").then_some(body)
    });
    assert!(middle.contains("data-state=\"running\""));
    let (first, second) = (ana.events(0), ana.events(0));
    let whole = |events: std::sync::mpsc::Receiver<Value>| {
        let mut text = Vec::<String>::new();
        let mut tail = String::new();
        loop {
            let event = events.recv_timeout(Duration::from_secs(60)).unwrap();
            if event["run"] != sent["run"] {
                continue;
            }
            text.truncate(event["from"].as_u64().unwrap() as usize);
            let blocks = event["blocks"].as_array().unwrap();
            text.extend(blocks.iter().map(|block| block.as_str().unwrap().to_owned()));
            let kept: String = tail.chars().take(event["tail_from"].as_u64().unwrap() as usize).collect();
            tail = kept + event["tail"].as_str().unwrap();
            if event["state"] == "finished" {
                assert_eq!(tail, "");
                return text.concat();
            }
        }
    };
    let (one, two) = (whole(first), whole(second));
    assert!(one.len() > 200);
    assert_eq!(one, two, "two tabs see the same");
    assert!(ana.page(&page).body.contains("data-state=\"finished\""));
}

#[test]
fn stop_keeps_what_was_written_and_continue_goes_on_from_there() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask(&slowly(500, 50), None, "mock/lorem");
        let page = format!("/chat/{}", id(&sent["conversation"]));
        until("some text", || ana.page(&page).body.contains("tail caret").then_some(()));
        assert_eq!(ana.call("/api/run/stop", json!({ "run": sent["run"] })).status, 200);
        assert_eq!(ana.ended(&sent["run"])["state"], "stopped");
        let stopped = ana.page(&page).body;
        assert!(stopped.contains("This answer was stopped.") && stopped.contains("/api/message/continue"));
        assert!(
            stopped.contains(" token</span>") || stopped.contains(" tokens</span>"),
            "what it used is known: {stopped}"
        );

        let again = json!({ "conversation": sent["conversation"], "message": sent["message"] });
        let more = ana.call("/api/message/continue", again.clone());
        assert_eq!(more.status, 200, "{more:?}");
        assert_eq!(more.json()["message"], sent["message"], "the same answer grows");
        assert_eq!(ana.call("/api/message/continue", again).status, 409, "not twice at once");
        assert_eq!(ana.call("/api/run/stop", json!({ "run": more.json()["run"] })).status, 200);
        ana.ended(&more.json()["run"]);
    }
}

#[test]
fn answering_again_keeps_both_answers() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("one", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let again = ana.call(
            "/api/message/regenerate",
            json!({ "conversation": conversation, "message": sent["message"] }),
        );
        assert_eq!(again.status, 200);
        ana.ended(&again.json()["run"]);
        let page = format!("/chat/{conversation}");
        let second = ana.page(&page).body;
        assert!(second.contains("2/2") && second.contains(id(&again.json()["message"])));
        let choice = json!({ "conversation": conversation, "message": sent["message"] });
        assert_eq!(ana.call("/api/message/select", choice).status, 200);
        let first = ana.page(&page).body;
        assert!(first.contains("1/2") && first.contains(&format!("id=\"m-{}\"", id(&sent["message"]))));
    }
}

#[test]
fn a_deleted_conversation_is_gone_until_it_is_restored() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("delete me", None, "mock/echo");
        ana.ended(&sent["run"]);
        let this = json!({ "conversation": sent["conversation"] });
        let page = format!("/chat/{}", id(&sent["conversation"]));
        assert_eq!(ana.call("/api/conversation/delete", this.clone()).status, 200);
        assert_eq!(ana.page(&page).status, 404);
        assert!(!ana.page("/conversations").body.contains("delete me"));
        assert_eq!(ana.call("/api/conversation/delete", this.clone()).status, 404, "twice is once");
        assert_eq!(ana.call("/api/conversation/restore", this).status, 200);
        assert_eq!(ana.page(&page).status, 200);
    }
}

#[test]
fn everything_works_with_forms_alone() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent =
        ana.form("/chat", "/api/message/send", &[("text", "by form\r\nsecond line"), ("model", "mock/echo")]);
    assert_eq!(sent.status, 303, "{sent:?}");
    let page = sent.header("location").split('#').next().unwrap().to_owned();
    let conversation = page.strip_prefix("/chat/").unwrap().to_owned();
    until("the answer", || ana.page(&page).body.contains("data-state=\"finished\"").then_some(()));
    let body = ana.page(&page).body;
    assert!(body.contains("by form\nsecond line"), "CRLF is the wire's, not the person's");

    let renamed = ana.form(
        &page,
        "/api/conversation/rename",
        &[("conversation", &conversation), ("title", "A new name")],
    );
    assert_eq!((renamed.status, renamed.header("location")), (303, page.as_str()));
    assert!(ana.page(&page).body.contains("A new name"));

    let settings = [
        ("conversation", conversation.as_str()),
        ("model", "mock/lorem"),
        ("temperature", "0,5"),
        ("max_tokens", ""),
        ("system_prompt", "Be brief."),
    ];
    let saved = ana.form(&page, "/api/conversation/configure", &settings);
    let told = ana.page(saved.header("location")).body;
    assert!(saved.status == 303 && told.contains("Be brief.") && told.contains("<p>Saved</p>"), "{told}");
    let untold = ana.page(&page).body;
    assert!(untold.contains("Be brief.") && !untold.contains("<p>Saved</p>"), "{untold}");

    let deleted = ana.form(&page, "/api/conversation/delete", &[("conversation", &conversation)]);
    let after = deleted.header("location").to_owned();
    assert!(ana.page(&after).body.contains("/api/conversation/restore"), "undo is offered");
    let restored = ana.form(&after, "/api/conversation/restore", &[("conversation", &conversation)]);
    assert_eq!(restored.header("location"), page);
    assert_eq!(ana.form("/chat", "/api/session/end", &[]).header("location"), "/login");
}

/// What a field of the settings sheet holds.
fn setting(page: &str, name: &str) -> String {
    let (_, rest) =
        page.split_once(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("{name} in {page}"));
    let (tag, _) = rest.split_once('>').unwrap();
    let (_, value) = tag.split_once("value=\"").unwrap_or_else(|| panic!("{name}: {tag}"));
    value.split('"').next().unwrap().to_owned()
}

#[test]
fn a_window_that_was_left_open_takes_no_settings_back() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("x", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let page = format!("/chat/{conversation}");
        let seen = setting(&ana.page(&page).body, "seen");
        let settings =
            json!({ "conversation": conversation, "model": "mock/echo", "temperature": 0.5, "seen": seen });
        assert_eq!(ana.call("/api/conversation/configure", settings.clone()).status, 200);

        // The model alone.
        let choice = [("conversation", conversation), ("model", "mock/lorem")];
        assert_eq!(ana.form(&page, "/api/conversation/choose", &choice).header("location"), page);
        assert_eq!(setting(&ana.page(&page).body, "temperature"), "0.5");
        let gone = [("conversation", conversation), ("model", "mock/none")];
        let refused = ana.form(&page, "/api/conversation/choose", &gone);
        assert!(refused.status == 422 && refused.body.contains("mock/none is not available."), "{refused:?}");

        let stale = ana.call("/api/conversation/configure", settings);
        assert_eq!((stale.status, stale.json()["code"].as_str()), (409, Some("changed")), "{stale:?}");
        let fields =
            [("conversation", conversation), ("model", "mock/echo"), ("temperature", "1.5"), ("seen", &seen)];
        let shown = ana.form(&page, "/api/conversation/configure", &fields);
        assert!(shown.status == 409 && shown.body.contains("changed in another window"), "{shown:?}");
        assert_eq!(setting(&shown.body, "temperature"), "1.5", "what was typed is there");
        assert_eq!(setting(&ana.page(&page).body, "temperature"), "0.5", "what was saved stays");
        // Saved again from there it is meant.
        let seen = setting(&shown.body, "seen");
        let fields =
            [("conversation", conversation), ("model", "mock/echo"), ("temperature", "1.5"), ("seen", &seen)];
        assert_eq!(ana.form(&page, "/api/conversation/configure", &fields).status, 303);
        assert_eq!(setting(&ana.page(&page).body, "temperature"), "1.5");
    }
}

#[test]
fn what_is_deleted_in_the_list_leaves_one_in_the_list() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("delete me", None, "mock/echo");
    ana.ended(&sent["run"]);
    let conversation = id(&sent["conversation"]);
    let open = format!("/chat/{conversation}");
    for (back, after, undone) in [
        ("/conversations", "/conversations?deleted=", "/conversations"),
        ("/conversations?after=1.", "/conversations?after=1.&deleted=", "/conversations?after=1."),
        ("https://evil.example", "/chat?deleted=", open.as_str()),
        ("", "/chat?deleted=", open.as_str()),
    ] {
        // A part of the list begins after a conversation.
        let [back, after, undone] =
            [back, after, undone].map(|path| path.replace("after=1.", &format!("after=1.{conversation}")));
        let fields = [("conversation", conversation), ("back", back.as_str())];
        let deleted = ana.form("/conversations", "/api/conversation/delete", &fields);
        assert_eq!(deleted.header("location"), after.clone() + conversation);
        let page = ana.page(deleted.header("location")).body;
        assert!(page.contains("The conversation was deleted.") && page.contains("/api/conversation/restore"));
        let restored = ana.form(&after, "/api/conversation/restore", &fields);
        assert_eq!(restored.header("location"), undone);
    }
    let list = ana.page("/conversations").body;
    assert!(list.contains("name=\"back\" value=\"/conversations\""), "{list}");
    let older = ana.page(&format!("/conversations?after=1.{conversation}")).body;
    assert!(older.contains("There are no older conversations.") && older.contains("Newest conversations"));
}

#[test]
fn hostile_answers_are_inert() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let sent = ana.ask("attack", None, "mock/hostile");
    ana.ended(&sent["run"]);
    let page = ana.page(&format!("/chat/{}", id(&sent["conversation"])));
    let (_, thread) = page.body.split_once("class=\"prose\"").unwrap();
    let lower = thread.split("<footer").next().unwrap().to_lowercase();
    // Text may say what it likes; tags may not.
    for tag in lower.split('<').skip(1).filter_map(|tag| tag.split('>').next()) {
        let name = tag.trim_start_matches('/').split_whitespace().next().unwrap_or_default();
        assert!(!["script", "iframe", "img", "object", "style", "embed", "form"].contains(&name), "<{tag}>");
        for bad in [" on", "href=\"javascript:", "href=\"data:", "style="] {
            assert!(!tag.contains(bad), "{bad} in <{tag}>");
        }
    }
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline"), "{policy}");
}

#[test]
fn a_failing_model_says_why_and_keeps_what_it_wrote() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let script = json!({ "tokens": 40, "fail_after": 10, "error": "broke_off" });
    let sent = ana.ask(&format!("!mock {script}"), None, "mock/lorem");
    let end = ana.ended(&sent["run"]);
    assert_eq!(end["state"], "failed");
    let page = ana.page(&format!("/chat/{}", id(&sent["conversation"]))).body;
    assert!(page.contains("broke off") && page.contains("Continue"), "{page}");
}

#[test]
fn an_answer_as_long_as_a_book_is_shown_and_streamed_like_any_other() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let first = ana.ask("short", None, "mock/lorem");
    ana.ended(&first["run"]);
    let conversation = id(&first["conversation"]);
    let settings = json!({ "conversation": conversation, "model": "mock/lorem", "max_tokens": 30_000 });
    assert_eq!(ana.call("/api/conversation/configure", settings).status, 200);
    let sent = ana.ask(r#"!mock {"tokens": 12000}"#, Some(conversation), "");
    assert_eq!(ana.ended(&sent["run"])["state"], "finished");
    let page = ana.page(&format!("/chat/{conversation}"));
    assert_eq!(page.status, 200);
    assert!(page.body.len() > 60_000, "{}", page.body.len());
    // A stream that begins later is told all of it at once.
    let again = ana.ended(&sent["run"]);
    let text = |event: &Value| event["blocks"].to_string().len();
    assert!(text(&again) > 60_000, "{again}");
}

#[test]
fn an_answer_cut_by_its_length_offers_to_continue_and_one_cut_by_a_filter_says_who_cut_it() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let words = json!({ "text": "one two three four five six", "finish": "filter" });
    for (max_tokens, says, can_continue) in [
        ("2", "This answer reached its longest length.", true),
        ("", "own filter ended this answer here.", false),
    ] {
        let sent = ana.ask("hello", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let settings =
            json!({ "conversation": conversation, "model": "mock/echo", "max_tokens": max_tokens });
        assert_eq!(ana.call("/api/conversation/configure", settings).status, 200);
        let sent = ana.ask(&format!("!mock {words}"), Some(conversation), "");
        ana.ended(&sent["run"]);
        let page = unescaped(&ana.page(&format!("/chat/{conversation}")).body);
        assert!(page.contains(says), "{page}");
        assert_eq!(page.contains(">Continue<"), can_continue, "{page}");

        let this = json!({ "conversation": conversation, "message": sent["message"] });
        let more = ana.call("/api/message/continue", this);
        assert_eq!(more.status, if can_continue { 200 } else { 409 }, "{more:?}");
        if can_continue {
            ana.ended(&more.json()["run"]);
            let page = ana.page(&format!("/chat/{conversation}")).body;
            assert!(page.contains("<p>one two three four</p>"), "{page}");
            assert!(page.contains("<span>4 tokens</span>"), "of both runs: {page}");
        }
    }
}
