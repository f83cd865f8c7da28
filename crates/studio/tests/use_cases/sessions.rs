//! Signing in, staying signed in, signing out.

use crate::{
    fakes::{faulty, key},
    house::House,
};
use api_types::{AccountEventKind, CeremonyId, PersonId, Problem, Role, SessionId};
use std::time::Duration;
use studio::{
    API_SESSION_LIFE, CREDENTIAL_BYTES_MAX, FAILURES_PER_HOUR, NewSession, SESSION_IDLE, SESSION_KEPT,
    SESSION_LIFE, SESSION_SEEN_EVERY, SessionToken, SignedIn, notice_of,
    ports::{
        Clock, Refusal,
        store::{API_CLIENT, Seen, SessionEnd},
    },
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
    let shut = house.studio.enter(SessionToken { session: ana.session(), epoch: 0 }).await.unwrap_err();
    assert_eq!(shut.end, Some(SessionEnd::RanOut), "and the door says so");
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

impl House {
    /// A sign-in with Ana's key from some browser.
    async fn from(&self, ana: &SignedIn, browser: &str, user_agent: &str) -> SignedIn {
        let start = self.studio.start_sign_in(browser.to_owned()).await.unwrap();
        let credential = key("anas-key", ana.person());
        let session =
            self.studio.finish_sign_in(start.ceremony, &credential, browser, user_agent).await.unwrap();
        self.studio.signed_in(session.id).await.unwrap()
    }
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_it_from_anywhere() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.somebody().await;
    house.clock.pass(SECOND);
    let phone = house.from(&ana, "phone", "Mozilla/5.0 (iPhone; Mac OS X) Version/18 Safari/604").await;
    let curl = house.from(&ana, API_CLIENT, "curl/8").await;
    let list = async |by: &SignedIn| house.studio.sessions(&by.in_session().unwrap()).await.unwrap();
    let names: Vec<String> = list(&ana).await.iter().map(studio::session_name).collect();
    assert_eq!(names, ["A program (curl)", "Safari on an iPhone", "A browser"]);
    assert_eq!(list(&ben).await.len(), 1);

    let end = async |by: &SignedIn, id| house.studio.end_session(&by.in_session().unwrap(), id).await;
    assert_eq!(end(&ben, phone.session()).await, Err(Problem::NotFound));
    end(&ana, phone.session()).await.unwrap();
    assert!(!house.is_signed_in(phone.session()).await);
    assert_eq!(end(&ana, phone.session()).await, Err(Problem::NotFound), "over already");

    house.from(&ana, "desk", "").await;
    assert_eq!(house.studio.end_other_sessions(&ana.in_session().unwrap()).await, Ok(2));
    assert_eq!(house.studio.end_other_sessions(&ana.in_session().unwrap()).await, Ok(0));
    assert!(!house.is_signed_in(curl.session()).await && house.is_signed_in(ana.session()).await);
    assert!(house.is_signed_in(ben.session()).await, "another's stay");
    assert_eq!(list(&ana).await.len(), 1);
    let (row, _) = house.studio.store.session_with_person(phone.session()).await.unwrap().unwrap();
    assert_eq!(row.end_reason, Some(SessionEnd::Ended));
}

#[tokio::test]
async fn a_browser_that_was_not_seen_before_is_told_of_and_a_known_one_is_not() {
    use AccountEventKind::NewDevice;
    let house = House::new().await;
    let ana = house.owner().await;
    house.from(&ana, "browser", "Firefox/1 Linux").await;
    assert_eq!(house.told(&ana).await, [], "it is the browser of the first sign-in");
    house.clock.pass(SECOND);
    let phone = house.from(&ana, "phone", "Firefox/1 Android").await;
    house.from(&ana, "phone", "Firefox/1 Android").await;
    let told = (NewDevice, "Firefox on Android".to_owned());
    assert_eq!(house.told(&ana).await, std::slice::from_ref(&told));
    let noticed = async |by: &SignedIn| {
        let news = house.studio.account_news(by).await.unwrap();
        notice_of(&news).map(|(event, _)| (event.kind, event.detail.clone()))
    };
    assert_eq!(noticed(&ana).await, Some(told), "a moment after her own sign-in as well as later");
    assert_eq!(noticed(&phone).await, None, "the new device is not asked whether it is new");
    let api = house.from(&ana, API_CLIENT, "curl/8").await;
    assert_eq!(house.told(&api).await[0], (NewDevice, "A program (curl)".to_owned()));
    assert_eq!(api.touched(house.clock.now()).unwrap_err(), Problem::TouchNeeded, "its sign-in is no touch");
}

#[tokio::test]
async fn a_program_that_was_not_seen_before_is_told_of_though_others_were() {
    let house = House::new().await;
    let ana = house.owner().await;
    for words in ["curl/8", "python/3", "curl/8", "", "python/3", "curl/9"] {
        house.from(&ana, API_CLIENT, words).await;
    }
    let told: Vec<String> = house.told(&ana).await.into_iter().map(|(_, detail)| detail).collect();
    assert_eq!(told, ["A program (curl)", "A program", "A program (python)", "A program (curl)"]);
}

#[tokio::test]
async fn who_came_in_with_a_copy_cannot_put_away_what_tells_of_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.clock.pass(SECOND);
    let thief = house.from(&ana, "elsewhere", "Firefox/1 Windows").await;
    house.add(&thief, "theirs").await.unwrap();
    // And comes again with the key that they added.
    let again = house.touch(&key("theirs", ana.person())).await.unwrap();
    let again = house.studio.signed_in(again.id).await.unwrap();
    let see = async |by: &SignedIn| {
        let session = by.in_session().unwrap();
        let events = house.studio.account_events(&session, None).await.unwrap().events;
        let (first, last) = (events.last().unwrap().id, events[0].id);
        house.studio.see_account_events(&session, Seen { first, last }).await.unwrap();
    };
    let news = async |by: &SignedIn| {
        let page = house.studio.account_events(&by.in_session().unwrap(), None).await.unwrap();
        page.news.len()
    };
    let noticed = async |by: &SignedIn| {
        notice_of(&house.studio.account_news(by).await.unwrap()).map(|(event, _)| event.kind)
    };
    see(&thief).await;
    assert_eq!((news(&again).await, noticed(&again).await), (0, None), "it was before their key");
    see(&again).await;
    assert_eq!((news(&thief).await, noticed(&thief).await), (0, None), "they know what they did");
    assert_eq!((news(&ana).await, noticed(&ana).await), (2, Some(AccountEventKind::PasskeyAdded)));
    // However much is done in a session, what others did is noticed in it.
    for _ in 0..30 {
        house.studio.make_codes(&ana.touched(house.clock.now()).unwrap()).await.unwrap();
    }
    assert_eq!(noticed(&ana).await, Some(AccountEventKind::PasskeyAdded));
    see(&ana).await;
    assert_eq!((news(&ana).await, noticed(&ana).await), (0, None));
}

#[tokio::test]
async fn wrong_keys_are_slowed_and_the_right_one_never_is() {
    let house = House::new().await;
    let ana = house.owner().await;
    let right = key("anas-key", ana.person());
    // A signature that does not fit, by whoever knows the name of her key.
    let forged = faulty("anas-key", ana.person(), Refusal::WrongKey);
    let wrong = async || house.touch(&forged).await.unwrap_err();
    for _ in 0..FAILURES_PER_HOUR {
        assert_eq!(wrong().await, Problem::KeyUnknown);
    }
    for _ in 0..3 {
        let Problem::RateLimited { retry_after_s, .. } = wrong().await else { panic!("not slowed") };
        assert_eq!(retry_after_s, 3600 / FAILURES_PER_HOUR);
        assert!(house.touch(&right).await.is_ok(), "the right key is let in");
    }
    // Of a key that is not here the same is said, in the same words and as often.
    let unknown = faulty("nobodys-key", ana.person(), Refusal::WrongKey);
    let mut told = Vec::new();
    for _ in 0..=FAILURES_PER_HOUR {
        told.push(house.touch(&unknown).await.unwrap_err());
    }
    assert_eq!(told.pop().unwrap(), wrong().await);
    assert!(told.iter().all(|problem| *problem == Problem::KeyUnknown), "{told:?}");
    house.clock.pass(Duration::from_secs(360));
    assert_eq!(wrong().await, Problem::KeyUnknown);
}

#[tokio::test]
async fn a_programs_session_lives_a_day_and_has_to_fit_the_name_it_said() {
    let house = House::new().await;
    let ana = house.owner().await;
    let credential = key("anas-key", ana.person());
    let log_in = async |name: Option<&str>| {
        let start = house.studio.start_sign_in(API_CLIENT.to_owned()).await.unwrap();
        house.studio.sign_in_program(&start.ceremony.to_string(), &credential, name, "curl/8").await
    };
    let (session, user) = log_in(Some("Ana")).await.unwrap();
    assert_eq!((user.user_id, user.role), (ana.person(), Role::Owner));
    assert_eq!(session.expires_at, house.clock.now() + API_SESSION_LIFE);
    assert!(log_in(None).await.is_ok());
    assert_eq!(log_in(Some("Ben")).await.unwrap_err(), Problem::KeyRefused);
    assert_eq!(
        house.studio.sessions(&ana.in_session().unwrap()).await.unwrap().len(),
        3,
        "nothing stays of it"
    );
    for ceremony in ["", "x", "0193a5b2-7c1e-7000-8000-000000000001"] {
        let refused = house.studio.sign_in_program(ceremony, &credential, None, "").await;
        assert_eq!(refused.unwrap_err(), Problem::KeyRefused);
    }
    // A ceremony of a browser is none of a program, and the other way round.
    let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap().ceremony.to_string();
    assert!(house.studio.sign_in_program(&start, &credential, None, "").await.is_err());
    house.clock.pass(API_SESSION_LIFE);
    assert!(!house.is_signed_in(session.id).await);
}

#[tokio::test]
async fn sessions_of_long_ago_are_forgotten() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.studio.sign_out(&ana).await.unwrap();
    house.clock.pass(SESSION_LIFE + SESSION_KEPT);
    assert_eq!(house.studio.purge_sessions().await, Ok(0));
    house.clock.pass(SECOND);
    let young = house.somebody().await;
    assert_eq!(house.studio.purge_sessions().await, Ok(1));
    assert!(house.is_signed_in(young.session()).await);
}
