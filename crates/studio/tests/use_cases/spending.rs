//! Budgets: what is held before it is spent, and what becomes of it.

use crate::house::House;
use api_types::{EntryKind, Micros, Problem, Role};
use futures::future::join_all;
use std::time::Duration;
use studio::{SignedIn, ports::store::EntryRow, turn_bytes};

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
    assert!(
        resets_at.ends_with(":00:00Z") && (1..=3_601).contains(&retry_after_s),
        "{resets_at} {retry_after_s}"
    );
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
    assert!(matches!(house.send(&ana, None, "Two").await, Err(Problem::OverBudget { .. })));
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
