//! How many answers at once.

use crate::house::House;
use api_types::Problem;
use futures::future::join_all;
use std::time::Duration;
use studio::ports::ChatEvent;
use studio::{RUNS_AT_ONCE_MAX, RUNS_OF_ONE_PERSON_MAX};

#[tokio::test]
async fn a_person_has_thirty_two_answers_at_once_and_others_are_not_held_up() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    let sent = join_all((0..RUNS_OF_ONE_PERSON_MAX).map(|n| {
        let text = format!("Question {n}");
        let (house, ana) = (&house, &ana);
        async move { house.send(ana, None, &text).await }
    }));
    assert!(sent.await.iter().all(Result::is_ok));
    let over = house.send(&ana, None, "One more").await.unwrap_err();
    assert!(
        matches!(&over, Problem::RateLimited { detail, .. } if detail.starts_with("32 of your answers")),
        "{over:?}"
    );
    assert!(house.send(&ben, None, "My first").await.is_ok());
    // One ends, and there is room for one.
    for _ in 1..=RUNS_OF_ONE_PERSON_MAX {
        house.model.begins(ChatEvent::Delta("Well".to_owned()));
    }
    let one_more = async {
        while house.studio.live.active() > RUNS_OF_ONE_PERSON_MAX {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        while house.send(&ana, None, "One more").await.is_err() {
            // It was Ben's that ended.
            house.studio.stop_run(&ana, house.studio.live.of(ana.person())[0].run).await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(house.send(&ana, None, "And another").await.is_err());
    };
    tokio::select! {
        () = house.work() => panic!("their models have not said all"),
        () = one_more => {}
    }
}

#[tokio::test]
async fn a_process_writes_five_hundred_and_twelve_answers_at_once() {
    let house = House::new().await;
    for _ in 0..RUNS_AT_ONCE_MAX / RUNS_OF_ONE_PERSON_MAX {
        let somebody = house.somebody().await;
        let sent = join_all((0..RUNS_OF_ONE_PERSON_MAX).map(|_| house.send(&somebody, None, "Well?")));
        assert!(sent.await.iter().all(Result::is_ok));
    }
    let late = house.somebody().await;
    let over = house.send(&late, None, "Me too").await.unwrap_err();
    assert!(matches!(over, Problem::TryLater { .. }), "{over:?}");
    assert!(house.studio.conversations(&late, None).await.unwrap().conversations.is_empty());
    house.work().await;
    assert!(house.send(&late, None, "Me too").await.is_ok());
}
