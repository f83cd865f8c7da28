//! Role, access, deletion: who may do what to whom.

use crate::{
    fakes::key,
    house::{House, field_of},
};
use api_types::{AccountEventKind, AnswerState, PersonId, Problem, Role};
use studio::{
    DELETED_NAME, InviteState, NewInvite, PEOPLE_PER_PAGE, SignedIn,
    ports::{ChatEvent, Clock, store::SessionEnd},
};

/// What is tried.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Role(Role),
    Disable,
    Enable,
    Delete,
}

impl House {
    async fn attempt(&self, by: &SignedIn, of: &SignedIn, deed: Deed) -> Result<(), Problem> {
        self.attempt_on(by, of.person(), of.name(), deed).await
    }

    async fn attempt_on(&self, by: &SignedIn, id: PersonId, name: &str, deed: Deed) -> Result<(), Problem> {
        let admin = by.touched_admin(self.clock.now())?;
        match deed {
            Deed::Role(role) => self.studio.set_role(&admin, id, role, false).await,
            Deed::Disable => self.studio.disable_person(&admin, id).await,
            Deed::Enable => self.studio.enable_person(&admin, id).await,
            Deed::Delete => self.studio.delete_person(&admin, id, name).await,
        }
    }
}

/// How an attempt goes.
fn word(result: &Result<(), Problem>) -> &'static str {
    match result {
        Ok(()) => "done",
        Err(problem) => problem.code(),
    }
}

#[tokio::test]
async fn the_table_of_who_may_do_what_to_whom() {
    use Deed::{Delete, Disable, Enable, Role as Set};
    use Role::{Admin, Member, Owner};
    // By whom, to whom, what, how it goes. "self" is the one who tries.
    let table: [(Role, Option<Role>, Deed, &str); 33] = [
        (Member, Some(Member), Set(Member), "not_permitted"),
        (Member, Some(Member), Disable, "not_permitted"),
        (Member, Some(Member), Delete, "not_permitted"),
        (Member, None, Set(Owner), "not_permitted"),
        (Admin, Some(Member), Set(Member), "done"),
        (Admin, Some(Member), Set(Admin), "done"),
        (Admin, Some(Member), Set(Owner), "not_permitted"),
        (Admin, Some(Member), Disable, "done"),
        (Admin, Some(Member), Enable, "done"),
        (Admin, Some(Member), Delete, "done"),
        (Admin, Some(Admin), Set(Member), "not_permitted"),
        (Admin, Some(Admin), Disable, "not_permitted"),
        (Admin, Some(Admin), Delete, "not_permitted"),
        (Admin, Some(Owner), Set(Member), "not_permitted"),
        (Admin, Some(Owner), Set(Owner), "not_permitted"),
        (Admin, Some(Owner), Disable, "not_permitted"),
        (Admin, Some(Owner), Enable, "not_permitted"),
        (Admin, Some(Owner), Delete, "not_permitted"),
        (Admin, None, Set(Member), "not_permitted"),
        (Admin, None, Set(Owner), "not_permitted"),
        (Admin, None, Disable, "changed"),
        (Admin, None, Delete, "changed"),
        (Owner, Some(Member), Set(Owner), "done"),
        (Owner, Some(Admin), Set(Member), "done"),
        (Owner, Some(Admin), Disable, "done"),
        (Owner, Some(Admin), Delete, "done"),
        (Owner, Some(Owner), Set(Admin), "done"),
        (Owner, Some(Owner), Disable, "done"),
        (Owner, Some(Owner), Delete, "done"),
        (Owner, None, Disable, "changed"),
        (Owner, None, Delete, "changed"),
        (Owner, None, Enable, "changed"),
        // Ana is there besides.
        (Owner, None, Set(Member), "done"),
    ];
    let house = House::new().await;
    let ana = house.owner().await;
    for (number, (by, of, deed, expected)) in table.into_iter().enumerate() {
        let doer = house.joins(&ana, &format!("Doer {number}"), by).await;
        let subject = match of {
            Some(role) => house.joins(&ana, &format!("Subject {number}"), role).await,
            None => doer.clone(),
        };
        let result = house.attempt(&doer, &subject, deed).await;
        assert_eq!(word(&result), expected, "{by:?} to {of:?}: {deed:?}");
    }
}

#[tokio::test]
async fn the_last_owner_cannot_go() {
    let house = House::new().await;
    let ana = house.owner().await;
    let last = |result: Result<(), Problem>| matches!(result, Err(Problem::Changed { .. }));
    assert!(last(house.attempt(&ana, &ana, Deed::Role(Role::Admin)).await));
    assert!(last(house.studio.delete_account(&ana.touched(house.clock.now()).unwrap(), "Ana").await));

    // An owner who cannot sign in is none.
    let ben = house.joins(&ana, "Ben", Role::Owner).await;
    house.attempt(&ana, &ben, Deed::Disable).await.unwrap();
    assert!(last(house.attempt(&ana, &ana, Deed::Role(Role::Member)).await));
    house.attempt(&ana, &ben, Deed::Enable).await.unwrap();

    // Two who send each other away at once: one stays.
    let (one, two) = tokio::join!(
        house.attempt(&ana, &ben, Deed::Role(Role::Member)),
        house.attempt(&ben, &ana, Deed::Role(Role::Member)),
    );
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!(house.studio.has_owner().await.unwrap());
}

#[tokio::test]
async fn who_was_an_administrator_when_the_request_came_and_is_none_now_changes_nobody() {
    use Deed::{Delete, Disable, Enable, Role as Set};
    let house = House::new().await;
    let ana = house.owner().await;
    let cem = house.joins(&ana, "Cem", Role::Member).await;
    // What happens to Ben meanwhile, and what he is told then.
    for (meanwhile, told) in [(Set(Role::Member), "not_permitted"), (Disable, "sign_in"), (Delete, "sign_in")]
    {
        let ben = house.joins(&ana, &format!("Ben, {meanwhile:?}"), Role::Admin).await;
        house.attempt(&ana, &ben, meanwhile).await.unwrap();
        for deed in [Set(Role::Admin), Disable, Enable, Delete] {
            assert_eq!(word(&house.attempt(&ben, &cem, deed).await), told, "{deed:?} after {meanwhile:?}");
        }
    }
    // An owner who is an administrator by now makes no owners, and changes none.
    let ben = house.joins(&ana, "Ben", Role::Owner).await;
    house.attempt(&ana, &ben, Set(Role::Admin)).await.unwrap();
    assert_eq!(word(&house.attempt(&ben, &cem, Set(Role::Owner)).await), "not_permitted");
    assert_eq!(word(&house.attempt(&ben, &ana, Disable).await), "not_permitted");
    assert_eq!(word(&house.attempt(&ben, &ben, Set(Role::Owner)).await), "not_permitted");
    assert_eq!(house.studio.signed_in(cem.session()).await.unwrap().role(), Role::Member);
}

#[tokio::test]
async fn reviewers_are_made_by_owners_and_by_administrators_who_are_reviewers() {
    let house = House::new().await;
    let ana = house.owner().await;
    let set = async |by: &SignedIn, of: &SignedIn, role, reviewer| {
        let admin = by.touched_admin(house.clock.now()).unwrap();
        house.studio.set_role(&admin, of.person(), role, reviewer).await
    };
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let cem = house.joins(&ana, "Cem", Role::Member).await;
    let invite = NewInvite { role: Role::Member, reviewer: true, note: String::new(), days: 7 };
    let invited = async |by: &SignedIn| {
        let admin = by.touched_admin(house.clock.now()).unwrap();
        house.studio.make_invite(&admin, invite.clone()).await
    };
    assert!(!ben.admin().unwrap().makes_reviewers() && ana.admin().unwrap().makes_reviewers());
    assert_eq!(set(&ben, &cem, Role::Member, true).await, Err(Problem::ReviewerNeeded));
    assert_eq!(invited(&ben).await, Err(Problem::ReviewerNeeded));

    // Who is one already stays one, and may be made none.
    set(&ana, &cem, Role::Member, true).await.unwrap();
    let dora = house.joins(&ana, "Dora", Role::Member).await;
    set(&ana, &dora, Role::Member, true).await.unwrap();
    assert_eq!(set(&ben, &cem, Role::Admin, true).await, Ok(()));
    assert_eq!(set(&ben, &dora, Role::Member, false).await, Ok(()));
    let cem = house.again(&cem).await;
    assert!(cem.admin().unwrap().makes_reviewers());
    assert_eq!(set(&cem, &dora, Role::Member, true).await, Ok(()));

    // An owner need not be one.
    set(&ana, &ana, Role::Owner, false).await.unwrap();
    let ana = house.again(&ana).await;
    assert!(ana.reviewer().is_err() && invited(&ana).await.is_ok());

    // What a reviewer invited to goes with the flag.
    let code = invited(&cem).await.unwrap();
    set(&ana, &cem, Role::Admin, false).await.unwrap();
    assert_eq!(field_of(&house.join(&code, "Eve").await.unwrap_err()), "code");
    let listed = house.studio.invites(&ana.admin().unwrap(), None).await.unwrap().invites.remove(0);
    assert_eq!(listed.invite.state(house.clock.now()), InviteState::Revoked);
    assert_eq!(invited(&cem).await, Err(Problem::ReviewerNeeded), "as they are now");
}

#[tokio::test]
async fn somebody_of_another_organization_is_not_found() {
    let house = House::new().await;
    let ana = house.owner().await;
    let stranger = house.somebody().await;
    for deed in [Deed::Role(Role::Member), Deed::Disable, Deed::Enable, Deed::Delete] {
        for id in [stranger.person(), PersonId(house.new_id())] {
            assert_eq!(house.attempt_on(&ana, id, "Ben", deed).await, Err(Problem::NotFound), "{deed:?}");
        }
    }
    let admin = ana.admin().unwrap();
    assert_eq!(house.studio.person(&admin, stranger.person()).await.map(drop), Err(Problem::NotFound));
    assert_eq!(house.studio.people(&admin, None).await.unwrap().people.len(), 1);
}

#[tokio::test]
async fn a_changed_role_is_told_and_holds_with_the_next_request() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let admin = ana.touched_admin(house.clock.now()).unwrap();
    for _ in 0..2 {
        house.studio.set_role(&admin, ben.person(), Role::Admin, true).await.unwrap();
    }
    let ben = house.studio.signed_in(ben.session()).await.unwrap();
    assert_eq!((ben.role(), ben.reviewer().is_ok()), (Role::Admin, true));
    let events = house.studio.store.account_events(ben.owned(), None, 9).await.unwrap();
    let told: Vec<_> = events.iter().map(|event| (event.kind, event.detail.as_str())).collect();
    // The second time nothing changed.
    let expected = [
        (AccountEventKind::RoleChanged, "Administrator, reviewer (by Ana)"),
        (AccountEventKind::Joined, "Passkey"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn who_is_disabled_in_the_middle_of_an_answer_is_out_and_the_answer_stops() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    house.model.begins(ChatEvent::Delta("It begins".to_owned()));
    let opened = house.send(&ben, None, "Go on").await.unwrap();
    let live = house.live(&ben, &opened);
    let disable = async {
        while live.view(0).text.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        house.attempt(&ana, &ben, Deed::Disable).await.unwrap();
    };
    tokio::join!(house.work(), disable);
    let run = house.studio.store.answer(ben.owned(), opened.run.run).await.unwrap().unwrap();
    assert_eq!(run.state, AnswerState::Stopped);
    assert_eq!(house.studio.signed_in(ben.session()).await.map(drop), Err(Problem::SignIn));
    let (session, _) = house.studio.store.session_with_person(ben.session()).await.unwrap().unwrap();
    assert_eq!(session.end_reason, Some(SessionEnd::Disabled));
    let sign_in = async || {
        let start = house.studio.start_sign_in("browser".to_owned()).await.unwrap();
        house.studio.finish_sign_in(start.ceremony, &key("Ben", ben.person()), "browser", "").await
    };
    let refused = sign_in().await.unwrap_err();
    assert!(
        matches!(&refused, Problem::WrongKey { detail } if detail.contains("closed this account")),
        "{refused:?}"
    );

    house.attempt(&ana, &ben, Deed::Enable).await.unwrap();
    assert_eq!(house.studio.signed_in(ben.session()).await.map(drop), Err(Problem::SignIn), "it stays ended");
    let session = sign_in().await.unwrap();
    let ben = house.studio.signed_in(session.id).await.unwrap();
    assert_eq!(house.studio.conversations(&ben, None).await.unwrap().conversations.len(), 1, "all is kept");
}

#[tokio::test]
async fn who_is_disabled_in_another_process_is_written_for_no_longer() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    house.model.begins(ChatEvent::Delta("It begins".to_owned()));
    let opened = house.send(&ben, None, "Go on").await.unwrap();
    let elsewhere = async {
        house.studio.stop_shut_out().await.unwrap();
        house.becomes(ben.owned(), Role::Member, Some(house.studio.now())).await;
        house.studio.stop_shut_out().await.unwrap();
    };
    tokio::join!(house.work(), elsewhere);
    let run = house.studio.store.answer(ben.owned(), opened.run.run).await.unwrap().unwrap();
    assert_eq!(run.state, AnswerState::Stopped);
}

#[tokio::test]
async fn who_is_deleted_is_gone_with_all_that_was_theirs() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let (opened, _) = house.chat(&ben, None, "Only mine").await;
    let (kept, _) = house.chat(&ana, None, "Hers").await;
    let admin = ana.admin().unwrap();
    let before = house.studio.person(&admin, ben.person()).await.unwrap().belongings;
    assert_eq!((before.conversations, before.passkeys), (1, 1));

    let wrong = house.attempt_on(&ana, ben.person(), "Benny", Deed::Delete).await.unwrap_err();
    assert_eq!(field_of(&wrong), "name");
    house.attempt_on(&ana, ben.person(), " Ben ", Deed::Delete).await.unwrap();
    assert_eq!(house.attempt(&ana, &ben, Deed::Delete).await, Err(Problem::NotFound));
    assert_eq!(house.studio.signed_in(ben.session()).await.map(drop), Err(Problem::SignIn));
    let (_, row) = house.studio.store.session_with_person(ben.session()).await.unwrap().unwrap();
    assert_eq!((row.name.as_str(), row.role), (DELETED_NAME, Role::Member));
    assert_eq!(house.studio.people(&admin, None).await.unwrap().people.len(), 1);

    house.studio.live.bin_due().await;
    assert_eq!(house.studio.empty_bin().await.unwrap(), 1);
    assert!(
        house
            .studio
            .store
            .message(ben.owned(), opened.conversation, opened.answer.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(house.studio.conversation(&ana, kept.conversation, None).await.is_ok());
}

#[tokio::test]
async fn people_come_by_the_page() {
    let house = House::open().await;
    let ana = house.owner().await;
    for number in 0..PEOPLE_PER_PAGE {
        house.join("", &format!("Person {number}")).await.unwrap();
    }
    let admin = ana.admin().unwrap();
    let first = house.studio.people(&admin, None).await.unwrap();
    assert_eq!((first.people.len(), first.people[0].person.id), (PEOPLE_PER_PAGE as usize, ana.person()));
    let rest = house.studio.people(&admin, first.next).await.unwrap();
    assert_eq!((rest.people.len(), rest.next), (1, None));
}
