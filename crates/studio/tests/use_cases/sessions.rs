//! Signing in, staying signed in, signing out.

use crate::{fakes::key, house::House};
use api_types::{CeremonyId, PersonId, Problem, Role, SessionId};
use std::time::Duration;
use studio::{
    CREDENTIAL_BYTES_MAX, NewSession, SESSION_IDLE, SESSION_LIFE, SESSION_SEEN_EVERY, ports::Clock,
};

const SECOND: Duration = Duration::from_secs(1);

impl House {
    async fn is_signed_in(&self, session: SessionId) -> bool {
        match self.studio.signed_in(session).await {
            Ok(_) => true,
            Err(Problem::SignIn) => false,
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn touch(&self, credential: &str) -> Result<NewSession, Problem> {
        let start = self.studio.start_sign_in("browser".to_owned()).await?;
        self.studio.finish_sign_in(start.ceremony, credential, "browser", "Firefox").await
    }
}

#[tokio::test]
async fn a_session_ends_seven_days_after_its_last_request() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.clock.pass(SESSION_IDLE);
    assert!(house.is_signed_in(ana.session()).await, "and that was a request");
    house.clock.pass(SESSION_IDLE);
    assert!(house.is_signed_in(ana.session()).await);
    house.clock.pass(SESSION_IDLE + SECOND);
    assert!(!house.is_signed_in(ana.session()).await);
}

#[tokio::test]
async fn a_session_in_daily_use_ends_after_thirty_days() {
    let house = House::new().await;
    let ana = house.owner().await;
    let day = Duration::from_secs(24 * 3_600);
    let days = u32::try_from(SESSION_LIFE.as_secs() / day.as_secs()).unwrap();
    for _ in 1..days {
        house.clock.pass(day);
        assert!(house.is_signed_in(ana.session()).await);
    }
    house.clock.pass(day - SECOND);
    assert!(house.is_signed_in(ana.session()).await);
    house.clock.pass(SECOND);
    assert!(!house.is_signed_in(ana.session()).await);
}

#[tokio::test]
async fn a_request_costs_one_read_and_one_write_a_minute() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (commits, statements) = (house.studio.store.commits(), house.studio.store.statements());
    house.clock.pass(SESSION_SEEN_EVERY - SECOND);
    assert!(house.is_signed_in(ana.session()).await);
    assert_eq!((house.studio.store.commits(), house.studio.store.statements()), (commits, statements + 1));
    house.clock.pass(SECOND);
    assert!(house.is_signed_in(ana.session()).await);
    assert!(house.is_signed_in(ana.session()).await);
    assert_eq!(
        (house.studio.store.commits(), house.studio.store.statements()),
        (commits + 1, statements + 4)
    );
}

#[tokio::test]
async fn a_key_opens_a_session_and_its_other_sessions_stay() {
    let house = House::new().await;
    let ana = house.owner().await;
    let credential = key("anas-key", ana.person());
    let second = house.touch(&credential).await.unwrap();
    assert_ne!(second.id, ana.session());
    assert_eq!(second.expires_at, house.clock.now() + SESSION_LIFE);
    assert_eq!(house.studio.signed_in(second.id).await.unwrap().person(), ana.person());
    // The stored key is the one that came back from the last signature.
    assert!(house.touch(&credential).await.is_ok());

    house.studio.sign_out(&ana).await.unwrap();
    assert!(!house.is_signed_in(ana.session()).await);
    assert!(house.is_signed_in(second.id).await);
}

#[tokio::test]
async fn every_wrong_key_is_refused_in_the_same_words() {
    let house = House::new().await;
    let ana = house.owner().await;
    let long = key(&"k".repeat(CREDENTIAL_BYTES_MAX), ana.person());
    for wrong in [
        String::new(),
        "nonsense".to_owned(),
        key("refused", ana.person()),
        key("nobodys-key", ana.person()),
        key("anas-key", PersonId(house.new_id())),
        long,
    ] {
        let refused = house.touch(&wrong).await.unwrap_err();
        let words = (refused.status(), refused.title(), refused.to_string());
        let expected = Problem::KeyRefused;
        assert_eq!(words, (401, expected.title(), expected.to_string()), "{:.40}", wrong);
    }
}

#[tokio::test]
async fn a_ceremony_signs_in_once_and_only_who_began_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let credential = key("anas-key", ana.person());
    let begin = async || house.studio.start_sign_in("browser".to_owned()).await.unwrap().ceremony;
    let end = async |ceremony: CeremonyId, browser: &str| {
        house.studio.finish_sign_in(ceremony, &credential, browser, "Firefox").await.map(drop)
    };
    let over = |result: &Result<(), Problem>| matches!(result, Err(Problem::Expired { .. }));

    let ceremony = begin().await;
    assert!(over(&end(ceremony, "another browser").await));
    assert!(over(&end(ceremony, "browser").await), "used up");
    let ceremony = begin().await;
    assert!(end(ceremony, "browser").await.is_ok());
    assert!(over(&end(ceremony, "browser").await), "a replay");
    let ceremony = begin().await;
    house.clock.pass(studio::CEREMONY_LIFE);
    assert!(over(&end(ceremony, "browser").await), "too late");
    assert!(over(&end(CeremonyId(house.new_id()), "browser").await), "never begun");
}

#[tokio::test]
async fn a_disabled_person_is_a_stranger_at_once() {
    let house = House::new().await;
    let now = house.clock.now();
    let enabled = house.seed(|_| ()).await;
    let disabled = house.seed(|person| person.disabled_at = Some(now)).await;
    assert!(house.is_signed_in(enabled).await);
    assert!(!house.is_signed_in(disabled).await);
    assert!(!house.is_signed_in(SessionId(house.new_id())).await);
}

#[tokio::test]
async fn proofs_follow_role_and_flag() {
    let house = House::new().await;
    for (role, reviewer) in
        [(Role::Member, false), (Role::Member, true), (Role::Admin, false), (Role::Owner, false)]
    {
        let session = house.seed(|person| (person.role, person.reviewer) = (role, reviewer)).await;
        let person = house.studio.signed_in(session).await.unwrap();
        assert_eq!(person.admin().is_ok(), role >= Role::Admin, "{role:?}");
        assert_eq!(person.reviewer().is_ok(), reviewer, "{role:?}");
    }
}
