//! Model servers nearby.

use crate::house::{House, field_of};
use api_types::{Problem, Role};
use futures::poll;
use std::{pin::pin, time::Duration};
use studio::SourceFrom;
use tokio::time::{sleep, timeout};

#[tokio::test]
async fn the_first_start_looks_around_and_later_ones_only_connect_again() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.finder.put("near");
    house.studio.restore_sources().await.unwrap();
    house.studio.restore_sources().await.unwrap();
    assert_eq!(house.finder.looks(), 1);
    let offers = house.studio.offers(&ana).await.unwrap();
    assert_eq!(offers.iter().map(|offer| offer.name.as_str()).collect::<Vec<_>>(), ["near"]);
    assert!(!house.studio.catalog.has_source("near"), "an offer is no connection");

    let admin = ana.admin().unwrap();
    house.studio.connect_source(&admin, "near").await.unwrap();
    house.studio.catalog.remove("near");
    house.studio.restore_sources().await.unwrap();
    assert!(house.studio.catalog.has_source("near"), "what was connected is there after a start");
    assert_eq!(house.finder.looks(), 1);
}

#[tokio::test]
async fn what_is_connected_is_no_offer_any_more_answers_and_can_be_disconnected() {
    let house = House::new().await;
    let ana = house.owner().await;
    let admin = ana.admin().unwrap();
    house.finder.put("near");
    house.studio.find_sources(&admin).await.unwrap();
    house.studio.connect_source(&admin, "near").await.unwrap();
    assert!(house.studio.offers(&ana).await.unwrap().is_empty());
    let sources = house.studio.sources(&ana).await.unwrap();
    let from: Vec<(&str, SourceFrom)> =
        sources.iter().map(|source| (source.name.as_str(), source.from)).collect();
    let expected = [("near", SourceFrom::Nearby), ("fake", SourceFrom::Operator)];
    assert_eq!(from, expected, "what the configuration names stays");
    assert!(house.studio.catalog.find(&"near/near".parse().unwrap()).await.is_some());

    house.studio.disconnect_source(&admin, "near").await.unwrap();
    assert!(!house.studio.catalog.has_source("near"));
    assert_eq!(house.studio.disconnect_source(&admin, "near").await, Err(Problem::NotFound));
    assert_eq!(house.studio.disconnect_source(&admin, "fake").await, Err(Problem::NotFound));
}

#[tokio::test]
async fn who_disconnects_a_server_while_it_is_connected_comes_after_it_everywhere() {
    let house = House::new().await;
    let ana = house.owner().await;
    let admin = ana.admin().unwrap();
    house.finder.put("near");
    house.studio.find_sources(&admin).await.unwrap();
    let connected = async || house.studio.store.fact("connected_sources").await.unwrap();
    let mut connecting = pin!(house.studio.connect_source(&admin, "near"));
    // As far as the database, and no further: it hears of its commit later.
    while connected().await.is_none() {
        assert!(poll!(&mut connecting).is_pending());
        sleep(Duration::from_millis(50)).await;
    }
    let mut disconnecting = pin!(house.studio.disconnect_source(&admin, "near"));
    assert!(timeout(Duration::from_millis(300), &mut disconnecting).await.is_err(), "it waits");
    assert_eq!(tokio::join!(connecting, disconnecting), (Ok(()), Ok(())));
    assert!(!house.studio.catalog.has_source("near"));
    assert_eq!(connected().await.as_deref(), Some("[]"));
}

#[tokio::test]
async fn only_what_was_offered_is_connected() {
    let house = House::new().await;
    let ana = house.owner().await;
    let admin = ana.admin().unwrap();
    assert_eq!(house.studio.connect_source(&admin, "near").await, Err(Problem::NotFound));
    house.finder.put("broken");
    house.studio.find_sources(&admin).await.unwrap();
    assert_eq!(field_of(&house.studio.connect_source(&admin, "broken").await.unwrap_err()), "name");
    assert!(!house.studio.catalog.has_source("broken"));
}

#[tokio::test]
async fn looking_and_connecting_is_for_administrators() {
    let house = House::new().await;
    for (role, may) in [(Role::Member, false), (Role::Admin, true), (Role::Owner, true)] {
        let session = house.seed(|person| person.role = role).await;
        let somebody = house.studio.signed_in(session).await.unwrap();
        // There is no other way to find_sources, connect_source and disconnect_source than this proof.
        assert_eq!(somebody.admin().is_ok(), may, "{role:?}");
    }
}
