//! Sending a message.

use crate::house::{House, field_of};
use api_types::{AnswerState, ConversationSettings, MessageRole, ModelKind, Problem};
use std::pin::pin;
use studio::{MESSAGE_BYTES_MAX, SendMessage};

#[tokio::test]
async fn the_first_message_opens_a_conversation_that_is_called_by_its_first_line_in_one_commit() {
    let house = House::new().await;
    let ana = house.owner().await;
    let before = house.studio.store.commits();
    let opened = house.send(&ana, None, "\n# Plan my week\nwith time for a walk").await.unwrap();
    assert_eq!(house.studio.store.commits(), before + 1);

    let open = house.studio.conversation(&ana, opened.conversation, None).await.unwrap();
    assert_eq!(open.conversation.title, "Plan my week");
    assert_eq!(open.conversation.settings.model.as_str(), "fake/fake");
    assert_eq!(open.conversation.leaf, Some(opened.answer.id));
    let [question, answer] = &open.turns[..] else { panic!("{:?}", open.turns) };
    assert_eq!(question.message.body, "\n# Plan my week\nwith time for a walk", "as it was typed");
    assert_eq!(answer.message.parent, Some(question.message.id));
    assert_eq!(
        (answer.message.body.as_str(), answer.run.as_ref().unwrap().state),
        ("", AnswerState::Running)
    );
}

#[tokio::test]
async fn a_model_is_told_the_conversation_so_far_its_settings_and_nothing_else() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.says("One.");
    let (opened, _) = house.chat(&ana, None, "First?").await;
    house.chat(&ana, None, "Another conversation").await;
    let settings = ConversationSettings {
        model: "fake/fake".parse().unwrap(),
        temperature: Some(0.5),
        max_tokens: Some(7),
        system_prompt: "Be brief.".to_owned(),
    };
    house.studio.configure_conversation(&ana, opened.conversation, settings, None).await.unwrap();
    house.chat(&ana, Some(opened.conversation), "Second?").await;

    let asked = house.model.asked().pop().unwrap();
    let said: Vec<(MessageRole, &str)> =
        asked.turns.iter().map(|turn| (turn.role, turn.text.as_str())).collect();
    let (user, assistant) = (MessageRole::User, MessageRole::Assistant);
    assert_eq!(said, [(user, "First?"), (assistant, "One."), (user, "Second?")]);
    assert_eq!(
        (asked.system_prompt.as_str(), asked.temperature, asked.max_tokens),
        ("Be brief.", Some(0.5), 7)
    );
    assert_eq!(asked.prefix, None);
}

#[tokio::test]
async fn a_second_message_waits_for_the_first_answer() {
    let house = House::new().await;
    let ana = house.owner().await;
    let opened = house.send(&ana, None, "First?").await.unwrap();
    let second = house.send(&ana, Some(opened.conversation), "Second?").await;
    assert!(matches!(second, Err(Problem::Changed { .. })), "{second:?}");
    house.work().await;
    assert!(!house.is_writing(), "the refused one is not answered");
    assert_eq!(house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns.len(), 2);
    house.chat(&ana, Some(opened.conversation), "Second?").await;
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_before_anything_is_written() {
    let house = House::new().await;
    let ana = house.owner().await;
    let before = house.studio.store.commits();
    let long = "é".repeat(MESSAGE_BYTES_MAX / 2 + 1);
    for wrong in ["", " \n", "a\0b", &long] {
        assert_eq!(field_of(&house.send(&ana, None, wrong).await.unwrap_err()), "text");
    }
    let settings = ConversationSettings {
        model: "fake/gone".parse().unwrap(),
        temperature: None,
        max_tokens: None,
        system_prompt: String::new(),
    };
    let message = SendMessage { conversation: None, text: "x".to_owned(), settings: Some(settings) };
    assert_eq!(field_of(&house.studio.send_message(&ana, message, None).await.unwrap_err()), "model");
    assert_eq!(house.studio.store.commits(), before);
    assert!(!house.is_writing());
    let fits = "é".repeat(MESSAGE_BYTES_MAX / 2);
    assert!(house.send(&ana, None, &fits).await.is_ok());
}

#[tokio::test]
async fn a_new_chat_begins_with_the_model_of_the_last_one_then_the_operators_then_the_best() {
    let house = House::beginning_with(Some("fake/the-operators")).await;
    let ana = house.owner().await;
    let default = async || house.studio.default_settings(&ana).await.unwrap().map(|s| s.model.to_string());
    house.model.has_none();
    assert_eq!(default().await, None);
    assert_eq!(field_of(&house.send(&ana, None, "hello").await.unwrap_err()), "model");

    house.model.has("scripted", ModelKind::Mock, None);
    assert_eq!(default().await.as_deref(), Some("fake/scripted"));
    house.model.has("small", ModelKind::Local, None);
    assert_eq!(default().await.as_deref(), Some("fake/small"), "a real one before a script");
    house.model.has("large", ModelKind::Remote, None);
    assert_eq!(default().await.as_deref(), Some("fake/large"), "a connected one before the small one");
    house.model.has("the-operators", ModelKind::Mock, None);
    assert_eq!(default().await.as_deref(), Some("fake/the-operators"));

    let settings = ConversationSettings {
        model: "fake/small".parse().unwrap(),
        temperature: None,
        max_tokens: None,
        system_prompt: String::new(),
    };
    let message = SendMessage { conversation: None, text: "x".to_owned(), settings: Some(settings) };
    house.studio.send_message(&ana, message, None).await.unwrap();
    assert_eq!(default().await.as_deref(), Some("fake/small"), "the last one's");
    house.model.has_none();
    house.model.has("large", ModelKind::Remote, None);
    assert_eq!(default().await.as_deref(), Some("fake/large"), "while it is there");
}

#[tokio::test]
async fn what_is_somebody_elses_or_in_the_bin_is_not_found() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let (opened, _) = house.chat(&ana, None, "First?").await;
    let foreign = house.send(&ben, Some(opened.conversation), "x").await;
    assert_eq!(foreign.unwrap_err(), Problem::NotFound);
    house.studio.delete_conversation(&ana, opened.conversation).await.unwrap();
    let gone = house.send(&ana, Some(opened.conversation), "x").await;
    assert_eq!(gone.unwrap_err(), Problem::NotFound);
}

#[tokio::test]
async fn of_two_messages_that_follow_the_same_answer_one_is_refused() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "First?").await;
    let mut late = pin!(house.send(&ana, Some(opened.conversation), "Late."));
    house.model.stops(late.as_mut()).await;
    let (_, shown) = house.chat(&ana, Some(opened.conversation), "Quicker.").await;
    let late = late.await;
    assert!(matches!(late, Err(Problem::Changed { .. })), "its place is taken: {late:?}");
    assert!(!house.is_writing());
    let open = house.studio.conversation(&ana, opened.conversation, None).await.unwrap();
    assert_eq!((open.conversation.leaf, open.turns.len()), (Some(shown.message.id), 4));
    assert_eq!(open.turns[2].siblings, [open.turns[2].message.id], "nothing was kept beside it");
}
