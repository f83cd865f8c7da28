//! The host that passkeys are bound to.

use crate::house::House;
use studio::BoundHost;

fn bound(host: Option<&str>, passkeys: u32, people: u32) -> BoundHost {
    BoundHost { host: host.map(str::to_owned), passkeys, people }
}

#[tokio::test]
async fn a_studio_without_passkeys_goes_wherever_it_is_started() {
    let house = House::new().await;
    assert_eq!(house.studio.bind_host("a.example").await.unwrap(), bound(None, 0, 0));
    assert_eq!(house.studio.bind_host("b.example").await.unwrap(), bound(Some("a.example"), 0, 0));
    assert_eq!(house.studio.bound_host().await.unwrap(), bound(Some("b.example"), 0, 0));
}

#[tokio::test]
async fn passkeys_of_a_version_that_did_not_write_it_down_belong_to_where_it_is_started_first() {
    let house = House::new().await;
    house.owner().await;
    assert!(!house.studio.bind_host("a.example").await.unwrap().forbids("a.example"));
    assert_eq!(house.studio.bound_host().await.unwrap(), bound(Some("a.example"), 1, 1));
}

#[tokio::test]
async fn a_passkey_holds_the_studio_where_it_is_until_it_is_moved_and_back() {
    let house = House::new().await;
    house.studio.bind_host("a.example").await.unwrap();
    house.owner().await;
    let refused = house.studio.bind_host("b.example").await.unwrap();
    assert!(refused.forbids("b.example") && !refused.forbids("a.example"));
    assert_eq!(refused.to_string(), "1 passkey of 1 person");
    assert_eq!(house.studio.bound_host().await.unwrap().host.as_deref(), Some("a.example"));

    house.studio.move_host("b.example").await.unwrap();
    assert!(!house.studio.bind_host("b.example").await.unwrap().forbids("b.example"));
    assert_eq!(house.studio.move_host("a.example").await.unwrap(), bound(Some("b.example"), 1, 1));
}
