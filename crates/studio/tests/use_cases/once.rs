//! What is sent twice with one key is done once.

use crate::house::{House, field_of};
use api_types::Problem;
use futures::future::join_all;
use std::{collections::HashSet, time::Duration};
use studio::{BIN_LIFE, Once, Opened, REQUEST_KEPT, SendMessage, SignedIn, ports::ModelError};
use tokio::task::JoinSet;

impl House {
    pub(crate) async fn send_once(&self, by: &SignedIn, key: &str, text: &str) -> Result<Opened, Problem> {
        let once = Once::new(key, "message/send", &text).unwrap();
        let message = SendMessage { conversation: None, text: text.to_owned(), settings: None };
        self.studio.send_message(by, message, Some(once)).await
    }
}

#[tokio::test]
async fn the_same_request_with_the_same_key_opens_one_run_however_often_it_is_sent() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let first = house.send_once(&ana, "k-1", "Well?").await.unwrap();
    let again = house.send_once(&ana, "\"k-1\"", "Well?").await.unwrap();
    assert_eq!((again.run.run, again.question.unwrap().body.as_str()), (first.run.run, "Well?"));
    house.work().await;
    let later = house.send_once(&ana, "k-1", "Well?").await.unwrap();
    assert_eq!((later.run.run, later.answer.body.as_str()), (first.run.run, "Yes."));
    assert_eq!(house.model.asked().len(), 1);
    let other = house.send_once(&ana, "k-1", "Something else?").await.map(drop);
    assert_eq!(other, Err(Problem::IdempotencyKeyReused));
    let bens = house.send_once(&ben, "k-1", "Well?").await.unwrap();
    assert_ne!(bens.run.run, first.run.run, "keys are a person's own");
}

#[tokio::test]
async fn of_fifty_at_once_with_one_key_one_opens_a_run() {
    let house = House::new().await;
    let ana = house.owner().await;
    let sent = join_all((0..50).map(|_| house.send_once(&ana, "k", "Well?"))).await;
    // Those as well that found no place among the thirty-two that one person may have at once.
    let runs: HashSet<_> = sent.into_iter().map(|opened| opened.unwrap().run.run).collect();
    assert_eq!(runs.len(), 1);
    assert_eq!(house.studio.conversations(&ana, None).await.unwrap().conversations.len(), 1);
    house.work().await;
    assert_eq!(house.model.asked().len(), 1);
}

#[tokio::test]
async fn of_twenty_at_once_into_one_chat_one_opens_a_run_and_the_others_are_answered_with_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (chat, _) = house.chat(&ana, None, "First?").await;
    let send = || async {
        let once = Once::new("k", "message/send", &"Then?").unwrap();
        let message =
            SendMessage { conversation: Some(chat.conversation), text: "Then?".to_owned(), settings: None };
        house.studio.send_message(&ana, message, Some(once)).await
    };
    let sent = join_all((0..20).map(|_| send())).await;
    let runs: HashSet<_> = sent.into_iter().map(|opened| opened.unwrap().run.run).collect();
    assert_eq!(runs.len(), 1);
    house.work().await;
    let turns = house.studio.conversation(&ana, chat.conversation, None).await.unwrap().turns;
    assert_eq!(turns.len(), 4, "two questions and two answers");
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_a_wrong_one_is_refused() {
    let house = House::new().await;
    let ana = house.owner().await;
    let first = house.send_once(&ana, "k", "Well?").await.unwrap();
    house.work().await;
    assert_eq!(house.studio.purge_requests().await.unwrap(), 0);
    house.clock.pass(REQUEST_KEPT + Duration::from_secs(1));
    assert_eq!(house.studio.purge_requests().await.unwrap(), 1);
    assert_ne!(house.send_once(&ana, "k", "Well?").await.unwrap().run.run, first.run.run);
    let long = "k".repeat(129);
    for wrong in ["", " ", "\"\"", "two words", "é", &long] {
        assert_eq!(field_of(&Once::new(wrong, "x", &()).unwrap_err()), "Idempotency-Key", "{wrong}");
    }
}

#[tokio::test]
async fn what_is_asked_anew_answered_again_or_continued_twice_is_done_once() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (conversation, answer) = house.stopped_after(&ana, "Once upon").await;
    let (studio, question) = (&house.studio, answer.parent.unwrap());
    let once = |operation: &str| Some(Once::new("k", operation, &conversation).unwrap().of_form());
    let go_on =
        async || studio.continue_message(&ana, conversation, answer.id, once("continue")).await.unwrap();
    let again =
        async || studio.regenerate_message(&ana, conversation, answer.id, once("again")).await.unwrap();
    let anew = async || {
        let text = "Other?".to_owned();
        studio.edit_message(&ana, conversation, question, text, once("anew")).await.unwrap()
    };
    let (first, under_way) = (go_on().await, go_on().await);
    house.work().await;
    assert_eq!((under_way.run, go_on().await.run.run), (first.run.clone(), first.run.run));
    assert_eq!(first.answer.id, answer.id);

    let first = again().await;
    house.work().await;
    let second = again().await;
    assert_eq!((second.run.run, second.answer.id), (first.run.run, first.answer.id));
    assert!(second.question.is_none());

    let first = anew().await;
    house.work().await;
    let second = anew().await;
    assert_eq!((second.run.run, second.question), (first.run.run, first.question));
    assert_eq!(house.model.asked().len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_fifty_at_once_in_a_chat_that_is_there_all_are_answered_like_the_one_that_was_faster() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, turn) = house.chat(&ana, None, "Something").await;
    let (conversation, answer) = (opened.conversation, turn.message.id);
    for is_sent in [true, false] {
        let mut tasks = JoinSet::new();
        for _ in 0..50 {
            let (studio, ana) = (house.studio.clone(), ana.clone());
            let once = Some(Once::new("k", "x", &is_sent).unwrap().of_form());
            let text = "Then?".to_owned();
            let message = SendMessage { conversation: Some(conversation), text, settings: None };
            tasks.spawn(async move {
                match is_sent {
                    true => studio.send_message(&ana, message, once).await,
                    false => studio.regenerate_message(&ana, conversation, answer, once).await,
                }
            });
        }
        let opened = tasks.join_all().await;
        let runs: HashSet<_> = opened.into_iter().map(|opened| opened.unwrap().run.run).collect();
        assert_eq!((runs.len(), house.studio.live.active()), (1, 1), "{is_sent}");
        house.work().await;
    }
    assert_eq!(house.model.asked().len(), 3);
}

#[tokio::test]
async fn what_was_refused_may_be_sent_again_with_its_key() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.has_none();
    assert_eq!(field_of(&house.send_once(&ana, "k", "Well?").await.unwrap_err()), "model");
    house.model.has("fake", api_types::ModelKind::Mock, None);
    house.send_once(&ana, "k", "Well?").await.unwrap();
    house.work().await;
    assert_eq!(house.model.asked().len(), 1);
}

#[tokio::test]
async fn a_key_goes_with_the_chat_that_was_opened_for_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let first = house.send_once(&ana, "k", "Well?").await.unwrap();
    house.work().await;
    house.studio.delete_conversation(&ana, first.conversation).await.unwrap();
    let binned = house.send_once(&ana, "k", "Well?").await.map(drop);
    assert!(matches!(binned, Err(Problem::Changed { .. })), "what it opened is in the bin: {binned:?}");
    house.clock.pass(BIN_LIFE + Duration::from_secs(1));
    assert_eq!(house.studio.empty_bin().await, Ok(1));
    assert_ne!(house.send_once(&ana, "k", "Well?").await.unwrap().run.run, first.run.run);
}

#[tokio::test]
async fn of_ten_at_once_that_try_a_failed_run_again_with_one_key_one_asks_the_model() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.model.answers(vec![Err(ModelError::BrokeOff { source_name: "It".to_owned() })]);
    let (opened, _) = house.chat(&ana, None, "Go on").await;
    let run = opened.run.run;
    let asked = house.model.asked().len();
    let once = || Once::new("again", "run/retry", &run).unwrap();
    let tried = join_all((0..10).map(|_| house.studio.retry_answer(&ana, run, Some(once())))).await;
    assert!(tried.iter().all(Result::is_ok), "{tried:?}");
    house.work().await;
    // Later as well, when there would be nothing to try again.
    house.studio.retry_answer(&ana, run, Some(once())).await.unwrap();
    house.work().await;
    assert_eq!(house.model.asked().len(), asked + 1);
    let other = Once::new("again", "run/retry", &house.new_id()).unwrap();
    let reused = house.studio.retry_answer(&ana, run, Some(other)).await;
    assert_eq!(reused, Err(Problem::IdempotencyKeyReused));
    // A request that was refused uses up no key.
    let early = Once::new("early", "run/retry", &run).unwrap();
    let refused = house.studio.retry_answer(&ana, run, Some(early.clone())).await;
    assert!(matches!(refused, Err(Problem::Changed { .. })), "{refused:?}");
    let ben = house.somebody().await;
    assert_eq!(house.studio.retry_answer(&ben, run, Some(early)).await, Err(Problem::NotFound));
}
