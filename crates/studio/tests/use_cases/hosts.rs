//! The host that passkeys are bound to.

use crate::{fakes::key, house::House};
use api_types::Problem;
use studio::{
    BoundHost, Studio,
    ports::{Clock, store::StoreError},
};

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

#[tokio::test]
async fn the_last_passkey_that_works_here_stays_whatever_works_elsewhere() {
    let house = House::new().await;
    house.studio.bind_host("studio.example").await.unwrap();
    let ana = house.owner().await;
    // One of a version that did not write the host down.
    let mut old = house.studio.passkeys(&ana).await.unwrap().remove(0);
    (old.credential_id, old.rp_id) = ("old".to_owned(), None);
    let written = house
        .studio
        .store
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_passkey(&old).await }));
    written.await.unwrap();
    let works = async |studio: &Studio, host: &str| {
        let keys = studio.passkeys(&ana).await.unwrap();
        keys.into_iter().filter(|key| key.works_at(host)).map(|key| key.credential_id).collect::<Vec<_>>()
    };
    assert_eq!(works(&house.studio, "studio.example").await, ["anas-key", "old"]);

    let moved = house.moved_to("new.example").await;
    let touched = ana.touched(house.clock.now()).unwrap();
    assert_eq!(works(&moved, "new.example").await, [""; 0], "the move orphaned both");
    let start = moved.start_add(&touched, "browser".to_owned()).await.unwrap();
    let credential = key("new", ana.person());
    moved.finish_add(&ana.in_session().unwrap(), start.ceremony, &credential, "browser", "").await.unwrap();
    assert_eq!(works(&moved, "new.example").await, ["new"]);
    let removed = moved.remove_passkey(&touched, "new").await;
    assert!(matches!(removed, Err(Problem::Changed { .. })), "{removed:?}");
    assert!(moved.remove_passkey(&touched, "old").await.is_ok(), "what works nowhere here can go");

    // Back again, it is the other way round.
    let back = house.moved_to("studio.example").await;
    let removed = back.remove_passkey(&touched, "anas-key").await;
    assert!(matches!(removed, Err(Problem::Changed { .. })), "{removed:?}");
    assert!(back.remove_passkey(&touched, "new").await.is_ok());
}
