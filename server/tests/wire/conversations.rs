//! Finding conversations, asking in other words, and what is kept or can be restored, over the wire.

use crate::support::{Studio, databases, id, unescaped};
use serde_json::json;

#[test]
fn what_is_typed_is_still_there_after_a_model_was_chosen() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let typed = [
            ("model", "mock/lorem"),
            ("text", "half a\r\n<thought>"),
            ("temperature", "0,5"),
            ("system_prompt", ""),
        ];
        let shown = ana.form("/chat?model=mock%2Fecho", "/api/conversation/choose", &typed);
        assert_eq!(shown.status, 200, "{shown:?}");
        let page = unescaped(&shown.body);
        assert!(
            page.contains("What would you like to work on?") && page.contains("half a\r\n<thought>"),
            "{page}"
        );
        assert!(page.contains("value=\"mock/lorem\" data-send") && page.contains("value=\"0,5\""), "{page}");
        assert!(page.contains("data-address=\"/chat?model=mock%2Florem\""), "{page}");
        // With nothing typed there is nothing to keep.
        let chosen = ana.form(
            "/chat",
            "/api/conversation/choose",
            &[("model", "mock/lorem"), ("text", ""), ("once", "k")],
        );
        assert_eq!((chosen.status, chosen.header("location")), (303, "/chat?model=mock%2Florem"));

        let sent = ana.ask("x", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let typed = [("conversation", conversation), ("model", "mock/lorem"), ("text", "half a thought")];
        let shown = ana.form(&format!("/chat/{conversation}"), "/api/conversation/choose", &typed);
        assert!(shown.status == 200 && shown.body.contains("half a thought"), "{shown:?}");
        assert!(shown.body.contains("Model: Mock: lorem"), "{shown:?}");
        let gone = [("conversation", conversation), ("model", "mock/none"), ("text", "half a thought")];
        let shown = ana.form(&format!("/chat/{conversation}"), "/api/conversation/choose", &gone);
        assert!(shown.status == 422 && shown.body.contains("half a thought"), "{shown:?}");
    }
}

#[test]
fn a_new_chat_begins_with_its_settings() {
    let studio = Studio::new();
    let running = studio.start();
    let mut ana = running.owner();
    let wrong = [("model", "mock/echo"), ("text", "hello"), ("temperature", "99"), ("max_tokens", "0")];
    let shown = ana.form("/chat", "/api/message/send", &wrong);
    let (_, sheet) = shown.body.split_once("id=\"settings\"").unwrap();
    assert!(shown.status == 422 && sheet.contains("Temperature goes from 0 to 2."), "{shown:?}");
    assert!(sheet.contains("Length goes from 1 to 32,000 tokens."), "both at once: {sheet}");
    assert!(sheet.contains("value=\"99\"") && shown.body.contains("hello"), "{shown:?}");
    let sent = ana.call(
        "/api/message/send",
        json!({ "text": "hello", "model": "mock/echo", "temperature": 0.5, "max_tokens": "1,000", "system_prompt": "Be brief." }),
    );
    assert_eq!(sent.status, 200, "{sent:?}");
    let page = ana.page(&format!("/chat/{}", id(&sent.json()["conversation"]))).body;
    assert!(
        page.contains("value=\"0.5\"") && page.contains("value=\"1000\"") && page.contains("Be brief."),
        "{page}"
    );
}

#[test]
fn a_question_is_asked_in_other_words_with_forms_alone() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask(r#"!mock {"tokens": 40, "error": "too_long"}"#, None, "mock/lorem");
        assert_eq!(ana.ended(&sent["run"])["state"], "failed");
        let conversation = id(&sent["conversation"]).to_owned();
        let page = ana.page(&format!("/chat/{conversation}")).body;
        let (before, _) = page.split_once("\">Edit your question</a>").unwrap_or_else(|| panic!("{page}"));
        let edit = unescaped(before.rsplit_once("href=\"").unwrap().1);
        let form = ana.page(&edit).body;
        assert!(form.contains("action=\"/api/message/edit\"") && form.contains("too_long"), "{form}");
        let question = edit.rsplit_once('=').unwrap().1.to_owned();

        let blank = [("conversation", conversation.as_str()), ("message", &question), ("text", "  ")];
        let shown = ana.form(&edit, "/api/message/edit", &blank);
        assert!(shown.status == 422 && shown.body.contains("Write something first."), "{shown:?}");
        let words = [("conversation", conversation.as_str()), ("message", &question), ("text", "Shorter")];
        let asked = ana.form(&edit, "/api/message/edit", &words);
        assert_eq!(asked.status, 303, "{asked:?}");
        let page = crate::support::until("the answer", || {
            let page = ana.page(&format!("/chat/{conversation}")).body;
            page.contains("data-state=\"finished\"").then_some(page)
        });
        assert!(
            page.contains("Shorter") && page.contains("The wording before") && page.contains("2/2"),
            "{page}"
        );
        let choice = [("conversation", conversation.as_str()), ("message", &question)];
        assert_eq!(ana.form(&edit, "/api/message/select", &choice).status, 303);
        assert!(ana.page(&format!("/chat/{conversation}")).body.contains("Edit your question"));
    }
}

#[test]
fn a_deleted_conversation_is_restored_from_its_address_and_from_the_list() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        let sent = ana.ask("delete me", None, "mock/echo");
        ana.ended(&sent["run"]);
        let conversation = id(&sent["conversation"]);
        let (address, list) = (format!("/chat/{conversation}"), "/conversations/deleted");
        assert!(ana.page(list).body.contains("Nothing is deleted"));
        for (on, back) in [(address.as_str(), None), (list, Some(list))] {
            ana.call("/api/conversation/delete", json!({ "conversation": conversation }));
            let page = ana.page(on).body;
            assert!(page.contains("delete me") && page.contains("it can be restored until"), "{page}");
            assert!(page.contains("/api/conversation/restore"), "{page}");
            let mut fields = vec![("conversation", conversation)];
            fields.extend(back.map(|back| ("back", back)));
            let restored = ana.form(on, "/api/conversation/restore", &fields);
            assert_eq!(restored.header("location"), on);
            assert_eq!(ana.page(&address).status, 200);
        }
    }
}

#[test]
fn a_conversation_is_found_by_a_word_in_it() {
    for database in databases() {
        let studio = Studio::new().on(&database);
        let running = studio.start();
        let mut ana = running.owner();
        for text in ["Bread & butter", "100% rye"] {
            let sent = ana.ask(text, None, "mock/echo");
            ana.ended(&sent["run"]);
        }
        let mut listed = |query: &str| {
            let page = ana.page(&format!("/conversations?{query}"));
            assert_eq!(page.status, 200, "{query}: {page:?}");
            let (_, main) = page.body.split_once("<main").unwrap();
            (main.matches("/api/conversation/delete").count(), unescaped(main))
        };
        let (count, page) = listed("q=bread+%26");
        assert!(count == 1 && page.contains("value=\"bread &\""), "{page}");
        assert!(page.contains("name=\"back\" value=\"/conversations?q=bread+%26\""), "{page}");
        assert_eq!(listed("q=%25").0, 1, "a sign of a pattern is a sign");
        assert_eq!(listed("q=").0, 2);
        for nowhere in ["q=cake", "q=%22%3E%3Cb%3E", "q=x%00y"] {
            let (count, page) = listed(nowhere);
            assert!(count == 0 && page.contains("Nothing found"), "{nowhere}: {page}");
        }
    }
}

#[test]
fn who_cannot_be_reached_is_not_said_to_be_missing() {
    for (settings, words) in [
        (vec![], "none is connected."),
        (
            vec![("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")],
            "One model server is set up, and it cannot be reached",
        ),
    ] {
        let mut studio = Studio::new().with("MOCK_MODE", "false");
        for (name, value) in settings {
            studio = studio.with(name, value);
        }
        let running = studio.start();
        let page = running.owner().page("/chat").body;
        assert!(page.contains(words), "{words}: {page}");
    }
}
