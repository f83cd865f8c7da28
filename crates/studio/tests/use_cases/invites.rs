//! Invitations, and who comes in with them.

use crate::{
    fakes::{YUBI, faulty, key},
    house::{House, field_of},
};
use api_types::{AccountEventKind, InviteId, Invited, PersonId, Problem, Role};
use std::time::Duration;
use studio::{
    INVITE_DAYS_MAX, INVITE_NOTE_CHARS_MAX, InviteState, NewInvite, SignedIn, TOUCH_LIFE,
    ports::{
        Clock, Refusal, Timestamp,
        store::{Owned, StoreError},
    },
};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3_600);

fn to(role: Role) -> NewInvite {
    NewInvite { role, reviewer: false, note: "For Ben".to_owned(), days: 7 }
}

impl House {
    async fn invite(&self, by: &SignedIn, new: NewInvite) -> Result<String, Problem> {
        let admin = by.touched_admin(self.clock.now())?;
        self.studio.make_invite(&admin, new).await
    }
}

#[tokio::test]
async fn who_is_invited_is_what_the_invitation_says_and_nobody_comes_after() {
    let house = House::new().await;
    let ana = house.owner().await;
    let new = NewInvite { reviewer: true, ..to(Role::Admin) };
    let code = house.invite(&ana, new).await.unwrap();
    let session = house.join(&code.to_lowercase(), "  Ben \n K ").await.unwrap();
    let ben = house.studio.signed_in(session.id).await.unwrap();
    assert_eq!((ben.name(), ben.role(), ben.reviewer().is_ok()), ("Ben K", Role::Admin, true));
    assert_eq!(ben.owned().organization, ana.owned().organization);
    assert!(ben.touched(house.clock.now()).is_ok(), "a first passkey is a touch");
    let events = house.studio.store.account_events(ben.owned(), None, 5).await.unwrap();
    assert_eq!(events.iter().map(|event| event.kind).collect::<Vec<_>>(), [AccountEventKind::Joined]);

    assert_eq!(field_of(&house.join(&code, "Eve").await.unwrap_err()), "code");
    let list = house.studio.invites(&ana.admin().unwrap(), None).await.unwrap();
    let used = &list.invites[0];
    assert_eq!(used.invite.state(house.clock.now()), InviteState::Used);
    assert_eq!((used.by.as_str(), used.joined.as_deref()), ("Ana", Some("Ben K")));
    assert!(!format!("{list:?}").contains(&code), "the code is nowhere");
}

#[tokio::test]
async fn nobody_invites_above_themselves_and_a_member_invites_nobody() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let cem = house.joins(&ana, "Cem", Role::Member).await;
    for (by, role, may) in [
        (&ana, Role::Owner, true),
        (&ana, Role::Admin, true),
        (&ben, Role::Owner, false),
        (&ben, Role::Admin, true),
        (&ben, Role::Member, true),
        (&cem, Role::Member, false),
    ] {
        let made = house.invite(by, to(role)).await;
        assert_eq!(made.is_ok(), may, "{} invites {role:?}", by.name());
        assert!(may || made == Err(Problem::NotPermitted));
    }
    house.clock.pass(TOUCH_LIFE + SECOND);
    assert_eq!(house.invite(&ana, to(Role::Member)).await, Err(Problem::TouchNeeded));
}

#[tokio::test]
async fn an_invitation_has_a_short_note_and_a_short_life() {
    let house = House::new().await;
    let ana = house.owner().await;
    let long = "n".repeat(INVITE_NOTE_CHARS_MAX + 1);
    for note in [&long, "a\0b", "a\u{7}b"] {
        let refused = house.invite(&ana, NewInvite { note: note.to_owned(), ..to(Role::Member) }).await;
        assert_eq!(field_of(&refused.unwrap_err()), "note", "{note:?}");
    }
    for days in [0, INVITE_DAYS_MAX + 1] {
        let refused = house.invite(&ana, NewInvite { days, ..to(Role::Member) }).await;
        assert_eq!(field_of(&refused.unwrap_err()), "days");
    }
    let code = house.invite(&ana, to(Role::Member)).await.unwrap();
    house.clock.pass(7 * DAY);
    let start = house.studio.start_join(&code, "Ben", "browser".to_owned()).await.unwrap();
    house.clock.pass(SECOND);
    // Good when it was begun, too old when it ends.
    let late =
        house.studio.finish_join(start.ceremony, &key("Ben", PersonId(house.new_id())), "browser", "").await;
    assert!(matches!(late, Err(Problem::Expired { .. })), "{late:?}");
    assert_eq!(field_of(&house.join(&code, "Ben").await.unwrap_err()), "code");
}

#[tokio::test]
async fn a_revoked_invitation_lets_nobody_in() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let code = house.invite(&ana, to(Role::Member)).await.unwrap();
    let begun = house.studio.start_join(&code, "Cem", "browser".to_owned()).await.unwrap();
    let open = house.studio.invites(&ben.admin().unwrap(), None).await.unwrap().invites.remove(0);
    let admin = ben.admin().unwrap();
    assert_eq!(house.studio.revoke_invite(&admin, InviteId(house.new_id())).await, Err(Problem::NotFound));
    house.studio.revoke_invite(&admin, open.invite.id).await.unwrap();
    assert_eq!(house.studio.revoke_invite(&admin, open.invite.id).await, Err(Problem::NotFound));
    assert_eq!(field_of(&house.join(&code, "Cem").await.unwrap_err()), "code");
    let ended =
        house.studio.finish_join(begun.ceremony, &key("Cem", PersonId(house.new_id())), "browser", "").await;
    assert!(matches!(ended, Err(Problem::Expired { .. })));
}

#[tokio::test]
async fn of_two_who_begin_with_the_same_invitation_one_comes_in() {
    let house = House::new().await;
    let ana = house.owner().await;
    let code = house.invite(&ana, to(Role::Member)).await.unwrap();
    let (one, two) = tokio::join!(house.join(&code, "One"), house.join(&code, "Two"));
    assert_eq!([&one, &two].iter().filter(|joined| joined.is_ok()).count(), 1);
    let people = house.studio.people(&ana.admin().unwrap(), None).await.unwrap().people;
    assert_eq!(people.len(), 2, "nothing is left of the other");
}

#[tokio::test]
async fn without_an_invitation_nobody_comes_in_unless_the_operator_says_so() {
    let house = House::new().await;
    house.owner().await;
    for code in ["", "  ", "AAAA-BBBB-CCCC-DDDD"] {
        assert_eq!(field_of(&house.join(code, "Eve").await.unwrap_err()), "code");
    }
    let open = House::open().await;
    assert!(matches!(open.join("", "Eve").await, Err(Problem::Changed { .. })), "nobody before the owner");
    let ana = open.owner().await;
    let session = open.join("", "Eve").await.unwrap();
    let eve = open.studio.signed_in(session.id).await.unwrap();
    assert_eq!((eve.role(), eve.reviewer().is_ok()), (Role::Member, false));
    assert_eq!(eve.owned().organization, ana.owned().organization);
    assert_eq!(field_of(&open.join("AAAA-BBBB-CCCC-DDDD", "Mal").await.unwrap_err()), "code");
}

#[tokio::test]
async fn who_may_not_invite_any_more_has_invited_nobody() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let cem = house.joins(&ana, "Cem", Role::Admin).await;
    let (by_ben, by_cem) = (
        house.invite(&ben, to(Role::Admin)).await.unwrap(),
        house.invite(&cem, to(Role::Admin)).await.unwrap(),
    );
    let admin = ana.touched_admin(house.clock.now()).unwrap();
    house.studio.set_role(&admin, ben.person(), Role::Member, false).await.unwrap();
    house.studio.disable_person(&admin, cem.person()).await.unwrap();
    for code in [by_ben, by_cem] {
        assert_eq!(field_of(&house.join(&code, "Eve").await.unwrap_err()), "code");
    }
}

impl House {
    /// What happens to somebody in another process, at the same moment: nothing is revoked with it.
    pub(crate) async fn becomes(&self, who: Owned, role: Role, disabled_at: Option<Timestamp>) {
        let changed = self.studio.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.set_role(who, role, false).await?;
                tx.set_disabled(who, disabled_at).await
            })
        });
        changed.await.unwrap();
    }
}

#[tokio::test]
async fn an_invitation_is_worth_what_its_giver_may_give_now() {
    let house = House::new().await;
    let ana = house.owner().await;
    let now = house.clock.now();
    // What the giver was and invited to, what they are now, and whether that is enough.
    for (was, to_role, is, disabled, may) in [
        (Role::Owner, Role::Owner, Role::Owner, None, true),
        (Role::Owner, Role::Owner, Role::Admin, None, false),
        (Role::Owner, Role::Admin, Role::Admin, None, true),
        (Role::Admin, Role::Member, Role::Member, None, false),
        (Role::Owner, Role::Member, Role::Owner, Some(now), false),
    ] {
        let giver = house.joins(&ana, &format!("Giver {}", house.new_id()), was).await;
        let code = house.invite(&giver, to(to_role)).await.unwrap();
        let begun = house.studio.start_join(&code, "Eve", "browser".to_owned()).await.unwrap().ceremony;
        let invited = Invited { by: giver.name().to_owned(), role: to_role.title().to_owned() };
        assert_eq!(house.studio.look_at_invite(&code).await, Ok(invited.clone()));
        house.becomes(giver.owned(), is, disabled).await;
        let case = format!("{was:?} is {is:?}, to {to_role:?}");
        let looked = house.studio.look_at_invite(&code).await;
        assert_eq!(looked.ok(), may.then_some(invited), "{case}");
        let name = format!("eve{}", house.new_id());
        let ended = house.studio.finish_join(begun, &key(&name, giver.person()), "browser", "").await;
        if may {
            assert!(ended.is_ok(), "{case}: {ended:?}");
        } else {
            assert!(matches!(ended, Err(Problem::Expired { .. })), "{case}: {ended:?}");
            assert_eq!(field_of(&house.join(&code, "Eve").await.unwrap_err()), "code", "{case}");
            house.becomes(giver.owned(), Role::Owner, None).await;
            assert!(house.join(&code, &name).await.is_ok(), "{case}: nobody has used it");
        }
    }
}

#[tokio::test]
async fn who_was_an_administrator_when_the_request_came_and_is_none_now_invites_nobody() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Owner).await;
    house.invite(&ana, to(Role::Member)).await.unwrap();
    house.becomes(ben.owned(), Role::Admin, None).await;
    assert_eq!(house.invite(&ben, to(Role::Owner)).await, Err(Problem::NotPermitted));
    assert!(house.invite(&ben, to(Role::Admin)).await.is_ok());
    house.becomes(ben.owned(), Role::Member, None).await;
    assert_eq!(house.invite(&ben, to(Role::Member)).await, Err(Problem::NotPermitted));
    let open = house.studio.invites(&ana.admin().unwrap(), None).await.unwrap().invites.remove(0);
    let revoke = async || house.studio.revoke_invite(&ben.admin().unwrap(), open.invite.id).await;
    assert_eq!(revoke().await, Err(Problem::NotPermitted));
    house.becomes(ben.owned(), Role::Admin, Some(house.clock.now())).await;
    assert_eq!(house.invite(&ben, to(Role::Member)).await, Err(Problem::SignIn));
    assert_eq!(revoke().await, Err(Problem::SignIn));
}

#[tokio::test]
async fn a_ceremony_to_join_is_bound_to_its_browser_and_signs_nobody_in() {
    let house = House::new().await;
    let ana = house.owner().await;
    let code = house.invite(&ana, to(Role::Member)).await.unwrap();
    let begin = async || house.studio.start_join(&code, "Ben", "browser".to_owned()).await.unwrap().ceremony;
    let credential = key("Ben", PersonId(house.new_id()));
    let ceremony = begin().await;
    let stolen = house.studio.finish_join(ceremony, &credential, "another", "").await;
    assert!(matches!(stolen, Err(Problem::Expired { .. })));
    let ceremony = begin().await;
    let other = house.studio.finish_sign_in(ceremony, &key("anas-key", ana.person()), "browser", "").await;
    assert!(matches!(other, Err(Problem::Expired { .. })));
    let ceremony = begin().await;
    let refused = house.studio.finish_join(ceremony, &key("refused", ana.person()), "browser", "").await;
    assert!(matches!(refused, Err(Problem::WrongKey { .. })), "{refused:?}");
    assert!(house.join(&code, "Ben").await.is_ok(), "the invitation is still there");
}

#[tokio::test]
async fn who_joins_with_an_invitation_hears_what_is_wrong_with_their_key_and_who_has_none_does_not() {
    let (house, open) = (House::new().await, House::open().await);
    let ana = house.owner().await;
    open.owner().await;
    let code = house.invite(&ana, to(Role::Member)).await.unwrap();
    let mut said = std::collections::BTreeSet::new();
    let nobody = PersonId(house.new_id());
    let faults = [Refusal::NotVerified, Refusal::NotResident].map(|why| faulty("phone", nobody, why));
    // What is here already is Ana's.
    for credential in faults.iter().chain([&key("anas-key", nobody)]) {
        let join = async |house: &House, code: &str| {
            let begun = house.studio.start_join(code, "Ben", "browser".to_owned()).await.unwrap().ceremony;
            house.studio.finish_join(begun, credential, "browser", "").await
        };
        match join(&house, &code).await {
            Err(Problem::WrongKey { detail }) => assert!(said.insert(detail), "{credential}"),
            other => panic!("{credential}: {other:?}"),
        }
        assert_eq!(join(&open, "").await, Err(Problem::KeyRefused), "{credential}");
    }
    assert!(house.join(&code, "Ben").await.is_ok(), "the invitation is still there");
}

#[tokio::test]
async fn a_first_passkey_is_known_as_well_as_any_other() {
    let house = House::new().await;
    let ana = house.owner().await;
    for (name, aaguid, synced, called) in
        [("phone", "", true, "Passkey"), ("yubi", YUBI, false, "YubiKey 5 NFC")]
    {
        let code = house.invite(&ana, to(Role::Member)).await.unwrap();
        let session = house.join(&code, name).await.unwrap();
        let by = house.studio.signed_in(session.id).await.unwrap();
        let row = house.studio.passkeys(&by).await.unwrap().remove(0);
        assert_eq!((row.aaguid.as_str(), row.synced, row.name.as_str()), (aaguid, Some(synced), called));
        let began = house.studio.store.account_events(by.owned(), None, 5).await.unwrap().remove(0);
        assert_eq!((began.kind, began.detail.as_str()), (AccountEventKind::Joined, called));
    }
}
