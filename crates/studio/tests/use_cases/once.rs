//! What is sent twice with one key is done once.

use crate::house::{House, field_of};
use api_types::Problem;
use futures::future::join_all;
use std::{collections::HashSet, time::Duration};
use studio::{Once, Opened, REQUEST_KEPT, SendMessage, SignedIn};

impl House {
    async fn send_once(&self, by: &SignedIn, key: &str, text: &str) -> Result<Opened, Problem> {
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
    let other = house.send_once(&ana, "k-1", "Something else?").await.unwrap_err();
    assert_eq!(field_of(&other), "Idempotency-Key");
    let bens = house.send_once(&ben, "k-1", "Well?").await.unwrap();
    assert_ne!(bens.run.run, first.run.run, "keys are a person's own");
}

#[tokio::test]
async fn of_fifty_at_once_with_one_key_one_opens_a_run() {
    let house = House::new().await;
    let ana = house.owner().await;
    let sent = join_all((0..50).map(|_| house.send_once(&ana, "k", "Well?"))).await;
    // Those beyond the thirty-two that one person may have at once are told so, or found what was faster.
    let (opened, refused): (Vec<_>, Vec<_>) = sent.into_iter().partition(Result::is_ok);
    let runs: HashSet<_> = opened.into_iter().map(|opened| opened.unwrap().run.run).collect();
    assert_eq!(runs.len(), 1);
    for refused in refused {
        assert!(matches!(refused, Err(Problem::RateLimited { .. })), "{refused:?}");
    }
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
