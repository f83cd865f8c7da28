//! Invitations, roles, access, and what goes with somebody who is deleted.

use crate::common::{
    on_both,
    rows::{
        asked, at, chat, end, happened, id, message, owned_by, part, person, process, put, session, somebody,
    },
};
use api_types::{AccountEventId, AccountEventKind, AnswerState, InviteId, PersonId, Role};
use studio::ports::store::{AccountEventRow, InviteRow, Owned, PasskeyRow, SessionEnd};

fn invite(owned: Owned, digest: &str) -> InviteRow {
    InviteRow {
        id: InviteId(id()),
        owned,
        digest: digest.to_owned(),
        note: "For Ben".to_owned(),
        role: Role::Admin,
        reviewer: true,
        created_at: at(0),
        expires_at: at(100),
        used_at: None,
        used_by: None,
        revoked_at: None,
    }
}

#[tokio::test]
async fn an_invitation_is_used_once_and_in_time() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let (one, other) = (invite(owned, "one"), invite(owned, "other"));
        let row = one.clone();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_invite(&one).await?;
                tx.insert_invite(&other).await
            })
        })
        .await;
        let (found, by) = store.open_invite("one", at(100)).await.unwrap().unwrap();
        assert_eq!((&found, by.owned()), (&row, owned));
        assert_eq!(store.open_invite("one", at(101)).await.unwrap(), None);
        assert_eq!(store.open_invite("none", at(1)).await.unwrap(), None);
        let ben = PersonId(id());
        let (late, first, second) = put(&store, move |tx| {
            Box::pin(async move {
                Ok((
                    tx.use_invite("one", ben, at(101)).await?,
                    tx.use_invite("one", ben, at(50)).await?,
                    tx.use_invite("one", ben, at(51)).await?,
                ))
            })
        })
        .await;
        assert_eq!((late, second), (None, None));
        assert_eq!(first, Some(InviteRow { used_at: Some(at(50)), used_by: Some(ben), ..row }));
        assert_eq!(store.open_invite("one", at(60)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_revoked_by_its_organization_and_listed_with_names() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, other) = (somebody(&store).await, somebody(&store).await);
        let ids: Vec<InviteId> = {
            let rows: Vec<InviteRow> = ["a", "b", "c"].map(|digest| invite(owned, digest)).into();
            let ids = rows.iter().map(|row| row.id).collect();
            put(&store, move |tx| {
                Box::pin(async move {
                    for row in &rows {
                        tx.insert_invite(row).await?;
                    }
                    Ok(())
                })
            })
            .await;
            ids
        };
        let (first, second) = (ids[0], ids[1]);
        let revoked = put(&store, move |tx| {
            Box::pin(async move {
                tx.use_invite("b", owned.owner, at(1)).await?;
                Ok([
                    tx.revoke_invite(other.organization, first, at(2)).await?,
                    tx.revoke_invite(owned.organization, first, at(2)).await?,
                    tx.revoke_invite(owned.organization, first, at(3)).await?,
                    tx.revoke_invite(owned.organization, second, at(3)).await?,
                ])
            })
        })
        .await;
        assert_eq!(revoked, [false, true, false, false]);
        assert_eq!(store.open_invite("a", at(3)).await.unwrap(), None);

        let listed = store.invites(owned.organization, None, 10).await.unwrap();
        assert_eq!(listed.iter().map(|one| one.invite.id).collect::<Vec<_>>(), [ids[2], ids[1], ids[0]]);
        let name = person(owned.organization).name;
        assert!(listed.iter().all(|one| one.by == name));
        assert_eq!(listed[1].joined.as_deref(), Some(name.as_str()));
        assert_eq!(listed[0].joined, None);
        let older = store.invites(owned.organization, Some(ids[1]), 10).await.unwrap();
        assert_eq!(older.len(), 1);
        assert!(store.invites(other.organization, None, 10).await.unwrap().is_empty());

        put(&store, move |tx| Box::pin(async move { tx.revoke_invites_of(owned, at(9)).await })).await;
        assert_eq!(store.open_invite("c", at(9)).await.unwrap(), None);
        let used = store.invites(owned.organization, None, 10).await.unwrap().remove(1);
        assert_eq!(used.invite.revoked_at, None, "what was used is not revoked");
    })
    .await;
}

#[tokio::test]
async fn people_are_listed_in_the_order_they_came_with_when_they_were_seen() {
    on_both(|fresh| async move {
        let store = fresh.store();
        assert_eq!(store.first_organization().await.unwrap(), None);
        let (home, elsewhere) = (somebody(&store).await, somebody(&store).await);
        let mut later = person(home.organization);
        later.created_at = at(5);
        let (row, seen) = (later.clone(), session(owned_by(&later)));
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_person(&row).await?;
                tx.insert_session(&seen).await
            })
        })
        .await;
        let all = store.people(home.organization, None, 10).await.unwrap();
        assert_eq!(all.iter().map(|one| one.person.id).collect::<Vec<_>>(), [home.owner, later.id]);
        assert_eq!((all[0].last_seen_at, all[1].last_seen_at), (None, Some(at(0))));
        let rest = store.people(home.organization, Some((at(0), home.owner)), 10).await.unwrap();
        assert_eq!(rest.len(), 1);
        assert_eq!(store.person(home.organization, later.id).await.unwrap().as_ref(), Some(&all[1]));
        assert_eq!(store.person(elsewhere.organization, later.id).await.unwrap(), None);
        assert!(store.first_organization().await.unwrap().is_some());
    })
    .await;
}

#[tokio::test]
async fn role_name_and_access_change_in_one_organization_alone() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, stranger) = (somebody(&store).await, somebody(&store).await);
        let mut ben = person(ana.organization);
        ben.role = Role::Member;
        let (who, row, seen) = (owned_by(&ben), ben.clone(), session(owned_by(&ben)));
        let seen_id = seen.id;
        let wrong = Owned { organization: stranger.organization, ..who };
        let changed = put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_person(&row).await?;
                tx.insert_session(&seen).await?;
                tx.rename_person(wrong, "Eve").await?;
                tx.rename_person(who, "Benedict").await?;
                Ok([
                    tx.has_other_owner(ana).await?,
                    tx.set_role(wrong, Role::Owner, true).await?,
                    tx.set_role(who, Role::Owner, false).await?,
                    tx.has_other_owner(ana).await?,
                    tx.set_disabled(wrong, Some(at(1))).await?,
                    tx.set_disabled(who, Some(at(1))).await?,
                    tx.set_disabled(who, Some(at(2))).await?,
                    // One who cannot sign in is no other owner.
                    tx.has_other_owner(ana).await?,
                ])
            })
        })
        .await;
        assert_eq!(changed, [false, false, true, true, false, true, false, false]);
        let (session, person) = store.session_with_person(seen_id).await.unwrap().unwrap();
        assert_eq!((session.ended_at, session.end_reason), (Some(at(1)), Some(SessionEnd::Disabled)));
        assert_eq!((person.name.as_str(), person.disabled_at), ("Benedict", Some(at(1))));
        let again = put(&store, move |tx| Box::pin(async move { tx.set_disabled(who, None).await })).await;
        assert!(again);
        let (session, person) = store.session_with_person(seen_id).await.unwrap().unwrap();
        assert!(session.ended_at.is_some() && person.disabled_at.is_none(), "sessions stay ended");
    })
    .await;
}

#[tokio::test]
async fn who_is_deleted_leaves_a_row_without_a_name_and_conversations_that_go() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, other) = (somebody(&store).await, somebody(&store).await);
        let (question, answer, run) = asked(&store, ana).await;
        let (kept, _, _) = asked(&store, other).await;
        let spare = chat(&store, ana).await;
        let (open, used, mine) = (invite(ana, "open"), invite(ana, "used"), invite(other, "mine"));
        let mut seen = session(ana);
        (seen.browser, seen.credential_id) = ("ab".repeat(32), Some("her key".to_owned()));
        let seen_id = seen.id;
        let key = PasskeyRow {
            credential_id: format!("cred-{}", id()),
            owned: ana,
            name: "Laptop".to_owned(),
            passkey: "{}".to_owned(),
            created_at: at(0),
            last_used_at: None,
            aaguid: String::new(),
            synced: None,
            cloned_at: None,
            rp_id: None,
        };
        let credential = key.credential_id.clone();
        let told = AccountEventRow {
            id: AccountEventId(id()),
            owned: ana,
            kind: AccountEventKind::Joined,
            detail: "Laptop".to_owned(),
            at: at(0),
            session: None,
            seen_at: None,
        };
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_session(&seen).await?;
                tx.insert_passkey(&key).await?;
                tx.insert_account_event(&happened(&told)).await?;
                for invite in [open, used, mine] {
                    tx.insert_invite(&invite).await?;
                }
                tx.use_invite("used", other.owner, at(1)).await?;
                tx.bin_conversation(ana, spare, Some(at(1))).await?;
                Ok(())
            })
        })
        .await;
        let before = store.belongings(ana).await.unwrap();
        assert_eq!((before.conversations, before.passkeys, before.tokens), (2, 1, 0));

        let erased = put(&store, move |tx| {
            Box::pin(async move {
                let wrong = Owned { organization: other.organization, ..ana };
                Ok([
                    tx.erase_person(wrong, "Deleted", at(10)).await?,
                    tx.erase_person(ana, "Deleted", at(10)).await?,
                    tx.erase_person(ana, "Deleted", at(11)).await?,
                ])
            })
        })
        .await;
        assert_eq!(erased, [false, true, false]);
        assert_eq!(store.person(ana.organization, ana.owner).await.unwrap(), None);
        assert_eq!(store.passkey_with_person(&credential).await.unwrap(), None);
        assert!(store.account_events(ana, None, 10).await.unwrap().is_empty());
        let (session, person) = store.session_with_person(seen_id).await.unwrap().unwrap();
        assert_eq!((session.end_reason, session.user_agent.as_str()), (Some(SessionEnd::Deleted), ""));
        assert_eq!(
            (session.browser.as_str(), session.credential_id),
            ("", None),
            "nor in which browser, with which key"
        );
        assert_eq!((person.name.as_str(), person.role, person.reviewer), ("Deleted", Role::Member, false));
        let invites = store.invites(ana.organization, None, 10).await.unwrap();
        assert_eq!(invites.iter().map(|one| one.invite.digest.as_str()).collect::<Vec<_>>(), ["used"]);

        // The answer under way has rows to write: its conversation waits for its end, the other goes.
        let empty = async || put(&store, |tx| Box::pin(async move { tx.empty_bin(at(0)).await })).await;
        assert_eq!(empty().await, 1);
        let (ending, events) = (end(&run, AnswerState::Stopped, "text"), [part(&run, 1, "text")]);
        let epoch = process(&store).await;
        put(&store, move |tx| {
            Box::pin(async move {
                tx.append_answer_parts(epoch, &events).await?;
                tx.end_answer(&ending).await
            })
        })
        .await;
        assert_eq!((empty().await, empty().await), (1, 0));

        // A request that was under way when she was deleted.
        let late = chat(&store, ana).await;
        assert_eq!(empty().await, 0, "nobody has thrown it away");
        put(&store, |tx| Box::pin(async move { tx.erase_late(at(11)).await })).await;
        assert_eq!(empty().await, 0, "it is looked for among those who were deleted since");
        put(&store, |tx| Box::pin(async move { tx.erase_late(at(10)).await })).await;
        assert_eq!(empty().await, 1);
        assert_eq!(store.conversation(ana, late).await.unwrap(), None);
        assert_eq!(store.message(ana, question.conversation, answer.id).await.unwrap(), None);
        assert_eq!(store.belongings(ana).await.unwrap(), studio::ports::store::Belongings::default());
        assert!(store.message(other, kept.conversation, kept.id).await.unwrap().is_some(), "nobody else's");
    })
    .await;
}

#[tokio::test]
async fn all_that_somebody_owns_is_read_in_pages() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (ana, other) = (somebody(&store).await, somebody(&store).await);
        let (question, answer, run) = asked(&store, ana).await;
        let binned = chat(&store, ana).await;
        asked(&store, other).await;
        let version = message(ana, question.conversation, Some(question.id));
        let row = version.clone();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_messages(&[row]).await?;
                tx.bin_conversation(ana, binned, Some(at(1))).await
            })
        })
        .await;
        let first = store.own_conversations(ana, None, 1).await.unwrap();
        assert_eq!(first[0].id, question.conversation);
        let second = store.own_conversations(ana, Some(first[0].id), 5).await.unwrap();
        assert_eq!(
            second.iter().map(|one| (one.id, one.deleted_at)).collect::<Vec<_>>(),
            [(binned, Some(at(1)))]
        );

        let conversation = question.conversation;
        let all = store.own_messages(ana, conversation, None, 2).await.unwrap();
        assert_eq!(all, [question.clone(), answer.clone()]);
        let rest = store.own_messages(ana, conversation, Some(answer.id), 2).await.unwrap();
        assert_eq!(rest, std::slice::from_ref(&version));
        assert_eq!(store.own_runs(ana, conversation, question.id, version.id).await.unwrap(), [run]);
        assert!(store.own_runs(ana, conversation, version.id, version.id).await.unwrap().is_empty());
        assert!(store.own_messages(other, conversation, None, 5).await.unwrap().is_empty());
        assert!(store.own_tokens(ana, 5).await.unwrap().is_empty());
        let seen = session(ana);
        put(&store, move |tx| Box::pin(async move { tx.insert_session(&seen).await })).await;
        assert_eq!(store.own_sessions(ana, 5).await.unwrap().len(), 1);
        assert!(store.own_passkeys(ana).await.unwrap().is_empty());
    })
    .await;
}
