//! Prices that administrators set, and the model that new chats begin with.

use crate::house::{House, field_of};
use api_types::{ModelRef, Price, Problem, Role};
use std::time::Duration;
use studio::{AMOUNT_MAX, PRICES_COMING_MAX, PriceSaid, SignedIn, ports::Timestamp};

fn price(micros: i64) -> Price {
    Price { prompt_micros_per_million: micros, completion_micros_per_million: 2 * micros }
}

fn fake() -> ModelRef {
    "fake/fake".parse().unwrap()
}

async fn set(house: &House, by: &SignedIn, micros: i64, from: Option<Timestamp>) -> Result<(), Problem> {
    let admin = by.touched_admin(house.studio.now())?;
    house.studio.set_price(&admin, fake(), price(micros), from).await
}

async fn now(house: &House) -> i64 {
    house.studio.catalog.find(&fake()).await.unwrap().price.unwrap().prompt_micros_per_million
}

#[tokio::test]
async fn a_price_holds_from_now_or_from_later_on_and_after_a_start() {
    let house = House::new().await;
    let ana = house.owner().await;
    assert_eq!(now(&house).await, 5_000_000, "the sheet's");
    set(&house, &ana, 7, None).await.unwrap();
    assert_eq!(now(&house).await, 7);
    let later = house.studio.now() + Duration::from_secs(3_600);
    set(&house, &ana, 9, Some(later)).await.unwrap();
    let view = house.studio.priced_models(&ana.admin().unwrap(), "fake").await.remove(0).price;
    assert_eq!(view.now, Some((price(7), PriceSaid::OnPage)));
    assert_eq!(
        view.coming.iter().map(|line| (line.from, line.price)).collect::<Vec<_>>(),
        [(later, price(9))]
    );
    set(&house, &ana, 8, None).await.unwrap();
    assert_eq!(now(&house).await, 8);
    house.clock.pass(Duration::from_secs(3_600));
    assert_eq!(now(&house).await, 9, "without anybody's doing");
    let started = house.restarted().await;
    started.restore_sources().await.unwrap();
    let found = started.catalog.find(&fake()).await.unwrap();
    assert_eq!(found.price, Some(price(9)));
}

#[tokio::test]
async fn what_is_asked_costs_what_the_page_says() {
    let house = House::new().await;
    let ana = house.owner().await;
    set(&house, &ana, 50_000_000, None).await.unwrap();
    house.model.says("Yes.");
    let (opened, turn) = house.chat(&ana, None, "What does it cost?").await;
    assert_eq!(turn.run.unwrap().cost_micros, Some(3 * 50 + 4 * 100));
    assert_eq!(house.studio.usage(&ana).await.unwrap().hour.spent, 550);
    // A change in between is no concern of what was asked before.
    let before = house.studio.store.statements();
    house.send(&ana, Some(opened.conversation), "Again").await.unwrap();
    let sending = house.studio.store.statements() - before;
    set(&house, &ana, 60_000_000, None).await.unwrap();
    house.work().await;
    let before = house.studio.store.statements();
    house.send(&ana, Some(opened.conversation), "And again").await.unwrap();
    assert_eq!(house.studio.store.statements() - before, sending, "prices are in memory");
}

#[tokio::test]
async fn a_price_that_cannot_be_one_is_refused_by_the_name_of_its_field() {
    let house = House::new().await;
    let ana = house.owner().await;
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    let odd = |prompt, completion| Price {
        prompt_micros_per_million: prompt,
        completion_micros_per_million: completion,
    };
    for (price, field) in [
        (odd(-1, 0), "prompt"),
        (odd(0, -1), "completion"),
        (odd(AMOUNT_MAX + 1, 0), "prompt"),
        (odd(0, i64::MAX), "completion"),
        (odd(i64::MIN, 0), "prompt"),
    ] {
        let refused = house.studio.set_price(&admin, fake(), price, None).await.unwrap_err();
        assert_eq!(field_of(&refused), field, "{price:?}");
    }
    let past = house.studio.now() + Duration::from_secs(0);
    house.clock.pass(Duration::from_secs(1));
    assert_eq!(field_of(&set(&house, &ana, 1, Some(past)).await.unwrap_err()), "from");
    let nobodys = house.studio.set_price(&admin, "nobody/x".parse().unwrap(), price(1), None).await;
    assert_eq!(field_of(&nobodys.unwrap_err()), "model");
    assert_eq!(now(&house).await, 5_000_000);
    for number in 0..PRICES_COMING_MAX {
        let later = house.studio.now() + Duration::from_secs(60 + number as u64);
        set(&house, &ana, 1, Some(later)).await.unwrap();
    }
    let later = house.studio.now() + Duration::from_secs(9_999);
    assert!(matches!(set(&house, &ana, 1, Some(later)).await, Err(Problem::Changed { .. })));
    set(&house, &ana, 1, None).await.unwrap();
}

#[tokio::test]
async fn prices_are_set_by_administrators_with_a_fresh_touch() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    assert_eq!(set(&house, &ben, 1, None).await, Err(Problem::NotPermitted));
    let late = house.somebody_at(&ana).await;
    assert_eq!(set(&house, &late, 1, None).await, Err(Problem::TouchNeeded));
}

#[tokio::test]
async fn new_chats_begin_with_the_default_until_somebody_has_had_another() {
    let house = House::new().await;
    let ana = house.owner().await;
    let other = house.model.has("other", api_types::ModelKind::Mock, Some(price(0)));
    let admin = ana.admin().unwrap();
    let begins = async |by: &SignedIn| house.studio.default_settings(by).await.unwrap().unwrap().model;
    assert_eq!(begins(&ana).await, fake());
    house.studio.set_default_model(&admin, Some(other.clone())).await.unwrap();
    assert_eq!(begins(&ana).await, other);
    assert_eq!(house.studio.default_model().model, Some(other.clone()));
    house.chat(&ana, None, "With the default").await;
    house.studio.set_default_model(&admin, Some(fake())).await.unwrap();
    assert_eq!(begins(&ana).await, other, "she goes on with hers");
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    assert_eq!(begins(&ben).await, fake());
    let gone = house.studio.set_default_model(&admin, Some("fake/gone".parse().unwrap())).await;
    assert_eq!(field_of(&gone.unwrap_err()), "model");
    house.studio.set_default_model(&admin, None).await.unwrap();
    assert_eq!(house.studio.default_model().model, None);
}

#[tokio::test]
async fn a_default_of_the_operators_is_fixed() {
    let house = House::beginning_with(Some("fake/fake")).await;
    let ana = house.owner().await;
    let fixed = house.studio.default_model();
    assert!(fixed.is_fixed && fixed.model == Some(fake()));
    let set = house.studio.set_default_model(&ana.admin().unwrap(), None).await;
    assert!(matches!(set, Err(Problem::Changed { .. })), "{set:?}");
}
