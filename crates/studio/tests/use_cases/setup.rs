//! The first owner.

use crate::{
    fakes::key,
    house::{House, field_of},
};
use api_types::{CeremonyId, PersonId, Problem, Role};
use std::time::Duration;
use studio::{CEREMONY_LIFE, NAME_CHARS_MAX, NewSession, SETUP_CODE_LIFE};

const SECOND: Duration = Duration::from_secs(1);

impl House {
    async fn begin(&self, code: &str) -> Result<CeremonyId, Problem> {
        let start = self.studio.start_setup(code, "Ana", "browser".to_owned()).await?;
        Ok(start.ceremony)
    }

    async fn end(&self, ceremony: CeremonyId, name: &str) -> Result<NewSession, Problem> {
        let credential = key(name, PersonId(self.new_id()));
        self.studio.finish_setup(ceremony, &credential, "browser", "Firefox").await
    }

    /// Somebody who is no owner, with a passkey of this name.
    async fn seed_key(&self, name: &str) {
        let somebody = self.somebody().await;
        self.add(&somebody, name).await.unwrap();
    }

    async fn code(&self) -> String {
        self.studio.new_setup_code().await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_code_makes_one_owner_who_is_signed_in_and_works_no_second_time() {
    let house = House::new().await;
    assert!(!house.studio.has_owner().await.unwrap());
    let code = house.code().await;
    let ceremony = house.begin(&code).await.unwrap();
    let session = house.end(ceremony, "key").await.unwrap();
    let ana = house.studio.signed_in(session.id).await.unwrap();
    assert_eq!((ana.name(), ana.role()), ("Ana", Role::Owner));
    assert!(ana.admin().is_ok() && ana.reviewer().is_ok());

    assert!(house.studio.has_owner().await.unwrap());
    assert_eq!(house.studio.new_setup_code().await.unwrap(), None);
    assert!(matches!(house.begin(&code).await, Err(Problem::Changed { .. })));
}

#[tokio::test]
async fn a_code_is_read_however_it_is_typed_and_no_other_is_taken() {
    let house = House::new().await;
    let code = house.code().await;
    let sloppy = code.to_lowercase().replace('-', " ");
    assert!(house.begin(&sloppy).await.is_ok());
    for wrong in ["", "AAAA-BBBB-CCCC-DDDD", &code[..18]] {
        assert_eq!(field_of(&house.begin(wrong).await.unwrap_err()), "code", "{wrong}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_seven_days() {
    let house = House::new().await;
    let code = house.code().await;
    house.clock.pass(SETUP_CODE_LIFE);
    assert!(house.begin(&code).await.is_ok());
    house.clock.pass(SECOND);
    assert_eq!(field_of(&house.begin(&code).await.unwrap_err()), "code");
}

#[tokio::test]
async fn a_code_that_expires_in_the_middle_makes_no_owner() {
    let house = House::new().await;
    let code = house.code().await;
    house.clock.pass(SETUP_CODE_LIFE);
    let ceremony = house.begin(&code).await.unwrap();
    house.clock.pass(SECOND);
    assert!(matches!(house.end(ceremony, "key").await, Err(Problem::Expired { .. })));
    assert!(!house.studio.has_owner().await.unwrap());
}

#[tokio::test]
async fn a_new_code_takes_the_place_of_the_old_one() {
    let house = House::new().await;
    let (old, new) = (house.code().await, house.code().await);
    assert_eq!(field_of(&house.begin(&old).await.unwrap_err()), "code");
    assert!(house.begin(&new).await.is_ok());
}

#[tokio::test]
async fn a_ceremony_lasts_five_minutes_in_one_browser_and_is_used_up_by_a_try() {
    let house = House::new().await;
    let code = house.code().await;
    let late = house.begin(&code).await.unwrap();
    house.clock.pass(CEREMONY_LIFE);
    assert!(matches!(house.end(late, "key").await, Err(Problem::Expired { .. })));

    let elsewhere = house.begin(&code).await.unwrap();
    let credential = key("key", PersonId(house.new_id()));
    let stolen = house.studio.finish_setup(elsewhere, &credential, "another browser", "").await;
    assert!(matches!(stolen, Err(Problem::Expired { .. })), "{stolen:?}");
    assert!(matches!(house.end(elsewhere, "key").await, Err(Problem::Expired { .. })), "and it is used up");

    let just_in_time = house.begin(&code).await.unwrap();
    house.clock.pass(CEREMONY_LIFE - SECOND);
    assert!(house.end(just_in_time, "key").await.is_ok());
}

#[tokio::test]
async fn a_ceremony_to_sign_in_makes_no_owner() {
    let house = House::new().await;
    house.code().await;
    let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap();
    assert!(matches!(house.end(start.ceremony, "key").await, Err(Problem::Expired { .. })));
    assert!(!house.studio.has_owner().await.unwrap());
}

#[tokio::test]
async fn of_two_who_begin_with_the_same_code_the_first_to_end_is_the_owner() {
    let house = House::new().await;
    let code = house.code().await;
    let (first, second) = (house.begin(&code).await.unwrap(), house.begin(&code).await.unwrap());
    let (first, second) = tokio::join!(house.end(first, "one"), house.end(second, "two"));
    let mut ended = [first, second].into_iter().filter(Result::is_ok);
    assert!(ended.next().is_some() && ended.next().is_none(), "one of them, not both");
}

#[tokio::test]
async fn a_key_that_is_refused_leaves_the_code_for_another_try() {
    let house = House::new().await;
    let code = house.code().await;
    let ceremony = house.begin(&code).await.unwrap();
    assert!(matches!(house.end(ceremony, "refused").await, Err(Problem::WrongKey { .. })));
    // A key of somebody who is no owner: whatever brought them here.
    house.seed_key("known").await;
    let ceremony = house.begin(&code).await.unwrap();
    assert!(matches!(house.end(ceremony, "known").await, Err(Problem::WrongKey { .. })));
    let ceremony = house.begin(&code).await.unwrap();
    assert!(house.end(ceremony, "key").await.is_ok());
}

#[tokio::test]
async fn an_owner_has_a_name_of_one_line() {
    let house = House::new().await;
    let code = house.code().await;
    let long = "n".repeat(NAME_CHARS_MAX + 1);
    for wrong in ["", "  ", "a\0b", "a\u{7}b", &long] {
        let refused = house.studio.start_setup(&code, wrong, "browser".to_owned()).await;
        assert_eq!(field_of(&refused.unwrap_err()), "name", "{wrong:?}");
    }
    let start = house.studio.start_setup(&code, " Ana \n Maria ", "browser".to_owned()).await.unwrap();
    assert_eq!(start.options, "register Ana Maria");
}
