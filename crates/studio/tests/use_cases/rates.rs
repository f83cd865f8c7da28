//! Rates: how many operations a person begins in a minute, and how many requests come from an address.

use crate::{house::House, two_processes::on_postgres_set};
use api_types::{Flag, FlagMode, Micros, Problem, Scopes};
use futures::future::join_all;
use std::{net::IpAddr, time::Duration};
use studio::{MakeToken, SignedIn, Studio, StudioSettings, ports::ModelError};

fn ten(settings: &mut StudioSettings) {
    settings.calls_per_minute = 10;
}

/// How long somebody is told to wait.
fn told(problem: &Problem) -> u32 {
    match problem {
        Problem::RateLimited { detail, retry_after_s, refusal: Some(_) } => {
            assert!(detail.contains("within 60 seconds") && detail.contains("Try again in"), "{detail}");
            *retry_after_s
        }
        other => panic!("not for the rate: {other:?}"),
    }
}

/// Nobody drives it: what was begun stays begun.
async fn sends(house: &House, by: &SignedIn, text: &str) -> Result<(), Problem> {
    house.send(by, None, text).await.map(drop)
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_there_is_room_again_and_then_there_is() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 2).await;
    let ana = house.owner().await;
    sends(&house, &ana, "One").await.unwrap();
    house.clock.pass(Duration::from_secs(20));
    sends(&house, &ana, "Two").await.unwrap();
    house.clock.pass(Duration::from_secs(1));
    assert_eq!(told(&sends(&house, &ana, "Three").await.unwrap_err()), 39);
    assert_eq!(house.studio.conversations(&ana, None).await.unwrap().conversations.len(), 2);
    house.clock.pass(Duration::from_secs(39));
    sends(&house, &ana, "Three").await.unwrap();
    assert_eq!(told(&sends(&house, &ana, "Four").await.unwrap_err()), 20, "until the second is a minute old");
    let ben = house.somebody().await;
    sends(&house, &ben, "Mine").await.unwrap();
}

#[tokio::test]
async fn of_two_hundred_at_once_ten_are_begun() {
    let house = House::new().await.set(ten).await;
    let ana = house.owner().await;
    let sent = join_all((0..200).map(|_| sends(&house, &ana, "Now"))).await;
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 10);
    assert!(
        sent.iter()
            .filter_map(|sent| sent.as_ref().err())
            .all(|no| matches!(no, Problem::RateLimited { .. }))
    );
}

#[tokio::test]
async fn of_two_hundred_at_once_in_two_processes_ten_are_begun() {
    on_postgres_set(ten, async |house, elsewhere| {
        let ana = house.owner().await;
        let send = async |n: usize| {
            let text = format!("Question {n}");
            let message = studio::SendMessage { conversation: None, text, settings: None };
            let studio: &Studio = if n.is_multiple_of(2) { &house.studio } else { elsewhere };
            studio.send_message(&ana, message, None).await
        };
        let sent = join_all((0..200).map(send)).await;
        assert_eq!(
            sent.iter().filter(|sent| sent.is_ok()).count(),
            10,
            "{:?}",
            sent.iter().find(|s| s.is_err())
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_session_a_token_and_another_name_are_the_same_person() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    let touch = ana.touched(house.studio.now()).unwrap();
    let wanted = MakeToken { name: "Job".to_owned(), scopes: Scopes::parse("run").unwrap(), days: 3 };
    let (token, _) = house.studio.make_token(&touch, wanted).await.unwrap();
    sends(&house, &ana, "One").await.unwrap();
    house.studio.rename_account(&ana.in_session().unwrap(), "Anna").await.unwrap();
    let elsewhere = house.somebody_at(&ana).await;
    let program = house.studio.enter_token(&token).await.unwrap();
    for same in [&ana, &elsewhere, &program] {
        told(&sends(&house, same, "Two").await.unwrap_err());
    }
}

#[tokio::test]
async fn everything_that_asks_a_model_is_counted_and_what_asks_none_is_not() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 4).await;
    let ana = house.owner().await;
    let (opened, turn) = house.chat(&ana, None, "One").await;
    let (chat, answer, question) =
        (opened.conversation, turn.message.id, opened.question.as_ref().unwrap().id);
    let again = house.studio.regenerate_message(&ana, chat, answer, None).await.unwrap();
    house.work().await;
    house.studio.edit_message(&ana, chat, question, "Another".to_owned(), None).await.unwrap();
    house.work().await;
    house.studio.fork_run(&ana, again.run.run, 1, None).await.unwrap();
    house.work().await;
    let studio = &house.studio;
    told(&studio.regenerate_message(&ana, chat, answer, None).await.unwrap_err());
    told(&studio.edit_message(&ana, chat, question, "More".to_owned(), None).await.unwrap_err());
    told(&studio.fork_run(&ana, again.run.run, 1, None).await.unwrap_err());
    studio.rename_conversation(&ana, chat, "Still mine").await.unwrap();
    studio.select_message(&ana, chat, answer).await.unwrap();
}

#[tokio::test]
async fn a_run_that_is_tried_again_is_counted() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    house.model.answers(vec![Err(ModelError::BrokeOff { source_name: "It".to_owned() })]);
    let (opened, _) = house.chat(&ana, None, "One").await;
    told(&house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap_err());
    house.clock.pass(Duration::from_secs(60));
    house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap();
    house.work().await;
    told(&sends(&house, &ana, "Two").await.unwrap_err());
}

#[tokio::test]
async fn what_costs_nothing_is_counted_too() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.set_flag(&admin, Flag::CostTracking, Some(FlagMode::Off)).await.unwrap();
    house.model.answers(vec![Err(ModelError::BrokeOff { source_name: "It".to_owned() })]);
    let (opened, _) = house.chat(&ana, None, "One").await;
    told(&sends(&house, &ana, "Two").await.unwrap_err());
    told(&house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap_err());
}

#[tokio::test]
async fn what_was_not_opened_is_not_counted() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    let set = async |hour: Option<i64>| {
        let set = house.studio.set_limits(&admin, ana.person(), hour.map(Micros), hour.map(Micros));
        set.await.unwrap();
    };
    set(Some(1)).await;
    assert!(matches!(sends(&house, &ana, "Too much").await, Err(Problem::OverBudget { .. })));
    set(None).await;
    assert!(matches!(sends(&house, &ana, &key()).await, Err(Problem::Unsafe { .. })));
    assert!(matches!(sends(&house, &ana, " ").await, Err(Problem::Invalid { .. })));
    sends(&house, &ana, "One").await.unwrap();
}

/// Of the form of an access key, and nobody's.
fn key() -> String {
    format!("My key is AKIA{}", "Q7RZT3LW2XK6VBNM")
}

#[tokio::test]
async fn who_is_refused_for_several_reasons_is_told_the_first() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.set_limits(&admin, ana.person(), Some(Micros(6_000)), Some(Micros(6_000))).await.unwrap();
    sends(&house, &ana, "One").await.unwrap();
    told(&sends(&house, &ana, &key()).await.unwrap_err());
    house.clock.pass(Duration::from_secs(60));
    let budget = sends(&house, &ana, &key()).await.unwrap_err();
    assert!(matches!(budget, Problem::OverBudget { .. }), "before the screen: {budget:?}");
    house.studio.set_limits(&admin, ana.person(), None, None).await.unwrap();
    let screen = sends(&house, &ana, &key()).await.unwrap_err();
    assert!(matches!(screen, Problem::Unsafe { .. }), "{screen:?}");
}

fn six_hundred(settings: &mut StudioSettings) {
    settings.requests_per_minute = 600;
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[tokio::test]
async fn one_process_lets_so_many_requests_of_an_address_through_and_more_little_by_little() {
    let house = House::new().await.set(six_hundred).await;
    let before = house.studio.store.statements();
    for _ in 0..600 {
        house.studio.take_request(address("192.0.2.1")).await.unwrap();
    }
    assert_eq!(house.studio.take_request(address("192.0.2.1")).await, Err(Duration::from_millis(100)));
    house.studio.take_request(address("192.0.2.2")).await.unwrap();
    house.clock.pass(Duration::from_secs(1));
    for _ in 0..10 {
        house.studio.take_request(address("192.0.2.1")).await.unwrap();
    }
    house.studio.take_request(address("192.0.2.1")).await.unwrap_err();
    assert_eq!(house.studio.store.statements(), before, "all of it in memory");
}

#[tokio::test]
async fn two_processes_let_through_together_what_one_would() {
    on_postgres_set(six_hundred, async |house, elsewhere| {
        let studios: [&Studio; 2] = [&house.studio, elsewhere];
        let before = house.studio.store.statements();
        for _ in 0..30 {
            house.studio.take_request(address("192.0.2.9")).await.unwrap();
        }
        assert_eq!(house.studio.store.statements(), before, "who asks for little costs no statement");

        let taken = join_all((0..2_000).map(|n| studios[n % 2].take_request(address("192.0.2.1")))).await;
        let through = taken.iter().filter(|taken| taken.is_ok()).count();
        // What one process has lent may not be paid yet.
        assert!((570..=630).contains(&through), "{through}");
        let waits = taken.iter().filter_map(|taken| taken.as_ref().err());
        assert!(waits.into_iter().all(|wait| *wait <= Duration::from_secs(6)));
        let statements = house.studio.store.statements() - before;
        assert!(statements < 100, "{statements} statements for a thousand requests");
        studios[1].take_request(address("192.0.2.2")).await.unwrap();
        // Refused from memory, until there is room.
        let before = studios[0].store.statements();
        for _ in 0..100 {
            studios[0].take_request(address("192.0.2.1")).await.unwrap_err();
        }
        assert_eq!(studios[0].store.statements(), before);
        house.clock.pass(Duration::from_secs(7));
        studios[0].take_request(address("192.0.2.1")).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn where_the_database_cannot_say_each_process_counts_by_itself() {
    let shared = |settings: &mut StudioSettings| {
        six_hundred(settings);
        settings.alone = false;
    };
    let house = House::new().await.set(shared).await;
    house.outside("DROP TABLE rate_addresses").await;
    let mut through = 0;
    while house.studio.take_request(address("192.0.2.1")).await.is_ok() {
        through += 1;
    }
    assert_eq!(through, 630, "what was lent, and what one process lets through");
}
