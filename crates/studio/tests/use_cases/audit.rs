//! The audit log: what every use case writes into it, who may read it, and that it is sealed.

use crate::{
    fakes::{faulty, key},
    house::House,
};
use api_types::{AuditAction, Flag, FlagMode, Micros, Price, Problem, ProviderKind, Role, Scopes};
use std::{collections::BTreeSet, time::Duration};
use studio::{
    AUDIT_ROWS_PER_PAGE, AUDIT_SEALED_WITHIN, AuditFilter, Finding, KeyChange, MakeToken, NewInvite,
    NewProvider, NewSession, ProviderChange, SessionToken, SignedIn,
    ports::{
        Clock as _, Refusal, Timestamp,
        store::{API_CLIENT, ListedAudit},
    },
    verify_audit,
};

impl House {
    /// The whole log of somebody's organization, the oldest first.
    async fn audit(&self, by: &SignedIn) -> Vec<ListedAudit> {
        self.audit_of(by, AuditFilter::default()).await
    }

    /// What a search finds in it.
    async fn audit_of(&self, by: &SignedIn, filter: AuditFilter) -> Vec<ListedAudit> {
        let (admin, mut before, mut all) = (by.admin().unwrap(), None, Vec::new());
        loop {
            let page = self.studio.audit_log(&admin, &filter, before).await.unwrap();
            all.extend(page.rows);
            before = page.next;
            if before.is_none() {
                all.reverse();
                return all;
            }
        }
    }

    /// The last row, which has to be of this action.
    async fn audited(&self, by: &SignedIn, action: AuditAction) -> ListedAudit {
        let last = self.audit(by).await.pop().unwrap();
        assert_eq!(last.line.action, action.as_str(), "{last:?}");
        last
    }

    async fn comes(&self, credential: &str) -> Result<NewSession, Problem> {
        let start = self.studio.start_sign_in("browser".to_owned()).await?;
        self.studio.finish_sign_in(start.ceremony, credential, "browser", "Firefox").await
    }

    async fn invites(&self, by: &SignedIn, role: Role) -> Result<String, Problem> {
        let new = NewInvite { role, reviewer: false, note: "for Ben, who is new".to_owned(), days: 7 };
        self.studio.make_invite(&by.touched_admin(self.clock.now())?, new).await
    }
}

fn words(words: &str) -> AuditFilter {
    AuditFilter { words: words.to_owned(), ..AuditFilter::default() }
}

#[tokio::test]
async fn every_action_is_written_by_who_does_it_and_there_is_no_name_and_no_text_in_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let joined = house.audited(&ana, AuditAction::PersonJoined).await;
    assert_eq!(joined.who_name.as_deref(), Some("Ana"));
    assert_eq!(joined.line.who_id, Some(ana.person().to_string()));
    assert_eq!(joined.line.via, Some(format!("session:{}", ana.session())));
    assert_eq!(joined.line.why.as_deref(), Some("owner_code"));

    everything(&house, &ana).await;
    let all = house.audit(&ana).await;
    let written: BTreeSet<&str> = all.iter().map(|row| row.line.action.as_str()).collect();
    let known: BTreeSet<&str> = AuditAction::ALL.iter().map(|action| action.as_str()).collect();
    let missing: Vec<_> = known.difference(&written).collect();
    assert!(missing.is_empty(), "nothing writes {missing:?}");

    let json = all.iter().map(|row| row.line.json()).collect::<Vec<_>>().join("\n");
    for text in [
        "Ana",
        "Ben",
        "Cem",
        "for Ben",
        "Not for",
        "Night job",
        "Firefox",
        "anas-key",
        "bens-key",
        "classified",
    ] {
        assert!(!json.contains(text), "{text} is in {json}");
    }
}

/// Does everything that is written down, but the joining of the first owner.
async fn everything(house: &House, ana: &SignedIn) {
    let (studio, now) = (&house.studio, house.clock.now());
    let (admin, boss) = (ana.admin().unwrap(), ana.touched_admin(now).unwrap());
    // Invitations: one is used, one revoked.
    let ben = house.joins(ana, "Ben", Role::Member).await;
    house.invites(ana, Role::Member).await.unwrap();
    let open = studio.invites(&admin, None).await.unwrap().invites.remove(0);
    studio.revoke_invite(&admin, open.invite.id).await.unwrap();

    // Keys, codes and tokens of Ben's, and his name.
    let (touch, session) = (ben.touched(now).unwrap(), ben.in_session().unwrap());
    house.add(&ben, "second").await.unwrap();
    studio.remove_passkey(&touch, "second").await.unwrap();
    studio.make_codes(&touch).await.unwrap();
    let wanted = MakeToken { name: "Night job".to_owned(), scopes: Scopes::parse("read").unwrap(), days: 3 };
    let (_, token) = studio.make_token(&touch, wanted).await.unwrap();
    studio.revoke_token(&session, token.id).await.unwrap();
    studio.rename_account(&session, "Benjamin").await.unwrap();
    studio.set_limits(&boss, ben.person(), Some(Micros(1)), Some(Micros(2))).await.unwrap();
    studio.set_flag(&boss, Flag::Chat, Some(FlagMode::Share(100))).await.unwrap();
    house.send(&ben, None, "Not for so little").await.unwrap_err();

    // Sessions: one is ended, two together, one was copied, one is his own.
    let other = house.session_row_of(&ben, |_| ()).await;
    studio.end_session(&session, other).await.unwrap();
    house.session_row_of(&ben, |_| ()).await;
    studio.end_other_sessions(&session).await.unwrap();
    let copied = house.session_row_of(&ben, |row| row.epoch = 5).await;
    studio.enter(SessionToken { session: copied, epoch: 1 }).await.unwrap_err();
    let right = key("Ben", ben.person());
    house.comes(&right).await.unwrap();
    house.comes(&faulty("Ben", ben.person(), Refusal::Cloned)).await.unwrap_err();
    studio.sign_out(&ben).await.unwrap();

    // Role, access, a code from the server, deletion.
    studio.set_role(&boss, ben.person(), Role::Admin, false).await.unwrap();
    let code = studio.new_personal_code(Some(&ben.person().to_string())).await.unwrap();
    let start = studio.start_recovery(&code.code, "browser".to_owned()).await.unwrap();
    let recovered = key("recovered", ben.person());
    studio.finish_recovery(start.ceremony, &recovered, "browser", "Firefox").await.unwrap();
    studio.disable_person(&boss, ben.person()).await.unwrap();
    let refused = house.comes(&right).await.unwrap_err();
    assert!(matches!(refused, Problem::WrongKey { .. }), "{refused:?}");
    studio.enable_person(&boss, ben.person()).await.unwrap();
    studio.delete_person(&boss, ben.person(), "Benjamin").await.unwrap();

    // Model servers, and the host.
    house.finder.put("near");
    studio.find_sources(&admin).await.unwrap();
    studio.connect_source(&admin, "near").await.unwrap();
    studio.disconnect_source(&admin, "near").await.unwrap();
    let new = NewProvider {
        name: "acme".to_owned(),
        kind: ProviderKind::OpenAi,
        base_url: "https://classified.example/v1".to_owned(),
        key: Some("sk-classified".to_owned().into()),
    };
    studio.add_provider(&boss, new).await.unwrap();
    let change = ProviderChange {
        kind: ProviderKind::Ollama,
        base_url: "https://classified2.example".to_owned(),
        key: KeyChange::Replace("sk-classified-2".to_owned().into()),
    };
    studio.change_provider(&boss, "acme", change).await.unwrap();
    let price = Price { prompt_micros_per_million: 1, completion_micros_per_million: 2 };
    studio.set_price(&boss, "acme/model".parse().unwrap(), price, None).await.unwrap();
    studio.set_default_model(&admin, Some("acme/model".parse().unwrap())).await.unwrap();
    studio.remove_provider(&boss, "acme").await.unwrap();
    // The screen lets it through, marked.
    house.chat(ana, None, "Write to classified@mail.example.org").await;
    house.moved_to("new.example").await;
}

#[tokio::test]
async fn what_was_refused_or_changed_nothing_leaves_no_row_of_having_been_done() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Admin).await;
    let before = house.audit(&ana).await;
    let (admin, boss) = (ana.admin().unwrap(), ana.touched_admin(house.clock.now()).unwrap());
    assert_eq!(house.invites(&ben, Role::Owner).await, Err(Problem::NotPermitted));
    assert_eq!(house.studio.disconnect_source(&admin, "nobody").await, Err(Problem::NotFound));
    house.studio.set_role(&boss, ben.person(), Role::Admin, false).await.unwrap();
    house.studio.delete_person(&boss, ben.person(), "Bob").await.unwrap_err();
    house.comes(&key("nobodys", ben.person())).await.unwrap_err();
    assert_eq!(house.audit(&ana).await, before);
}

#[tokio::test]
async fn a_sign_in_is_one_row_and_one_commit_whether_the_device_is_new_or_not() {
    let house = House::new().await;
    let ana = house.owner().await;
    let right = key("anas-key", ana.person());
    let start = house.studio.start_sign_in("another".to_owned()).await.unwrap();
    let before = house.studio.store.commits();
    house.studio.finish_sign_in(start.ceremony, &right, "another", "Chrome").await.unwrap();
    assert_eq!(house.studio.store.commits() - before, 2, "the ceremony is taken, then the session is opened");
    let new = house.audited(&ana, AuditAction::SignedIn).await;
    assert_eq!(new.line.why.as_deref(), Some("new_device"));
    let opened = house.comes(&right).await.unwrap();
    let known = house.audited(&ana, AuditAction::SignedIn).await;
    assert_eq!((known.line.why.as_deref(), known.line.target_id), (None, Some(opened.id.to_string())));
    assert_eq!(house.audit_of(&ana, words("session.opened")).await.len(), 2);

    // A program that says a name that is not its person's.
    let start = house.studio.start_sign_in(API_CLIENT.to_owned()).await.unwrap();
    let ceremony = start.ceremony.to_string();
    house.studio.sign_in_program(&ceremony, &right, Some("Eve"), "curl").await.unwrap_err();
    let ended = house.audited(&ana, AuditAction::SessionEnded).await;
    assert_eq!(ended.line.why.as_deref(), Some("another_name"));
}

#[tokio::test]
async fn a_change_says_what_was_and_what_became_and_who_came_with_a_token_is_known_by_it() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    let boss = ana.touched_admin(house.clock.now()).unwrap();
    house.studio.set_role(&boss, ben.person(), Role::Admin, true).await.unwrap();
    let row = house.audited(&ana, AuditAction::RoleChanged).await;
    let said =
        |what: &str, old: &str, new: &str| (what.to_owned(), Some(old.to_owned()), Some(new.to_owned()));
    assert_eq!(row.line.changes(), [said("reviewer", "no", "yes"), said("role", "member", "admin")]);
    assert_eq!((row.who_name.as_deref(), row.target_name.as_deref()), (Some("Ana"), Some("Ben")));

    let touch = ana.touched(house.clock.now()).unwrap();
    let wanted = MakeToken { name: "Night job".to_owned(), scopes: Scopes::parse("admin").unwrap(), days: 3 };
    let (text, token) = house.studio.make_token(&touch, wanted).await.unwrap();
    let program = house.studio.enter_token(&text).await.unwrap();
    house.finder.put("near");
    house.studio.find_sources(&program.admin().unwrap()).await.unwrap();
    house.studio.connect_source(&program.admin().unwrap(), "near").await.unwrap();
    let row = house.audited(&ana, AuditAction::SourceConnected).await;
    assert_eq!(row.line.via, Some(format!("token:{}", token.id)));
    assert_eq!(row.line.who_id, Some(ana.person().to_string()));
}

#[tokio::test]
async fn rows_are_found_by_action_person_run_and_day_by_the_page_and_never_those_of_others() {
    let house = House::new().await;
    let ana = house.owner().await;
    let begun = house.clock.now();
    house.clock.pass(Duration::from_secs(60));
    let ben = house.joins(&ana, "Ben 100%", Role::Admin).await;
    let found = async |filter| house.audit_of(&ana, filter).await.len();
    assert_eq!(found(words("JOINED")).await, 2);
    assert_eq!(found(words("invitation made")).await, 1);
    assert_eq!(found(words("invite.")).await, 2);
    assert_eq!(found(words("joined nothing")).await, 0);
    let person = |person: &str| AuditFilter { person: person.to_owned(), ..AuditFilter::default() };
    assert_eq!(found(person("ben 100%")).await, 2, "he joined, with an invitation");
    assert_eq!(found(person("100_")).await, 0, "signs are signs");
    assert_eq!(found(person(&ana.person().to_string())).await, 2);
    assert_eq!(found(AuditFilter { words: "joined".to_owned(), ..person("ben") }).await, 1);
    let from = |from| AuditFilter { from: Some(from), ..AuditFilter::default() };
    assert_eq!(found(from(begun + Duration::from_secs(1))).await, 3);
    assert_eq!(found(AuditFilter { until: Some(begun), ..AuditFilter::default() }).await, 0);
    assert_eq!(found(AuditFilter { until: Some(Timestamp(begun.0 + 1)), ..from(begun) }).await, 1);
    assert_eq!(found(AuditFilter { run: "no run".to_owned(), ..AuditFilter::default() }).await, 0);

    for _ in 0..AUDIT_ROWS_PER_PAGE {
        house.comes(&key("anas-key", ana.person())).await.unwrap();
    }
    let first = house.studio.audit_log(&ana.admin().unwrap(), &AuditFilter::default(), None).await.unwrap();
    assert_eq!(first.rows.len(), AUDIT_ROWS_PER_PAGE as usize);
    assert!(first.next.is_some());
    let ids: BTreeSet<_> = house.audit(&ana).await.into_iter().map(|row| row.line.id).collect();
    assert_eq!(ids.len(), AUDIT_ROWS_PER_PAGE as usize + 4, "each once");
    assert_eq!(house.audit(&ben).await.len(), ids.len(), "an administrator reads the same");

    let session = house.seed(|person| person.role = Role::Owner).await;
    let cem = house.studio.signed_in(session).await.unwrap();
    assert!(house.audit(&cem).await.is_empty(), "another organization");
    assert!(house.audit_of(&cem, person(&ana.person().to_string())).await.is_empty());
    let session = house.seed(|_| ()).await;
    let member = house.studio.signed_in(session).await.unwrap();
    // There is no other way to `audit_log` than this proof.
    assert_eq!(member.admin().map(drop), Err(Problem::NotPermitted));
}

#[tokio::test]
async fn rows_are_sealed_in_order_an_idle_studio_writes_nothing_and_a_late_one_is_told() {
    let house = House::new().await;
    let ana = house.owner().await;
    house.joins(&ana, "Ben", Role::Member).await;
    let state = async || {
        let page = house.studio.audit_log(&ana.admin().unwrap(), &AuditFilter::default(), None).await;
        page.unwrap().state
    };
    let waiting = state().await;
    assert_eq!((waiting.sealed, waiting.waiting_since), (0, Some(house.clock.now())));
    assert!(!waiting.is_late(house.clock.now()));
    house.clock.pass(AUDIT_SEALED_WITHIN + Duration::from_secs(1));
    assert!(state().await.is_late(house.clock.now()));
    let found = verify_audit(&*house.studio.store, None, house.clock.now()).await.unwrap();
    assert!(matches!(found, Err(Finding::Unsealed { seconds: 11, .. })), "{found:?}");

    assert_eq!(house.studio.seal_audit().await.unwrap(), 4);
    let sealed = state().await;
    assert_eq!((sealed.sealed, sealed.sealed_at), (4, Some(house.clock.now())));
    assert_eq!(sealed.waiting_since, None);
    let places: Vec<_> = house.audit(&ana).await.into_iter().map(|row| row.line.position).collect();
    assert_eq!(places, [Some(1), Some(2), Some(3), Some(4)]);
    let verified = verify_audit(&*house.studio.store, None, house.clock.now()).await.unwrap().unwrap();
    assert_eq!((verified.head.position, verified.waiting), (4, 0));

    let commits = house.studio.store.commits();
    assert_eq!(house.studio.seal_audit().await.unwrap(), 0);
    assert_eq!(house.studio.store.commits(), commits);
}

#[tokio::test]
async fn what_is_deleted_with_a_person_leaves_their_rows_and_the_chain_as_they_were() {
    let house = House::new().await;
    let ana = house.owner().await;
    let ben = house.joins(&ana, "Ben", Role::Member).await;
    house.studio.seal_audit().await.unwrap();
    let boss = ana.touched_admin(house.clock.now()).unwrap();
    house.studio.delete_person(&boss, ben.person(), "Ben").await.unwrap();
    house.studio.seal_audit().await.unwrap();
    let row = house.audited(&ana, AuditAction::PersonDeleted).await;
    assert_eq!(row.target_name.as_deref(), Some(studio::DELETED_NAME));
    verify_audit(&*house.studio.store, None, house.clock.now()).await.unwrap().unwrap();
}
