//! The way back in for who lost every key.

use crate::{
    fakes::key,
    house::{House, field_of},
};
use api_types::{AccountEventKind, CeremonyId, PersonId, Problem, Role};
use std::{collections::BTreeSet, time::Duration};
use studio::{CEREMONY_LIFE, NewSession, RECOVERY_CODES, SETUP_CODE_LIFE, SignedIn, ports::Clock};

impl House {
    async fn codes(&self, by: &SignedIn) -> Vec<String> {
        self.studio.make_codes(&by.touched(self.clock.now()).unwrap()).await.unwrap()
    }

    async fn left(&self, by: &SignedIn) -> Option<u32> {
        self.studio.recovery_codes(by).await.unwrap().map(|codes| codes.left)
    }

    async fn begin_recovery(&self, code: &str) -> Result<CeremonyId, Problem> {
        Ok(self.studio.start_recovery(code, "browser".to_owned()).await?.ceremony)
    }

    async fn end_recovery(&self, ceremony: CeremonyId, name: &str) -> Result<NewSession, Problem> {
        let credential = key(name, PersonId(self.new_id()));
        self.studio.finish_recovery(ceremony, &credential, "browser", "Firefox/140").await
    }
}

fn is_over<T>(result: Result<T, Problem>) -> bool {
    matches!(result, Err(Problem::Expired { .. }))
}

#[tokio::test]
async fn ten_codes_of_which_each_makes_one_passkey_and_signs_in() {
    let house = House::new().await;
    let ana = house.owner().await;
    assert_eq!(house.left(&ana).await, None);
    let codes = house.codes(&ana).await;
    assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), RECOVERY_CODES);
    assert_eq!(house.left(&ana).await, Some(10));

    let sloppy = codes[3].to_lowercase().replace('-', " ");
    let ceremony = house.begin_recovery(&sloppy).await.unwrap();
    let session = house.end_recovery(ceremony, "new-phone").await.unwrap();
    let back = house.studio.signed_in(session.id).await.unwrap();
    assert_eq!(back.person(), ana.person());
    assert!(back.touched(house.clock.now()).is_ok());
    assert_eq!(house.left(&ana).await, Some(9));
    assert_eq!(house.studio.passkeys(&ana).await.unwrap().len(), 2);
    assert_eq!(house.told(&ana).await[0], (AccountEventKind::CodeUsed, "Firefox".to_owned()));

    assert_eq!(field_of(&house.begin_recovery(&codes[3]).await.unwrap_err()), "code");
    assert!(house.begin_recovery(&codes[4]).await.is_ok());
}

#[tokio::test]
async fn nothing_is_used_up_when_the_key_is_not_made() {
    let house = House::new().await;
    let ana = house.owner().await;
    let code = &house.codes(&ana).await[0];
    let ceremony = house.begin_recovery(code).await.unwrap();
    assert!(matches!(house.end_recovery(ceremony, "refused").await, Err(Problem::WrongKey { .. })));
    let ceremony = house.begin_recovery(code).await.unwrap();
    assert!(matches!(house.end_recovery(ceremony, "anas-key").await, Err(Problem::WrongKey { .. })));
    let late = house.begin_recovery(code).await.unwrap();
    house.clock.pass(CEREMONY_LIFE);
    assert!(is_over(house.end_recovery(late, "phone").await));
    assert_eq!(house.left(&ana).await, Some(10));
    let ceremony = house.begin_recovery(code).await.unwrap();
    assert!(house.end_recovery(ceremony, "phone").await.is_ok());
}

#[tokio::test]
async fn of_two_who_use_one_code_at_once_one_comes_in() {
    let house = House::new().await;
    let ana = house.owner().await;
    let code = &house.codes(&ana).await[0];
    let (one, two) = (house.begin_recovery(code).await.unwrap(), house.begin_recovery(code).await.unwrap());
    let (one, two) = tokio::join!(house.end_recovery(one, "one"), house.end_recovery(two, "two"));
    assert!(one.is_ok() != two.is_ok());
    assert_eq!((house.left(&ana).await, house.studio.passkeys(&ana).await.unwrap().len()), (Some(9), 2));
}

#[tokio::test]
async fn new_codes_void_the_old_ones_and_a_recovery_under_way_with_them() {
    let house = House::new().await;
    let ana = house.owner().await;
    let old = house.codes(&ana).await;
    let under_way = house.begin_recovery(&old[0]).await.unwrap();
    house.codes(&ana).await;
    assert!(is_over(house.end_recovery(under_way, "phone").await));
    assert_eq!(field_of(&house.begin_recovery(&old[1]).await.unwrap_err()), "code");
    assert_eq!(house.left(&ana).await, Some(10));
}

#[tokio::test]
async fn no_code_lets_in_whom_an_administrator_shut_out() {
    let house = House::new().await;
    let now = house.clock.now();
    let ben = house.seed(|person| person.disabled_at = None).await;
    let ben = house.studio.signed_in(ben).await.unwrap();
    let code = house.codes(&ben).await.remove(0);
    assert!(house.begin_recovery(&code).await.is_ok());
    assert_eq!(field_of(&house.begin_recovery("ABCD-EFGH-JKLM-NPQR").await.unwrap_err()), "code");
    // Written as an administrator would: the codes of somebody who cannot sign in are worth nothing.
    let digest = studio::digest(&code);
    let shut_out = house.seed(|person| person.disabled_at = Some(now)).await;
    let (_, person) = house.studio.store.session_with_person(shut_out).await.unwrap().unwrap();
    let owned = studio::ports::store::Owned { organization: person.organization, owner: person.id };
    let (ben_owned, theirs) = (ben.owned(), digest.clone());
    house
        .studio
        .store
        .write::<_, studio::ports::store::StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.replace_recovery_codes(ben_owned, &[], now).await?;
                tx.replace_recovery_codes(owned, &[theirs], now).await
            })
        })
        .await
        .unwrap();
    assert_eq!(field_of(&house.begin_recovery(&code).await.unwrap_err()), "code");
}

#[tokio::test]
async fn an_owner_who_lost_everything_comes_back_with_a_code_made_on_the_server() {
    let house = House::new().await;
    let ana = house.owner().await;
    let code = house.studio.new_personal_code(None).await.unwrap();
    assert_eq!(code.name, "Ana");
    assert!(matches!(
        house.studio.start_setup(&code.code, "Eve", "browser".to_owned()).await,
        Err(Problem::Changed { .. })
    ));
    let ceremony = house.begin_recovery(&code.code).await.unwrap();
    let back = house.end_recovery(ceremony, "new-phone").await.unwrap();
    assert_eq!(house.studio.signed_in(back.id).await.unwrap().person(), ana.person());
    assert_eq!(field_of(&house.begin_recovery(&code.code).await.unwrap_err()), "code", "it works once");

    let old = house.studio.new_personal_code(None).await.unwrap();
    let new = house.studio.new_personal_code(Some("Ana")).await.unwrap();
    assert!(house.begin_recovery(&old.code).await.is_err(), "a new one takes the place of the old");
    house.clock.pass(SETUP_CODE_LIFE + Duration::from_secs(1));
    assert!(house.begin_recovery(&new.code).await.is_err(), "and lasts seven days");
}

#[tokio::test]
async fn whoever_runs_the_studio_brings_back_anybody_by_name_or_id() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let for_ben = house.studio.new_personal_code(Some("Ben")).await.unwrap();
    let for_ana = house.studio.new_personal_code(Some(&ana.person().to_string())).await.unwrap();
    assert_eq!((for_ben.name.as_str(), for_ana.name.as_str()), ("Ben", "Ana"));
    let ceremony = house.begin_recovery(&for_ben.code).await.unwrap();
    let back = house.end_recovery(ceremony, "bens-new-phone").await.unwrap();
    let back = house.studio.signed_in(back.id).await.unwrap();
    assert_eq!((back.person(), back.role()), (ben.person(), Role::Member));
    assert!(house.begin_recovery(&for_ana.code).await.is_ok(), "a code of one voids none of another");

    let nobody = house.studio.new_personal_code(Some("Eve")).await.unwrap_err().to_string();
    assert!(nobody.contains("Nobody who may sign in is called \"Eve\""), "{nobody}");
    let other = house.joins(&ana, "Cem", Role::Member).await;
    house.studio.rename_account(&other.in_session().unwrap(), "Ben").await.unwrap();
    let two = house.studio.new_personal_code(Some("Ben")).await.unwrap_err().to_string();
    assert!(two.contains(&ben.person().to_string()) && two.contains(&other.person().to_string()), "{two}");
    let admin = ana.touched_admin(house.clock.now()).unwrap();
    house.studio.disable_person(&admin, other.person()).await.unwrap();
    assert!(house.studio.new_personal_code(Some(&other.person().to_string())).await.is_err(), "shut out");
}

#[tokio::test]
async fn of_several_owners_one_has_to_be_named() {
    let house = House::new().await;
    house.owner().await;
    house.seed(|person| person.role = Role::Owner).await;
    let refused = house.studio.new_personal_code(None).await.unwrap_err();
    assert!(refused.to_string().ends_with("The owners are: Ana, Ben."), "{refused}");
    assert!(house.studio.new_personal_code(Some("Cem")).await.is_err());
    assert_eq!(house.studio.new_personal_code(Some("Ben")).await.unwrap().name, "Ben");
}
