//! Refusals: each is recorded and explained to who was refused and to their administrators, and nothing of their text is kept.

use crate::house::House;
use api_types::{
    AuditAction, Check, ConversationSettings, Micros, ModelKind, Price, Problem, RefusalId, Role,
};
use futures::future::join_all;
use std::time::Duration;
use studio::{
    AuditFilter, REFUSAL_KEPT, REFUSALS_SHOWN, SendMessage, SignedIn, TRACE,
    ports::{Timestamp, store::RefusalRow},
};

/// Of the form of an access key, and nobody's.
fn with_a_key(words: &str) -> String {
    format!("{words} AKIA{}", "Q7RZT3LW2XK6VBNM")
}

async fn refused(house: &House, by: &SignedIn, text: &str) -> Problem {
    house.send(by, None, text).await.unwrap_err()
}

/// Where a problem says that it is explained.
fn explained(problem: &Problem) -> RefusalId {
    problem.refusal().unwrap_or_else(|| panic!("explained nowhere: {problem:?}")).0
}

async fn row(house: &House, by: &SignedIn, problem: &Problem) -> RefusalRow {
    house.studio.refusal(by, explained(problem)).await.unwrap().row
}

async fn limited(house: &House, by: &SignedIn, most: i64) {
    let admin = by.touched_admin(house.studio.now()).unwrap();
    house.studio.set_limits(&admin, by.person(), Some(Micros(most)), Some(Micros(most))).await.unwrap();
}

/// How many rows of the audit log say that something was refused.
async fn audited(house: &House, by: &SignedIn) -> usize {
    let words = AuditAction::Refused.as_str().to_owned();
    let filter = AuditFilter { words, ..AuditFilter::default() };
    house.studio.audit_log(&by.admin().unwrap(), &filter, None).await.unwrap().rows.len()
}

#[tokio::test]
async fn every_check_says_what_it_was_when_there_is_room_and_whom_it_would_have_asked() {
    let house = House::new().await.set(|settings| settings.calls_per_minute = 1).await;
    let ana = house.owner().await;
    let now = house.studio.now();
    let budget = async {
        limited(&house, &ana, 1).await;
        refused(&house, &ana, "Too dear").await
    };
    let budget = row(&house, &ana, &budget.await).await;
    assert_eq!((budget.check, budget.rule.as_str(), budget.times), (Check::Budget, "budget.hour", 1));
    assert_eq!(budget.resets_at, None, "it will never fit");
    assert!(budget.sentence.contains("more than your whole limit of $0.000001"), "{}", budget.sentence);
    assert_eq!(budget.model, Some("fake/fake".parse().unwrap()));
    assert_eq!((budget.operation.as_str(), budget.at, budget.last_at), ("chat", now, now));

    limited(&house, &ana, 1_000_000).await;
    let traced = TRACE.scope("the-request".to_owned(), refused(&house, &ana, &with_a_key("Here:"))).await;
    let screen = row(&house, &ana, &traced).await;
    assert_eq!((screen.check, screen.rule.as_str()), (Check::Screen, "secret.cloud_key"));
    assert_eq!((screen.passage, screen.trace.as_deref()), (Some((7, 26)), Some("the-request")));
    assert_eq!(screen.resets_at, None);

    house.send(&ana, None, "One").await.unwrap();
    let rate = row(&house, &ana, &refused(&house, &ana, "Two").await).await;
    assert_eq!((rate.check, rate.rule.as_str()), (Check::Rate, "rate.calls_per_minute"));
    assert_eq!(rate.resets_at, Some(now + Duration::from_secs(60)));
    house.clock.pass(Duration::from_secs(60));
    let price = house.model.has("dear", ModelKind::Remote, None);
    let settings = ConversationSettings {
        model: price,
        temperature: None,
        max_tokens: None,
        system_prompt: String::new(),
    };
    let message = SendMessage { conversation: None, text: "How much?".to_owned(), settings: Some(settings) };
    let problem = house.studio.send_message(&ana, message, None).await.unwrap_err();
    assert!(matches!(problem, Problem::Invalid { .. }), "{problem:?}");
    let price = row(&house, &ana, &problem).await;
    assert_eq!((price.check, price.rule.as_str()), (Check::Price, "price.unknown"));

    assert_eq!(audited(&house, &ana).await, 4);
    let listed = house.studio.refusals(&ana).await.unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.contains(&rate) && listed.contains(&screen));
}

#[tokio::test]
async fn nothing_of_what_was_written_is_kept() {
    let house = House::new().await;
    let ana = house.owner().await;
    let hidden: String = "look".chars().map(|c| char::from_u32(0xe0000 + c as u32).unwrap()).collect();
    for text in [with_a_key("Zanzibar"), format!("Zanzibar {hidden} Zanzibar")] {
        let problem = refused(&house, &ana, &text).await;
        let kept = format!("{:?}", row(&house, &ana, &problem).await);
        assert!(!kept.contains("Zanzibar") && !kept.contains("AKIA"), "{kept}");
    }
}

#[tokio::test]
async fn who_hammers_makes_one_record_a_minute_that_counts() {
    let house = House::new().await;
    let ana = house.owner().await;
    limited(&house, &ana, 1).await;
    let all = join_all((0..30).map(|_| refused(&house, &ana, "Let me in"))).await;
    let first = explained(&all[0]);
    assert!(all.iter().all(|problem| explained(problem) == first));
    assert_eq!(row(&house, &ana, &all[0]).await.times, 30);
    assert_eq!(audited(&house, &ana).await, 1);
    house.clock.pass(Duration::from_secs(60));
    let later = refused(&house, &ana, "Let me in").await;
    assert_ne!(explained(&later), first);
    assert_eq!(audited(&house, &ana).await, 2);
}

#[tokio::test]
async fn it_is_explained_to_who_was_refused_and_to_administrators_and_for_others_it_is_not_there() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (ben, cem) =
        (house.joins(&ana, "Ben", Role::Member).await, house.joins(&ana, "Cem", Role::Member).await);
    let id = explained(&refused(&house, &ben, &with_a_key("")).await);
    let own = house.studio.refusal(&ben, id).await.unwrap();
    assert!(own.is_own);
    let seen = house.studio.refusal(&ana, id).await.unwrap();
    assert_eq!((seen.is_own, seen.owner_name.as_str(), &seen.row), (false, "Ben", &own.row));
    let stranger = house.seed(|person| person.role = Role::Owner).await;
    let stranger = house.studio.signed_in(stranger).await.unwrap();
    for other in [&cem, &stranger] {
        assert_eq!(house.studio.refusal(other, id).await, Err(Problem::NotFound));
        assert_eq!(house.studio.refusals(other).await.unwrap(), []);
    }
    let nobodys = RefusalId(house.new_id());
    assert_eq!(house.studio.refusal(&ana, nobodys).await, Err(Problem::NotFound));
    assert_eq!(house.studio.refusals(&ana).await.unwrap(), [], "those of others are not one's own");
}

#[tokio::test]
async fn settings_that_are_not_let_through_are_a_refusal_too() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (opened, _) = house.chat(&ana, None, "Hello").await;
    let before =
        house.studio.conversation(&ana, opened.conversation, None).await.unwrap().conversation.settings;
    let settings = ConversationSettings { system_prompt: with_a_key("Use"), ..before.clone() };
    let configured = house.studio.configure_conversation(&ana, opened.conversation, settings, None).await;
    let kept = row(&house, &ana, &configured.unwrap_err()).await;
    assert_eq!((kept.check, kept.operation.as_str()), (Check::Screen, "configure"));
    let after = house.studio.conversation(&ana, opened.conversation, None).await.unwrap();
    assert_eq!(after.conversation.settings, before);
}

#[tokio::test]
async fn a_record_that_cannot_be_written_lets_nobody_through() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.outside("DROP TABLE refusals").await;
    let problem = refused(&house, &ana, &with_a_key("")).await;
    assert!(matches!(problem, Problem::Unsafe { refusal: None, .. }), "{problem:?}");
    assert!(house.studio.conversations(&ana, None).await.unwrap().conversations.is_empty());
    assert_eq!(audited(&house, &ana).await, 0, "nor is it in the audit log alone");
}

#[tokio::test]
async fn the_list_is_short_and_what_is_old_goes_as_what_is_of_the_deleted() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    for _ in 0..=REFUSALS_SHOWN {
        refused(&house, &ana, &with_a_key("")).await;
        house.clock.pass(Duration::from_secs(60));
    }
    let listed = house.studio.refusals(&ana).await.unwrap();
    assert_eq!(listed.len(), REFUSALS_SHOWN as usize);
    assert!(listed.is_sorted_by_key(|row| std::cmp::Reverse(row.last_at)));
    assert_eq!(house.studio.purge_refusals().await, Ok(0));
    let his = explained(&refused(&house, &ben, &with_a_key("")).await);
    house.studio.refusal(&ana, his).await.unwrap();
    let boss = ana.touched_admin(Timestamp(0)).unwrap();
    house.studio.delete_person(&boss, ben.person(), "Ben").await.unwrap();
    assert_eq!(house.studio.refusal(&ana, his).await, Err(Problem::NotFound));
    house.clock.pass(REFUSAL_KEPT);
    assert_eq!(house.studio.purge_refusals().await, Ok(u64::from(REFUSALS_SHOWN) + 1));
    assert_eq!(house.studio.refusals(&ana).await.unwrap(), []);
}

#[tokio::test]
async fn a_price_that_is_known_by_now_is_no_refusal_any_more() {
    let house = House::new().await;
    let ana = house.owner().await;
    let price = Price { prompt_micros_per_million: 0, completion_micros_per_million: 0 };
    let model = house.model.has("free", ModelKind::Remote, Some(price));
    let settings =
        ConversationSettings { model, temperature: None, max_tokens: None, system_prompt: String::new() };
    let message = SendMessage { conversation: None, text: "Free?".to_owned(), settings: Some(settings) };
    house.studio.send_message(&ana, message, None).await.unwrap();
    assert_eq!(house.studio.refusals(&ana).await.unwrap(), []);
}
