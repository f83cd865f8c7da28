//! Budgets: what is held before it is spent, and what becomes of it.

use crate::{fakes::usage, house::House};
use api_types::{EntryKind, Micros, Price, Problem, Role};
use futures::future::join_all;
use std::time::Duration;
use studio::{
    SignedIn,
    ports::{ChatEvent, ModelError, store::EntryRow},
    turn_bytes,
};

/// Lets an owner spend so much within an hour, and ten times as much in a day.
async fn limited(house: &House, by: &SignedIn, hour: i64) {
    let admin = by.touched_admin(house.studio.now()).unwrap();
    let set = house.studio.set_limits(&admin, by.person(), Some(Micros(hour)), Some(Micros(10 * hour)));
    set.await.unwrap();
}

async fn rest(house: &House) {
    while house.is_writing() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn booked(house: &House, by: &SignedIn) -> Vec<EntryRow> {
    let mut entries = house.studio.ledger(by, None).await.unwrap().entries;
    entries.reverse();
    entries
}

async fn adds_up(house: &House) {
    assert_eq!(house.studio.store.ledger_differences(100).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_chat_may_cost_is_held_and_what_it_cost_is_booked() {
    let house = House::new().await;
    let ana = house.owner().await;
    let chat = async {
        house.send(&ana, None, "What does it cost?").await.unwrap();
        rest(&house).await;
        let rows = booked(&house, &ana).await;
        let of = |kind| rows.iter().find(|row| row.kind == kind).map(|row| row.amount);
        let (held, settled, released) =
            (of(EntryKind::Hold).unwrap(), of(EntryKind::Settle).unwrap(), of(EntryKind::Release).unwrap());
        assert_eq!(held, settled + released);
        let usage = house.studio.usage(&ana).await.unwrap();
        assert_eq!(
            (usage.hour.spent, usage.hour.held, usage.day.spent, usage.total_spent),
            (settled, 0, settled, settled)
        );
        adds_up(&house).await;
    };
    tokio::select! {
        () = house.studio.drive() => {}
        () = chat => {}
    }
}

#[tokio::test]
async fn who_has_no_budget_left_is_told_how_much_is_missing_and_until_when() {
    let house = House::new().await;
    let ana = house.owner().await;
    limited(&house, &ana, 100).await;
    let Problem::OverBudget { detail, resets_at, retry_after_s, .. } =
        house.send(&ana, None, "Hello").await.unwrap_err()
    else {
        panic!("not for its budget");
    };
    assert!(detail.contains("more than your whole limit of $0.0001"), "{detail}");
    assert_eq!(retry_after_s, None, "it will not fit in the next hour either");
    assert!(resets_at.ends_with(":00:00Z"), "{resets_at}");
    assert!(
        house.studio.conversations(&ana, None).await.unwrap().conversations.is_empty(),
        "nothing was begun"
    );
    assert_eq!(booked(&house, &ana).await, []);
}

#[tokio::test]
async fn an_hour_later_there_is_room_again() {
    let house = House::new().await;
    let ana = house.owner().await;
    limited(&house, &ana, 6_000).await;
    // Nobody drives it: its hold stays.
    house.send(&ana, None, "One").await.unwrap();
    let refused = house.send(&ana, None, "Two").await.unwrap_err();
    assert!(matches!(refused, Problem::OverBudget { .. }), "{refused:?}");
    assert!(refused.retry_after_s().is_some_and(|seconds| (1..=3_601).contains(&seconds)), "{refused:?}");
    house.clock.pass(Duration::from_secs(3_600));
    house.send(&ana, None, "Three").await.unwrap();
    adds_up(&house).await;
}

#[tokio::test]
async fn of_many_at_once_only_as_many_begin_as_fit() {
    let house = House::new().await;
    let ana = house.owner().await;
    let one = {
        let room = house.studio.usage(&ana).await.unwrap().hour.held;
        house.send(&ana, None, "How much is it?").await.unwrap();
        house.studio.usage(&ana).await.unwrap().hour.held - room
    };
    limited(&house, &ana, one * 9).await;
    let sent = join_all((0..25).map(|_| house.send(&ana, None, "How much is it?"))).await;
    assert_eq!(sent.iter().filter(|sent| sent.is_ok()).count(), 8, "beside the first");
    for refused in sent.into_iter().filter_map(Result::err) {
        assert!(matches!(refused, Problem::OverBudget { .. }), "{refused:?}");
    }
    assert_eq!(house.studio.usage(&ana).await.unwrap().hour.remaining(), 0);
    adds_up(&house).await;
}

#[tokio::test]
async fn limits_are_set_by_who_may_for_whom_and_both_or_none() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (ben, cem) =
        (house.joins(&ana, "Ben", Role::Admin).await, house.joins(&ana, "Cem", Role::Member).await);
    let now = house.studio.now();
    let set = async |by: &SignedIn, of: &SignedIn, hour: Option<i64>, day: Option<i64>| {
        let admin = by.touched_admin(now).unwrap();
        house.studio.set_limits(&admin, of.person(), hour.map(Micros), day.map(Micros)).await
    };
    set(&ben, &cem, Some(5), Some(7)).await.unwrap();
    let usage = house.studio.usage(&cem).await.unwrap();
    assert_eq!((usage.hour.limit, usage.day.limit, usage.has_own_limits), (5, 7, true));
    assert_eq!(set(&ben, &ben, Some(5), Some(7)).await, Err(Problem::NotPermitted), "not one's own");
    assert_eq!(set(&ben, &ana, None, None).await, Err(Problem::NotPermitted), "nor those of somebody above");
    for (hour, day) in [(Some(5), None), (None, Some(5)), (Some(-1), Some(5)), (Some(5), Some(i64::MAX))] {
        assert!(matches!(set(&ana, &cem, hour, day).await, Err(Problem::Invalid { .. })), "{hour:?} {day:?}");
    }
    set(&ana, &cem, None, None).await.unwrap();
    assert!(!house.studio.usage(&cem).await.unwrap().has_own_limits);
}

#[tokio::test]
async fn what_is_said_to_be_held_before_sending_is_what_is_held() {
    let house = House::new().await;
    let ana = house.owner().await;
    let mut conversation = None;
    for text in ["What does it cost?", "And the rest of it, in more words?"] {
        let open = match conversation {
            Some(id) => Some(house.studio.conversation(&ana, id, None).await.unwrap()),
            None => None,
        };
        let settings = match &open {
            Some(open) => open.conversation.settings.clone(),
            None => house.studio.default_settings(&ana).await.unwrap().unwrap(),
        };
        let quote = house.studio.quote(&ana, &settings, open.as_ref()).await.unwrap().unwrap();
        let turns = open.as_ref().map_or(&[][..], |open| &open.turns);
        let shown: u64 = turns.iter().map(|turn| turn_bytes(turn.message.body.len())).sum();
        let bytes = quote.bytes + shown + text.len() as u64;
        let said = quote.price.cost(bytes, u64::from(quote.max_tokens)).unwrap();
        let (opened, _) = house.chat(&ana, conversation, text).await;
        conversation = Some(opened.conversation);
        let holds = booked(&house, &ana).await;
        let held = holds.iter().rfind(|row| row.kind == EntryKind::Hold && row.run == opened.run.run);
        assert_eq!(held.unwrap().amount, said);
    }
}

#[tokio::test]
async fn who_stops_an_answer_is_told_what_is_given_back_and_the_hour_shows_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (conversation, _) = house.stopped_after(&ana, "Half").await;
    let turn = house.last_turn(&ana, conversation).await;
    let rows = booked(&house, &ana).await;
    let released = rows.iter().find(|row| row.kind == EntryKind::Release).unwrap();
    assert_eq!(turn.given_back, Some(released.amount));
    let (hour, usage) =
        (house.studio.this_hour(&ana).await.unwrap(), house.studio.usage(&ana).await.unwrap());
    assert_eq!(hour, Some(usage.hour));
    assert!(usage.hour.spent > 0 && usage.hour.held == 0);
    limited(&house, &ana, 5_000_000).await;
    assert_eq!(house.studio.this_hour(&ana).await.unwrap().unwrap().limit, 5_000_000);
}

#[tokio::test]
async fn what_comes_after_the_last_count_of_a_stopped_or_broken_answer_is_booked_as_an_estimate() {
    let house = House::new().await;
    let ana = house.owner().await;
    let early = || ChatEvent::Used(usage(10, 1));
    let words = || ChatEvent::Delta("word ".repeat(120));
    let settled = async |run| {
        let rows = booked(&house, &ana).await;
        let of_run = rows.into_iter().find(|row| row.run == run && row.kind == EntryKind::Settle).unwrap();
        (of_run.amount, of_run.is_estimate)
    };
    // 10 tokens read and 1 written were counted, and then 600 bytes came: 200 tokens at most; 5 micro-dollars each.
    let begins = vec![early(), words()];
    house.model.begins_with(begins);
    let opened = house.send(&ana, None, "Go on").await.unwrap();
    let live = house.live(&ana, &opened);
    let stop = async {
        while live.view(0).text.is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        house.studio.stop_run(&ana, opened.run.run).await.unwrap();
    };
    tokio::join!(house.work(), stop);
    assert_eq!(settled(opened.run.run).await, ((10 + 1 + 200) * 5, true));
    let turn = house.last_turn(&ana, opened.conversation).await;
    assert_eq!(turn.run.unwrap().cost_micros, None, "nobody said what it cost");

    let broke = ModelError::BrokeOff { source_name: "It".to_owned() };
    house.model.answers(vec![Ok(early()), Ok(words()), Err(broke)]);
    let (opened, _) = house.chat(&ana, None, "Again").await;
    assert_eq!(settled(opened.run.run).await, ((10 + 1 + 200) * 5, true));
    // What was counted last is what it cost, whoever complains after.
    let no = ModelError::Refused { source_name: "It".to_owned(), detail: "No.".to_owned() };
    house.model.answers(vec![Ok(words()), Ok(ChatEvent::Used(usage(10, 300))), Err(no)]);
    let (opened, _) = house.chat(&ana, None, "And again").await;
    assert_eq!(settled(opened.run.run).await, (310 * 5, false));
}

#[tokio::test]
async fn a_run_is_not_tried_again_at_a_price_that_was_lower() {
    let house = House::new().await;
    let ana = house.owner().await;
    let no = || ModelError::Refused { source_name: "It".to_owned(), detail: "No.".to_owned() };
    house.model.answers(vec![Err(no())]);
    let (opened, _) = house.chat(&ana, None, "First").await;
    let set = async |micros| {
        let admin = ana.touched_admin(house.studio.now()).unwrap();
        let price = Price { prompt_micros_per_million: micros, completion_micros_per_million: micros };
        house.studio.set_price(&admin, "fake/fake".parse().unwrap(), price, None).await.unwrap();
    };
    set(6_000_000).await;
    let refused = house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap_err();
    let row = house.studio.refusal(&ana, refused.refusal().unwrap().0).await.unwrap().row;
    assert_eq!(row.rule, "price.risen");
    set(4_000_000).await;
    house.studio.retry_answer(&ana, opened.run.run, None).await.unwrap();
}
