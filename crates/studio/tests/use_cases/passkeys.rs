//! One's own passkeys.

use crate::{
    fakes::{YUBI, faulty, key},
    house::{House, field_of},
};
use api_types::{AccountEventKind, CeremonyId, Problem};
use std::time::Duration;
use studio::{
    CEREMONY_LIFE, KEY_NAME_CHARS_MAX, SignedIn,
    ports::{Clock, Refusal},
};

impl House {
    async fn begin_add(&self, by: &SignedIn) -> CeremonyId {
        let touched = by.touched(self.clock.now()).unwrap();
        self.studio.start_add(&touched, "browser".to_owned()).await.unwrap().ceremony
    }

    async fn end_add(
        &self,
        by: &SignedIn,
        ceremony: CeremonyId,
        credential: &str,
    ) -> Result<String, Problem> {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        self.studio.finish_add(&by.in_session().unwrap(), ceremony, credential, "browser", agent).await
    }

    /// Adds a passkey with this credential id.
    pub(crate) async fn add(&self, by: &SignedIn, name: &str) -> Result<String, Problem> {
        let ceremony = self.begin_add(by).await;
        self.end_add(by, ceremony, &key(name, by.person())).await
    }

    async fn remove(&self, by: &SignedIn, name: &str) -> Result<u64, Problem> {
        self.studio.remove_passkey(&by.touched(self.clock.now()).unwrap(), name).await
    }

    /// What their account was told, the newest first.
    /// What happened to somebody's account since it came to be, newest first.
    pub(crate) async fn told(&self, by: &SignedIn) -> Vec<(AccountEventKind, String)> {
        let events = self.studio.store.account_events(by.owned(), None, 50).await.unwrap();
        let since = events.into_iter().filter(|event| event.kind != AccountEventKind::Joined);
        since.map(|event| (event.kind, event.detail)).collect()
    }

    async fn sign_in(&self, credential: &str) -> Result<SignedIn, Problem> {
        let start = self.studio.start_sign_in("browser".to_owned()).await?;
        let session = self.studio.finish_sign_in(start.ceremony, credential, "browser", "").await?;
        self.studio.signed_in(session.id).await
    }
}

#[tokio::test]
async fn more_passkeys_sign_in_too_and_are_named_after_what_made_them() {
    let house = House::new().await;
    let ana = house.owner().await;
    let options = {
        let touched = ana.touched(house.clock.now()).unwrap();
        house.studio.start_add(&touched, "browser".to_owned()).await.unwrap().options
    };
    assert_eq!(options, "register Ana but [\"anas-key\"]", "what has one already makes no second");
    assert_eq!(house.add(&ana, "yubi-1").await.unwrap(), "YubiKey 5 NFC");
    assert_eq!(house.add(&ana, "yubi-2").await.unwrap(), "YubiKey 5 NFC 2");
    assert_eq!(house.add(&ana, "phone").await.unwrap(), "Firefox on Linux");
    let keys = house.studio.passkeys(&ana).await.unwrap();
    let seen: Vec<_> = keys.iter().map(|k| (k.credential_id.as_str(), k.aaguid.as_str(), k.synced)).collect();
    let expected = [
        ("anas-key", "", Some(false)),
        ("phone", "", Some(true)),
        ("yubi-1", YUBI, Some(false)),
        ("yubi-2", YUBI, Some(false)),
    ];
    assert_eq!(seen, expected);
    assert_eq!(keys[2].last_used_at, None);
    assert_eq!(house.told(&ana).await[0], (AccountEventKind::PasskeyAdded, "Firefox on Linux".to_owned()));

    assert_eq!(house.sign_in(&key("yubi-1", ana.person())).await.unwrap().person(), ana.person());
    let keys = house.studio.passkeys(&ana).await.unwrap();
    assert_eq!(keys[2].last_used_at, Some(house.clock.now()));
    let known = house.studio.known_passkeys(&ana).await.unwrap();
    assert_eq!((known.rp_id.as_str(), known.credential_ids.len()), ("studio.example", 4));
}

#[tokio::test]
async fn a_registration_is_ended_once_by_the_session_and_the_browser_that_began_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let elsewhere = house.sign_in(&key("anas-key", ana.person())).await.unwrap();
    let credential = key("phone", ana.person());
    let is_over = |result: Result<String, Problem>| matches!(result, Err(Problem::Expired { .. }));

    let ceremony = house.begin_add(&ana).await;
    assert!(is_over(house.end_add(&elsewhere, ceremony, &credential).await), "another session");
    assert!(is_over(house.end_add(&ana, ceremony, &credential).await), "used up by that");
    let ceremony = house.begin_add(&ana).await;
    let stolen = house
        .studio
        .finish_add(&ana.in_session().unwrap(), ceremony, &credential, "another browser", "")
        .await;
    assert!(is_over(stolen));
    let sign_in = house.studio.start_sign_in("browser".to_owned()).await.unwrap().ceremony;
    assert!(is_over(house.end_add(&ana, sign_in, &credential).await), "another purpose");
    let late = house.begin_add(&ana).await;
    house.clock.pass(CEREMONY_LIFE);
    assert!(is_over(house.end_add(&ana, late, &credential).await), "too late");
    assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_registration_that_is_refused_says_why_and_adds_nothing() {
    let house = House::new().await;
    let ana = house.owner().await;
    let mut said = std::collections::BTreeSet::new();
    let faults = [
        Refusal::Origin,
        Refusal::RelyingParty,
        Refusal::Challenge,
        Refusal::NotVerified,
        Refusal::NotResident,
    ];
    let mut wrong = faults.map(|why| faulty("phone", ana.person(), why)).to_vec();
    wrong.extend(["refused x".to_owned(), key("anas-key", ana.person())]);
    for credential in &wrong {
        let ceremony = house.begin_add(&ana).await;
        match house.end_add(&ana, ceremony, credential).await {
            Err(Problem::WrongKey { detail }) => assert!(said.insert(detail), "{credential}"),
            other => panic!("{credential}: {other:?}"),
        }
    }
    assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_removed_passkey_signs_nobody_in_and_its_sessions_end_but_this_one() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.add(&ana, "phone").await.unwrap();
    let on_phone = house.sign_in(&key("phone", ana.person())).await.unwrap();
    let elsewhere = house.sign_in(&key("anas-key", ana.person())).await.unwrap();
    assert_eq!(house.remove(&ana, "phone").await, Ok(1));
    assert_eq!(house.studio.signed_in(on_phone.session()).await.err(), Some(Problem::SignIn));
    assert!(house.studio.signed_in(elsewhere.session()).await.is_ok());
    assert_eq!(house.sign_in(&key("phone", ana.person())).await.err(), Some(Problem::KeyUnknown));
    assert_eq!(house.told(&ana).await[0].0, AccountEventKind::PasskeyRemoved);

    // The session that removes the passkey which opened it goes on.
    house.add(&ana, "phone").await.unwrap();
    assert_eq!(house.remove(&ana, "anas-key").await, Ok(1), "the one elsewhere");
    assert!(house.studio.signed_in(ana.session()).await.is_ok());
}

#[tokio::test]
async fn the_last_passkey_stays_whoever_is_faster() {
    let house = House::new().await;
    let ana = house.owner().await;
    assert!(matches!(house.remove(&ana, "anas-key").await, Err(Problem::Changed { .. })));
    house.add(&ana, "phone").await.unwrap();
    let (one, other) = tokio::join!(house.remove(&ana, "anas-key"), house.remove(&ana, "phone"));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_passkey_of_somebody_else_is_not_found() {
    let house = House::new().await;
    let (ana, ben) = (house.owner().await, house.somebody().await);
    house.add(&ana, "phone").await.unwrap();
    assert_eq!(
        house.studio.rename_passkey(&ben.in_session().unwrap(), "phone", "Mine").await,
        Err(Problem::NotFound)
    );
    assert_eq!(house.remove(&ben, "phone").await, Err(Problem::NotFound));
    assert!(house.studio.passkeys(&ben).await.unwrap().is_empty());
    assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_passkey_is_called_what_its_person_says_in_one_line() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.studio.rename_passkey(&ana.in_session().unwrap(), "anas-key", " The  one\nat home ").await.unwrap();
    assert_eq!(house.studio.passkeys(&ana).await.unwrap()[0].name, "The one at home");
    for wrong in ["", " \n", &"x".repeat(KEY_NAME_CHARS_MAX + 1)] {
        let refused =
            house.studio.rename_passkey(&ana.in_session().unwrap(), "anas-key", wrong).await.unwrap_err();
        assert_eq!(field_of(&refused), "name");
    }
}

#[tokio::test]
async fn a_counter_that_runs_backwards_is_refused_and_told_once() {
    let house = House::new().await;
    let ana = house.owner().await;
    let copy = faulty("anas-key", ana.person(), Refusal::Cloned);
    for _ in 0..2 {
        assert_eq!(house.sign_in(&copy).await.err(), Some(Problem::KeyRefused), "as to any stranger");
        house.clock.pass(Duration::from_secs(1));
    }
    assert!(house.studio.passkeys(&ana).await.unwrap()[0].cloned_at.is_some());
    let cloned =
        house.told(&ana).await.into_iter().filter(|(kind, _)| *kind == AccountEventKind::PasskeyCloned);
    assert_eq!(cloned.count(), 1);
    assert!(house.sign_in(&key("anas-key", ana.person())).await.is_ok(), "the person's own key goes on");
}
