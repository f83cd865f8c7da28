//! Answering again, continuing, choosing among answers.

use crate::{
    fakes::usage,
    house::{House, field_of},
};
use api_types::{AnswerState, MessageId, Problem};
use std::pin::pin;
use studio::ports::{ChatEvent, FinishReason, ModelError};

#[tokio::test]
async fn answering_again_keeps_both_answers_and_asks_the_same_question() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.says("One.");
    let (opened, first) = house.chat(&ana, None, "First?").await;
    house.model.says("Another.");
    house.studio.regenerate_message(&ana, opened.conversation, first.message.id, None).await.unwrap();
    house.work().await;
    let second = house.last_turn(&ana, opened.conversation).await;
    assert_eq!(second.message.body, "Another.");
    assert_eq!(second.siblings, [first.message.id, second.message.id]);
    let asked = house.model.asked();
    assert_eq!(asked[0].turns, asked[1].turns);

    house.studio.select_message(&ana, opened.conversation, first.message.id).await.unwrap();
    assert_eq!(house.last_turn(&ana, opened.conversation).await.message.body, "One.");
    house.chat(&ana, Some(opened.conversation), "And then?").await;
    let told: Vec<String> =
        house.model.asked().pop().unwrap().turns.into_iter().map(|turn| turn.text).collect();
    assert_eq!(told, ["First?", "One.", "And then?"], "the shown branch is the conversation");
}

#[tokio::test]
async fn choosing_an_answer_shows_what_came_after_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, first) = house.chat(&ana, None, "First?").await;
    let (_, end) = house.chat(&ana, Some(opened.conversation), "Second?").await;
    house.studio.regenerate_message(&ana, opened.conversation, first.message.id, None).await.unwrap();
    house.work().await;
    assert_eq!(house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns.len(), 2);
    house.studio.select_message(&ana, opened.conversation, first.message.id).await.unwrap();
    assert_eq!(house.last_turn(&ana, opened.conversation).await.message.id, end.message.id);
}

#[tokio::test]
async fn a_stopped_answer_goes_on_where_it_was() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (conversation, answer) = house.stopped_after(&ana, "Once upon").await;
    assert_eq!(answer.body, "Once upon");
    house.model.says(" a time.");
    let opened = house.studio.continue_message(&ana, conversation, answer.id, None).await.unwrap();
    assert_eq!(opened.answer.id, answer.id, "the same answer grows");
    let again = house.studio.continue_message(&ana, conversation, answer.id, None).await;
    assert!(matches!(again, Err(Problem::Changed { .. })), "not twice at once: {again:?}");
    house.work().await;
    assert_eq!(house.model.asked().pop().unwrap().prefix.as_deref(), Some("Once upon"));
    let turn = house.last_turn(&ana, conversation).await;
    assert_eq!((turn.message.body.as_str(), turn.siblings.len()), ("Once upon a time.", 1));

    let whole = house.studio.continue_message(&ana, conversation, answer.id, None).await;
    assert!(matches!(whole, Err(Problem::Changed { .. })), "it is whole now: {whole:?}");
}

#[tokio::test]
async fn a_failed_answer_can_be_continued_too() {
    let house = House::new().await;
    let ana = house.owner().await;
    let broke_off = ModelError::BrokeOff { source_name: "It".to_owned() };
    house.model.answers(vec![Ok(ChatEvent::Delta("Half".to_owned())), Err(broke_off)]);
    let (opened, turn) = house.chat(&ana, None, "First?").await;
    assert_eq!(turn.run.unwrap().state, AnswerState::Failed);
    house.model.says(" and half.");
    house.studio.continue_message(&ana, opened.conversation, turn.message.id, None).await.unwrap();
    house.work().await;
    assert_eq!(house.last_turn(&ana, opened.conversation).await.message.body, "Half and half.");
}

#[tokio::test]
async fn an_answer_that_another_turn_follows_is_not_continued() {
    let house = House::new().await;
    let ana = house.owner().await;
    let broke_off = ModelError::BrokeOff { source_name: "It".to_owned() };
    house.model.answers(vec![Ok(ChatEvent::Delta("Half".to_owned())), Err(broke_off)]);
    let (opened, turn) = house.chat(&ana, None, "First?").await;
    house.model.says("Whole.");
    let (_, later) = house.chat(&ana, Some(opened.conversation), "Second?").await;
    let more = house.studio.continue_message(&ana, opened.conversation, turn.message.id, None).await;
    assert!(matches!(more, Err(Problem::Changed { .. })), "{more:?}");
    assert_eq!(house.last_turn(&ana, opened.conversation).await.message.id, later.message.id);
}

#[tokio::test]
async fn an_answer_that_reached_its_longest_length_goes_on_and_a_filtered_one_does_not() {
    let house = House::new().await;
    let ana = house.owner().await;
    let cut = |reason| {
        let end = ChatEvent::End { reason, usage: usage(3, 4) };
        vec![Ok(ChatEvent::Delta("One, two".to_owned())), Ok(end)]
    };
    house.model.answers(cut(FinishReason::Length));
    let (opened, turn) = house.chat(&ana, None, "Count").await;
    house.model.says(", three.");
    house.studio.continue_message(&ana, opened.conversation, turn.message.id, None).await.unwrap();
    house.work().await;
    assert_eq!(house.last_turn(&ana, opened.conversation).await.message.body, "One, two, three.");

    house.model.answers(cut(FinishReason::Filter));
    let (opened, turn) = house.chat(&ana, None, "Count").await;
    let more = house.studio.continue_message(&ana, opened.conversation, turn.message.id, None).await;
    assert!(matches!(more, Err(Problem::Changed { .. })), "{more:?}");
}

#[tokio::test]
async fn of_two_that_continue_one_answer_the_late_one_takes_nothing_back() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (conversation, answer) = house.stopped_after(&ana, "Once").await;
    let mut late = pin!(house.studio.continue_message(&ana, conversation, answer.id, None));
    house.model.stops(late.as_mut()).await;
    let broke_off = ModelError::BrokeOff { source_name: "It".to_owned() };
    house.model.answers(vec![Ok(ChatEvent::Delta(" upon".to_owned())), Err(broke_off)]);
    house.studio.continue_message(&ana, conversation, answer.id, None).await.unwrap();
    house.work().await;
    let late = late.await;
    assert!(matches!(late, Err(Problem::Changed { .. })), "it knows only the beginning: {late:?}");
    assert!(!house.is_writing());
    assert_eq!(house.last_turn(&ana, conversation).await.message.body, "Once upon");
}

#[tokio::test]
async fn only_an_answer_of_ones_own_conversation_is_answered_again_or_continued() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let (opened, answer) = house.chat(&ana, None, "First?").await;
    let (bens, _) = house.chat(&ben, None, "Mine?").await;
    let question = opened.question.unwrap().id;
    let (conversation, answer) = (opened.conversation, answer.message.id);
    let before = house.studio.store.commits();
    for (by, conversation, message) in [
        (&ana, conversation, question),
        (&ana, conversation, MessageId(house.new_id())),
        (&ana, bens.conversation, answer),
        (&ben, conversation, answer),
        (&ben, bens.conversation, answer),
    ] {
        let again = house.studio.regenerate_message(by, conversation, message, None).await;
        assert_eq!(again.unwrap_err(), Problem::NotFound);
        let more = house.studio.continue_message(by, conversation, message, None).await;
        assert_eq!(more.unwrap_err(), Problem::NotFound);
        if message != question {
            let chosen = house.studio.select_message(by, conversation, message).await;
            assert_eq!(chosen.unwrap_err(), Problem::NotFound);
        }
    }
    assert_eq!(house.studio.store.commits(), before);
    assert!(!house.is_writing());
}

#[tokio::test]
async fn a_chat_whose_answer_is_under_way_takes_no_second_one() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, answer) = house.chat(&ana, None, "First?").await;
    house.studio.regenerate_message(&ana, opened.conversation, answer.message.id, None).await.unwrap();
    let again = house.studio.regenerate_message(&ana, opened.conversation, answer.message.id, None).await;
    assert!(matches!(again, Err(Problem::Changed { .. })), "{again:?}");
}

#[tokio::test]
async fn a_question_is_asked_in_other_words_beside_the_first() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "First?").await;
    let (second, _) = house.chat(&ana, Some(opened.conversation), "Second, far too long?").await;
    let asked = second.question.unwrap().id;
    let empty = house.studio.edit_message(&ana, opened.conversation, asked, " ".to_owned(), None).await;
    assert_eq!(field_of(&empty.unwrap_err()), "text");
    let edited =
        house.studio.edit_message(&ana, opened.conversation, asked, "Short?".to_owned(), None).await.unwrap();
    house.work().await;
    let told: Vec<String> =
        house.model.asked().pop().unwrap().turns.into_iter().map(|turn| turn.text).collect();
    assert_eq!((told.len(), told[0].as_str(), told[2].as_str()), (3, "First?", "Short?"));
    let shown = house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns;
    let question = edited.question.unwrap().id;
    assert_eq!(shown[2].message.id, question);
    assert_eq!(shown[2].siblings, [asked, question]);
    house.studio.select_message(&ana, opened.conversation, asked).await.unwrap();
    let shown = house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns;
    assert_eq!(shown[2].message.body, "Second, far too long?");
}

#[tokio::test]
async fn the_first_question_can_be_asked_in_other_words_too() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "First?").await;
    let asked = opened.question.unwrap().id;
    house.studio.edit_message(&ana, opened.conversation, asked, "Other?".to_owned(), None).await.unwrap();
    house.work().await;
    let shown = house.studio.conversation(&ana, opened.conversation, None).await.unwrap().turns;
    assert_eq!((shown[0].message.body.as_str(), shown[0].siblings.len()), ("Other?", 2));
}

#[tokio::test]
async fn only_a_question_of_ones_own_is_asked_in_other_words() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let (opened, answer) = house.chat(&ana, None, "First?").await;
    let question = opened.question.unwrap().id;
    for (by, message) in [(&ben, question), (&ana, answer.message.id), (&ana, MessageId(house.new_id()))] {
        let edited =
            house.studio.edit_message(by, opened.conversation, message, "Mine?".to_owned(), None).await;
        assert_eq!(edited.unwrap_err(), Problem::NotFound);
    }
    assert!(!house.is_writing());
}
