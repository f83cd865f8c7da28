//! Personal API tokens: what they may do, for how long, and what they may never.

use crate::house::{House, field_of};
use api_types::{AccountEventKind, Problem, Role, Scope, Scopes};
use std::time::Duration;
use studio::{MakeToken, SESSION_SEEN_EVERY, SignedIn, TOKENS_MAX, TOUCH_LIFE, ports::store::TokenRow};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn wanted(scopes: &[Scope], days: u32) -> MakeToken {
    MakeToken { name: " CI ".to_owned(), scopes: scopes.iter().copied().collect(), days }
}

impl House {
    async fn make(&self, by: &SignedIn, wanted: MakeToken) -> Result<(String, TokenRow), Problem> {
        self.studio.make_token(&by.touched(self.studio.now())?, wanted).await
    }
}

#[tokio::test]
async fn a_token_lets_its_person_in_for_what_it_was_made_for() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (text, row) = house.make(&ana, wanted(&[Scope::Read], 30)).await.unwrap();
    assert_eq!((row.name.as_str(), row.scopes.to_string().as_str()), ("CI", "read"));
    assert!(!row.digest.contains(&text) && row.digest == studio::digest(&text));
    let by = house.studio.enter_token(&text).await.unwrap();
    assert_eq!((by.person(), by.owned()), (ana.person(), ana.owned()));
    assert_eq!(by.token(), Some((row.id, row.scopes)));
    assert!(by.may(Scope::Read).is_ok());
    let refused = |result: Result<(), Problem>| matches!(result, Err(Problem::OutOfScope { .. }));
    assert!(refused(by.may(Scope::Run)) && refused(by.may(Scope::Review)) && refused(by.may(Scope::Admin)));
    assert!(refused(by.admin().map(drop)), "though its person is one");
    assert!(refused(by.reviewer().map(drop)));
    let (admin, _) = house.make(&ana, wanted(&[Scope::Admin], 1)).await.unwrap();
    assert!(house.studio.enter_token(&admin).await.unwrap().admin().is_ok());
}

#[tokio::test]
async fn a_token_was_never_touched_and_sees_no_tokens_sessions_or_events() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (text, _) = house.make(&ana, wanted(&Scope::ALL, 1)).await.unwrap();
    let by = house.studio.enter_token(&text).await.unwrap();
    let refused = |problem| matches!(problem, Problem::OutOfScope { .. });
    assert!(refused(by.touched(house.studio.now()).unwrap_err()));
    assert!(refused(by.in_session().unwrap_err()));
    // Its place is no session's.
    assert_eq!(house.studio.signed_in(by.session()).await.unwrap_err(), Problem::SignIn);
    house.studio.sign_out(&by).await.unwrap();
    assert!(house.studio.signed_in(ana.session()).await.is_ok());
}

#[tokio::test]
async fn it_ends_with_its_days_its_revocation_and_its_persons_access() {
    let house = House::new().await;
    let ana = house.owner().await;
    let enter = async |text: &str| house.studio.enter_token(text).await.is_ok();
    let (short, _) = house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap();
    let (long, row) = house.make(&ana, wanted(&[Scope::Read], 2)).await.unwrap();
    assert!(enter(&short).await && enter(&long).await);
    assert!(!enter(&long.to_uppercase()).await && !enter("").await && !enter(&long[..63]).await);
    house.clock.pass(DAY);
    assert!(!enter(&short).await && enter(&long).await);
    let ana = house.studio.signed_in(ana.session()).await.unwrap();
    let other = house.somebody().await;
    assert_eq!(house.studio.revoke_token(&other.in_session().unwrap(), row.id).await, Err(Problem::NotFound));
    house.studio.revoke_token(&ana.in_session().unwrap(), row.id).await.unwrap();
    assert!(!enter(&long).await);
    assert_eq!(house.studio.revoke_token(&ana.in_session().unwrap(), row.id).await, Err(Problem::NotFound));
    let names: Vec<_> = house
        .studio
        .tokens(&ana.in_session().unwrap())
        .await
        .unwrap()
        .into_iter()
        .map(|token| token.name)
        .collect();
    assert_eq!(names, ["CI"], "an expired one is listed until it is revoked");
    let page = house.studio.account_events(&ana.in_session().unwrap(), None).await.unwrap();
    let kinds: Vec<_> = page.events.iter().map(|event| event.kind).collect();
    use AccountEventKind::{Joined, TokenMade, TokenRevoked};
    assert_eq!(kinds, [TokenRevoked, TokenMade, TokenMade, Joined]);
}

#[tokio::test]
async fn who_is_let_in_again_has_no_token_of_before() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let (his, _) = house.make(&ben, wanted(&[Scope::Read], 1)).await.unwrap();
    let (hers, _) = house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap();
    let admin = ana.touched_admin(house.studio.now()).unwrap();
    house.studio.disable_person(&admin, ben.person()).await.unwrap();
    house.studio.enable_person(&admin, ben.person()).await.unwrap();
    assert_eq!(house.studio.enter_token(&his).await.unwrap_err(), Problem::SignIn);
    assert!(house.studio.enter_token(&hers).await.is_ok());
}

#[tokio::test]
async fn its_last_use_is_noted_to_the_minute() {
    let house = House::new().await;
    let ana = house.owner().await;
    let (text, _) = house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap();
    let last = async || house.studio.tokens(&ana.in_session().unwrap()).await.unwrap()[0].last_used_at;
    assert_eq!(last().await, None);
    let first = house.studio.now();
    for _ in 0..2 {
        house.studio.enter_token(&text).await.unwrap();
        assert_eq!(last().await, Some(first));
        house.clock.pass(SESSION_SEEN_EVERY / 2);
    }
    let commits = house.studio.store.commits();
    house.studio.enter_token(&text).await.unwrap();
    assert_eq!(last().await, Some(house.studio.now()));
    house.studio.enter_token(&text).await.unwrap();
    assert_eq!(house.studio.store.commits(), commits + 1);
}

#[tokio::test]
async fn what_a_token_shall_be_has_to_make_sense() {
    let house = House::new().await;
    let ana = house.owner().await;
    for (wrong, field) in [
        (MakeToken { name: " ".to_owned(), ..wanted(&[Scope::Read], 1) }, "name"),
        (wanted(&[], 1), "read"),
        (wanted(&[Scope::Read], 0), "days"),
        (wanted(&[Scope::Read], 366), "days"),
    ] {
        assert_eq!(field_of(&house.make(&ana, wrong).await.unwrap_err()), field);
    }
    let member = house.seed(|person| person.role = Role::Member).await;
    let member = house.studio.signed_in(member).await.unwrap();
    for scope in [Scope::Admin, Scope::Review] {
        assert_eq!(house.make(&member, wanted(&[scope], 1)).await.unwrap_err(), Problem::NotPermitted);
    }
    assert!(house.make(&member, wanted(&[Scope::Read, Scope::Run], 1)).await.is_ok());
    house.clock.pass(TOUCH_LIFE + Duration::from_secs(1));
    assert_eq!(house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap_err(), Problem::TouchNeeded);
}

#[tokio::test]
async fn there_are_only_so_many() {
    let house = House::new().await;
    let ana = house.owner().await;
    for _ in 0..TOKENS_MAX {
        house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap();
    }
    assert_eq!(field_of(&house.make(&ana, wanted(&[Scope::Read], 1)).await.unwrap_err()), "name");
}

#[test]
fn every_scope_has_its_own_word() {
    let words: Vec<&str> = Scope::ALL.into_iter().map(Scope::as_str).collect();
    assert_eq!(words, ["read", "run", "review", "admin"]);
    assert!(Scopes::default().is_empty());
}
