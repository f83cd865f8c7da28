//! Conversations: list, open, rename, configure, delete and restore.

use crate::house::{House, field_of};
use api_types::{AnswerState, ConversationId, ConversationSettings, Problem};
use std::time::Duration;
use studio::ports::{ChatEvent, Clock as _, store::StoreError};
use studio::{BIN_LIFE, CONVERSATIONS_PER_PAGE, MESSAGES_PER_PAGE, TITLE_CHARS_MAX, settings_version};

const SECOND: Duration = Duration::from_secs(1);

fn settings(temperature: f64) -> ConversationSettings {
    ConversationSettings {
        model: "fake/fake".parse().unwrap(),
        temperature: Some(temperature),
        max_tokens: None,
        system_prompt: String::new(),
    }
}

#[tokio::test]
async fn the_list_comes_in_parts_latest_first_and_without_gaps() {
    let house = House::new().await;
    let ana = house.owner().await;
    let mut opened = Vec::new();
    for n in 0..CONVERSATIONS_PER_PAGE + 3 {
        // Some at the very same time.
        if n % 2 == 0 {
            house.clock.pass(SECOND);
        }
        opened.push(house.chat(&ana, None, &format!("Question {n}")).await.0.conversation);
    }
    let (mut listed, mut next, mut parts) = (Vec::<ConversationId>::new(), None, 0);
    loop {
        let part = house.studio.conversations(&ana, next).await.unwrap();
        listed.extend(part.conversations.iter().map(|conversation| conversation.id));
        parts += 1;
        next = part.next;
        if next.is_none() {
            break;
        }
    }
    opened.reverse();
    assert_eq!((parts, listed), (2, opened));
}

#[tokio::test]
async fn what_was_said_finds_its_conversation() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.says("Bread, of course.");
    let (opened, _) = house.chat(&ana, None, "What shall I bake?").await;
    for (words, count) in [(" bake", 1), ("BREAD", 1), ("cake", 0), ("\0", 1), (&"x".repeat(9_000), 0)] {
        let found = house.studio.find_conversations(&ana, words, None).await.unwrap().conversations;
        assert_eq!(found.len(), count, "{words}");
        assert!(found.iter().all(|row| row.id == opened.conversation));
    }
}

#[tokio::test]
async fn a_long_conversation_is_opened_at_its_end_and_read_backwards() {
    let house = House::new().await;
    let ana = house.owner().await;
    let conversation = house.chat(&ana, None, "Question 0").await.0.conversation;
    for n in 1..=MESSAGES_PER_PAGE / 2 {
        house.chat(&ana, Some(conversation), &format!("Question {n}")).await;
    }
    let last = house.studio.conversation(&ana, conversation, None).await.unwrap();
    assert_eq!(last.turns.len(), MESSAGES_PER_PAGE as usize);
    let first = house.studio.conversation(&ana, conversation, last.earlier).await.unwrap();
    assert_eq!(first.turns.len(), 2);
    assert_eq!((first.turns[0].message.body.as_str(), first.earlier), ("Question 0", None));
}

#[tokio::test]
async fn a_name_is_one_line_of_at_most_a_hundred_and_twenty_letters() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "x").await.0.conversation;
    for wrong in ["", " \n ", "a\0b", "a\u{7}b", &"é".repeat(TITLE_CHARS_MAX + 1)] {
        assert_eq!(field_of(&house.studio.rename_conversation(&ana, id, wrong).await.unwrap_err()), "title");
    }
    let fits = "é".repeat(TITLE_CHARS_MAX);
    house.studio.rename_conversation(&ana, id, &format!("  {fits}\n")).await.unwrap();
    assert_eq!(house.studio.conversation(&ana, id, None).await.unwrap().conversation.title, fits);
}

#[tokio::test]
async fn settings_are_kept_whole_or_not_at_all() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "x").await.0.conversation;
    house.studio.configure_conversation(&ana, id, settings(0.5), None).await.unwrap();
    let too_hot = house.studio.configure_conversation(&ana, id, settings(2.5), None).await;
    assert_eq!(field_of(&too_hot.unwrap_err()), "temperature");
    let gone = ConversationSettings { model: "fake/gone".parse().unwrap(), ..settings(1.0) };
    let refused = house.studio.configure_conversation(&ana, id, gone, None).await;
    assert_eq!(field_of(&refused.unwrap_err()), "model");
    let kept = house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings;
    assert_eq!(kept, settings(0.5));
}

#[tokio::test]
async fn choosing_a_model_leaves_the_other_settings_alone() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "x").await.0.conversation;
    house.studio.configure_conversation(&ana, id, settings(0.5), None).await.unwrap();
    house.studio.choose_model(&ana, id, "fake/fake".parse().unwrap()).await.unwrap();
    let gone = house.studio.choose_model(&ana, id, "fake/gone".parse().unwrap()).await;
    assert_eq!(field_of(&gone.unwrap_err()), "model");
    let kept = house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings;
    assert_eq!(kept, settings(0.5));
}

#[tokio::test]
async fn settings_that_were_not_seen_are_not_written_over() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "x").await.0.conversation;
    let seen =
        settings_version(&house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings);
    house.studio.configure_conversation(&ana, id, settings(0.5), Some(seen.clone())).await.unwrap();
    let stale = house.studio.configure_conversation(&ana, id, settings(1.5), Some(seen)).await;
    assert!(matches!(stale, Err(Problem::Changed { .. })), "{stale:?}");
    let kept = house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings;
    assert_eq!(kept, settings(0.5));
    let seen = settings_version(&kept);
    house.studio.configure_conversation(&ana, id, settings(1.5), Some(seen)).await.unwrap();
}

#[tokio::test]
async fn what_is_deleted_is_gone_can_be_restored_for_thirty_days_and_then_no_more() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "Keep me").await.0.conversation;
    house.studio.delete_conversation(&ana, id).await.unwrap();
    assert_eq!(house.studio.conversation(&ana, id, None).await.unwrap_err(), Problem::NotFound);
    assert!(house.studio.conversations(&ana, None).await.unwrap().conversations.is_empty());
    assert_eq!(house.studio.delete_conversation(&ana, id).await, Err(Problem::NotFound), "twice is once");

    let deleted = house.studio.deleted_conversation(&ana, id).await.unwrap();
    assert_eq!((deleted.title.as_str(), deleted.deleted_at), ("Keep me", Some(house.clock.now())));
    assert_eq!(house.studio.deleted_conversations(&ana).await.unwrap(), [deleted]);

    house.clock.pass(BIN_LIFE);
    assert_eq!(house.studio.empty_bin().await.unwrap(), 0);
    house.studio.restore_conversation(&ana, id).await.unwrap();
    assert_eq!(house.studio.conversation(&ana, id, None).await.unwrap().turns.len(), 2);

    house.studio.delete_conversation(&ana, id).await.unwrap();
    house.clock.pass(BIN_LIFE + SECOND);
    assert_eq!(house.studio.empty_bin().await.unwrap(), 1);
    assert_eq!(house.studio.restore_conversation(&ana, id).await, Err(Problem::NotFound));
}

#[tokio::test]
async fn deleting_a_chat_stops_its_answer_and_keeps_it_with_the_chat() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.begins(ChatEvent::Delta("Once upon".to_owned()));
    let opened = house.send(&ana, None, "Well?").await.unwrap();
    let live = house.live(&ana, &opened);
    let delete = async {
        while live.view(0).text.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        house.studio.delete_conversation(&ana, opened.conversation).await.unwrap();
    };
    tokio::join!(house.work(), delete);
    house.studio.restore_conversation(&ana, opened.conversation).await.unwrap();
    let turn = house.last_turn(&ana, opened.conversation).await;
    assert_eq!((turn.message.body.as_str(), turn.run.unwrap().state), ("Once upon", AnswerState::Stopped));
}

#[tokio::test]
async fn a_message_that_opens_while_its_chat_goes_into_the_bin_is_refused_and_the_chat_is_in_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let id = house.chat(&ana, None, "First").await.0.conversation;
    let slow = house.studio.store.write::<_, StoreError, _>(|_| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            Ok(())
        })
    });
    // One commit for the first two; what is sent meanwhile is here already, and not yet in the database.
    let (deleted, slow, sent) = futures::future::join3(
        house.studio.delete_conversation(&ana, id),
        slow,
        house.send(&ana, Some(id), "Second"),
    )
    .await;
    slow.unwrap();
    assert_eq!(deleted, Ok(()));
    assert_eq!(sent.unwrap_err(), Problem::NotFound);
    assert_eq!(house.studio.deleted_conversation(&ana, id).await.unwrap().id, id);
    assert!(!house.is_writing());
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_there() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let (opened, _) = house.chat(&ana, None, "Mine").await;
    let (studio, id) = (&house.studio, opened.conversation);
    assert!(studio.conversations(&ben, None).await.unwrap().conversations.is_empty());
    assert!(studio.find_conversations(&ben, "Mine", None).await.unwrap().conversations.is_empty());
    assert_eq!(studio.deleted_conversation(&ben, id).await.unwrap_err(), Problem::NotFound);
    assert!(studio.deleted_conversations(&ben).await.unwrap().is_empty());
    assert_eq!(studio.conversation(&ben, id, None).await.unwrap_err(), Problem::NotFound);
    assert_eq!(studio.rename_conversation(&ben, id, "x").await, Err(Problem::NotFound));
    assert_eq!(studio.configure_conversation(&ben, id, settings(1.0), None).await, Err(Problem::NotFound));
    assert_eq!(studio.choose_model(&ben, id, settings(1.0).model).await, Err(Problem::NotFound));
    assert_eq!(studio.delete_conversation(&ben, id).await, Err(Problem::NotFound));
    assert_eq!(studio.restore_conversation(&ben, id).await, Err(Problem::NotFound));
    assert_eq!(studio.run(&ben, opened.run.run).await.unwrap_err(), Problem::NotFound);
    assert_eq!(studio.stop_run(&ben, opened.run.run).await.unwrap_err(), Problem::NotFound);
    assert!(studio.answers_since(&ben, studio::ports::Timestamp(0)).await.unwrap().is_empty());
    assert_eq!(studio.conversation(&ana, id, None).await.unwrap().conversation.title, "Mine");
}
