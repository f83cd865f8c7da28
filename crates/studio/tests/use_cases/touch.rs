//! A fresh touch.

use crate::{
    fakes::{faulty, key},
    house::House,
};
use api_types::{CeremonyId, Problem};
use std::time::Duration;
use studio::{
    SignedIn, TOUCH_LIFE,
    ports::{Clock, Refusal},
};

const SECOND: Duration = Duration::from_secs(1);

impl House {
    /// The same session, read again.
    pub(crate) async fn again(&self, by: &SignedIn) -> SignedIn {
        self.studio.signed_in(by.session()).await.unwrap()
    }

    async fn begin_touch(&self, by: &SignedIn) -> CeremonyId {
        self.studio.start_touch(by, "browser".to_owned()).await.unwrap().unwrap().ceremony
    }

    /// Touches a passkey again.
    pub(crate) async fn touch_again(&self, by: &SignedIn, credential: &str) -> Result<SignedIn, Problem> {
        let ceremony = self.begin_touch(by).await;
        self.studio.finish_touch(by, ceremony, credential, "browser").await?;
        Ok(self.again(by).await)
    }
}

#[tokio::test]
async fn signing_in_is_a_touch_and_another_one_is_needed_after_five_minutes() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.clock.pass(TOUCH_LIFE);
    assert!(ana.touched(house.clock.now()).is_ok());
    house.clock.pass(SECOND);
    assert_eq!(ana.touched(house.clock.now()).err(), Some(Problem::TouchNeeded));
    let ana = house.touch_again(&ana, &key("anas-key", ana.person())).await.unwrap();
    house.clock.pass(TOUCH_LIFE);
    assert!(ana.touched(house.clock.now()).is_ok());
}

#[tokio::test]
async fn nobody_is_asked_for_a_touch_that_is_fresh_for_long_enough_to_be_used() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.clock.pass(TOUCH_LIFE - 31 * SECOND);
    assert_eq!(house.studio.start_touch(&ana, "browser".to_owned()).await.unwrap(), None);
    house.clock.pass(2 * SECOND);
    let start = house.studio.start_touch(&ana, "browser".to_owned()).await.unwrap().unwrap();
    assert_eq!(start.options, "touch [\"anas-key\"]", "her own keys are asked for");
}

#[tokio::test]
async fn a_touch_counts_for_its_own_session_alone_and_once() {
    let house = House::new().await;
    let ana = house.owner().await;
    let credential = key("anas-key", ana.person());
    let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap();
    let elsewhere =
        house.studio.finish_sign_in(start.ceremony, &credential, "browser", "Firefox").await.unwrap();
    let elsewhere = house.studio.signed_in(elsewhere.id).await.unwrap();
    house.clock.pass(TOUCH_LIFE + SECOND);
    let finish = async |by: &SignedIn, ceremony, browser: &str| {
        house.studio.finish_touch(by, ceremony, &credential, browser).await
    };
    let is_over = |result: Result<(), Problem>| matches!(result, Err(Problem::Expired { .. }));

    let ceremony = house.begin_touch(&ana).await;
    assert!(is_over(finish(&elsewhere, ceremony, "browser").await), "another session");
    assert!(is_over(finish(&ana, ceremony, "browser").await), "used up by that");
    let ceremony = house.begin_touch(&ana).await;
    assert!(is_over(finish(&ana, ceremony, "another browser").await));
    let sign_in = house.studio.start_sign_in("browser".to_owned()).await.unwrap().ceremony;
    assert!(is_over(finish(&ana, sign_in, "browser").await), "another purpose");
    let ceremony = house.begin_touch(&ana).await;
    assert_eq!(finish(&ana, ceremony, "browser").await, Ok(()));
    assert!(is_over(finish(&ana, ceremony, "browser").await), "a replay");

    assert!(house.again(&ana).await.touched(house.clock.now()).is_ok());
    assert!(house.again(&elsewhere).await.touched(house.clock.now()).is_err());
}

#[tokio::test]
async fn who_is_signed_in_hears_what_was_wrong_each_in_its_own_words() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.clock.pass(TOUCH_LIFE + SECOND);
    let mut said = std::collections::BTreeSet::new();
    let all = [
        Refusal::Origin,
        Refusal::RelyingParty,
        Refusal::Challenge,
        Refusal::NotVerified,
        Refusal::WrongKey,
        Refusal::Cloned,
    ];
    let wrong = all.map(|why| faulty("anas-key", ana.person(), why));
    let others = [key("bens-key", ana.person()), "nonsense".to_owned()];
    for credential in wrong.iter().chain(&others) {
        match house.touch_again(&ana, credential).await {
            Err(Problem::WrongKey { detail }) => assert!(said.insert(detail), "{credential}"),
            other => panic!("{credential}: {other:?}"),
        }
    }
    assert_eq!(said.len(), all.len() + others.len());
    assert!(house.again(&ana).await.touched(house.clock.now()).is_err());
}

#[tokio::test]
async fn who_has_no_passkey_is_told_so() {
    let house = House::new().await;
    let ben = house.somebody().await;
    house.clock.pass(TOUCH_LIFE + SECOND);
    let refused = house.studio.start_touch(&ben, "browser".to_owned()).await;
    assert!(matches!(refused, Err(Problem::WrongKey { .. })), "{refused:?}");
}
