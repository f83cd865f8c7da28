//! What happens while a key is verified: between what a use case has read and what it writes.

use crate::{fakes::key, house::House};
use api_types::{Problem, Role};
use futures::future::BoxFuture;
use studio::{
    DELETED_NAME, SignedIn, TOUCH_LIFE,
    ports::{
        Clock, Timestamp,
        store::{Owned, StoreError, Tx},
    },
};

type Happens = for<'t> fn(&'t mut dyn Tx, Owned, Timestamp) -> BoxFuture<'t, Result<bool, StoreError>>;

/// The ways in which somebody is shut out.
const SHUT_OUT: [Happens; 2] = [
    |tx, who, now| Box::pin(async move { tx.set_disabled(who, Some(now)).await }),
    |tx, who, now| Box::pin(async move { tx.erase_person(who, DELETED_NAME, now).await }),
];

impl House {
    fn shuts_out(&self, who: &SignedIn, happens: Happens) {
        let (who, now) = (who.owned(), self.clock.now());
        self.meanwhile(move |tx| Box::pin(async move { happens(tx, who, now).await.map(drop) }));
    }

    fn removes(&self, who: &SignedIn, name: &'static str) {
        let who = who.owned();
        self.meanwhile(move |tx| Box::pin(async move { tx.remove_passkey(who, name).await.map(drop) }));
    }

    async fn sessions_of(&self, who: &SignedIn) -> usize {
        self.studio.store.own_sessions(who.owned(), 9).await.unwrap().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_is_removed_while_it_signs_opens_nothing_and_touches_nothing() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.add(&ana, "phone").await.unwrap();
    let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap();
    house.removes(&ana, "phone");
    let credential = key("phone", ana.person());
    let refused = house.studio.finish_sign_in(start.ceremony, &credential, "browser", "Firefox").await;
    assert_eq!(refused, Err(Problem::KeyRefused));
    assert_eq!(house.sessions_of(&ana).await, 1, "the one that was there");

    house.add(&ana, "phone").await.unwrap();
    house.clock.pass(TOUCH_LIFE + std::time::Duration::from_secs(1));
    let start = house.studio.start_touch(&ana, "browser".to_owned()).await.unwrap().unwrap();
    house.removes(&ana, "phone");
    let refused = house.studio.finish_touch(&ana, start.ceremony, &credential, "browser").await;
    assert!(matches!(refused, Err(Problem::WrongKey { .. })), "{refused:?}");
    assert!(house.again(&ana).await.touched(house.clock.now()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_while_they_sign_in_stays_out() {
    for happens in SHUT_OUT {
        let house = House::new().await;
        let ana = house.owner().await;
        let ben = house.joins(&ana, "Ben", Role::Member).await;
        let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap();
        house.shuts_out(&ben, happens);
        let credential = key("Ben", ben.person());
        let refused = house.studio.finish_sign_in(start.ceremony, &credential, "browser", "Firefox").await;
        let is_out = matches!(refused, Err(Problem::WrongKey { .. } | Problem::KeyRefused));
        assert!(is_out, "{refused:?}");
        assert_eq!(house.sessions_of(&ben).await, 1, "the one that was there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_while_they_come_back_with_a_code_stays_out() {
    for happens in SHUT_OUT {
        let house = House::new().await;
        let ana = house.owner().await;
        let ben = house.joins(&ana, "Ben", Role::Member).await;
        let code = &house.studio.make_codes(&ben.touched(house.clock.now()).unwrap()).await.unwrap()[0];
        let start = house.studio.start_recovery(code, "browser".to_owned()).await.unwrap();
        house.shuts_out(&ben, happens);
        let credential = key("new", ben.person());
        let refused = house.studio.finish_recovery(start.ceremony, &credential, "browser", "Firefox").await;
        assert!(matches!(refused, Err(Problem::Expired { .. })), "{refused:?}");
        assert!(house.studio.store.passkey_with_person("new").await.unwrap().is_none());
        assert_eq!(house.sessions_of(&ben).await, 1, "the one that was there");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_shut_out_while_they_add_a_passkey_has_no_other() {
    for happens in SHUT_OUT {
        let house = House::new().await;
        let ana = house.owner().await;
        let ben = house.joins(&ana, "Ben", Role::Member).await;
        let touched = ben.touched(house.clock.now()).unwrap();
        let start = house.studio.start_add(&touched, "browser".to_owned()).await.unwrap();
        house.shuts_out(&ben, happens);
        let credential = key("new", ben.person());
        let refused = house
            .studio
            .finish_add(&ben.in_session().unwrap(), start.ceremony, &credential, "browser", "Firefox")
            .await;
        assert_eq!(refused, Err(Problem::SignIn));
        assert!(house.studio.store.passkey_with_person("new").await.unwrap().is_none());
    }
}
