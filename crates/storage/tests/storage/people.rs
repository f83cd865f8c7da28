//! Installation, people, keys, sessions.

use crate::common::{
    on_both,
    rows::{at, id, owned_by, person, put, session, somebody},
};
use api_types::{CeremonyId, CeremonyPurpose, OrganizationId, PersonId, Role, SetupCodeId};
use studio::{
    CEREMONIES_MAX,
    ports::store::{CeremonyRow, Owned, PasskeyRow, SessionEnd, StoreError},
};

#[tokio::test]
async fn a_fact_is_what_was_written_last() {
    on_both(|fresh| async move {
        let store = fresh.store();
        assert_eq!(store.fact("rp_id").await.unwrap(), None);
        for value in ["studio.example", "other.example"] {
            put(&store, move |tx| Box::pin(async move { tx.set_fact("rp_id", value, at(0)).await })).await;
            assert_eq!(store.fact("rp_id").await.unwrap().as_deref(), Some(value));
        }
        assert_eq!(store.fact("RP_ID").await.unwrap(), None, "keys are told apart by case");
    })
    .await;
}

#[tokio::test]
async fn an_owner_code_works_once_until_it_expires_or_is_replaced() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (open, used, used_again, old, expired) = put(&store, |tx| {
            Box::pin(async move {
                tx.replace_setup_code(SetupCodeId(id()), "first", None, at(0), at(100)).await?;
                tx.replace_setup_code(SetupCodeId(id()), "second", None, at(0), at(100)).await?;
                let open = tx.setup_code_is_open("second", at(100)).await?;
                let expired = tx.setup_code_is_open("second", at(101)).await?
                    || tx.use_setup_code("second", at(101)).await?;
                let used = tx.use_setup_code("second", at(50)).await?;
                let used_again = tx.use_setup_code("second", at(50)).await?
                    || tx.setup_code_is_open("second", at(50)).await?;
                let old =
                    tx.setup_code_is_open("first", at(1)).await? || tx.use_setup_code("first", at(1)).await?;
                Ok((open, used, used_again, old, expired))
            })
        })
        .await;
        assert!(open && used && !used_again && !old && !expired);
        // A used one stays used when a new one is made.
        put(&store, |tx| {
            Box::pin(
                async move { tx.replace_setup_code(SetupCodeId(id()), "third", None, at(0), at(100)).await },
            )
        })
        .await;
        let again =
            put(&store, |tx| Box::pin(async move { tx.use_setup_code("second", at(50)).await })).await;
        assert!(!again);
    })
    .await;
}

#[tokio::test]
async fn only_an_owner_is_an_owner() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let organization = OrganizationId(id());
        for (role, expected) in [(Role::Member, false), (Role::Admin, false), (Role::Owner, true)] {
            let mut person = person(organization);
            person.role = role;
            put(&store, move |tx| {
                Box::pin(async move {
                    if role == Role::Member {
                        tx.insert_organization(organization, "Vobio", at(0)).await?;
                    }
                    tx.insert_person(&person).await
                })
            })
            .await;
            assert_eq!(store.has_owner().await.unwrap(), expected, "{role:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_person_needs_an_organization() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let lost = person(OrganizationId(id()));
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.insert_person(&lost).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "foreign_key"));
    })
    .await;
}

pub(crate) fn passkey(owned: Owned) -> PasskeyRow {
    PasskeyRow {
        credential_id: format!("cred-{}", id()),
        owned,
        name: "Laptop".to_owned(),
        passkey: r#"{"counter":0}"#.to_owned(),
        created_at: at(0),
        last_used_at: None,
        aaguid: String::new(),
        synced: None,
        cloned_at: None,
        rp_id: None,
    }
}

#[tokio::test]
async fn passkeys_are_counted_with_the_people_who_have_them_in_every_organization() {
    on_both(|fresh| async move {
        let store = fresh.store();
        assert_eq!(store.passkey_count().await.unwrap(), (0, 0));
        let (ada, ben) = (somebody(&store).await, somebody(&store).await);
        let keys = [passkey(ada), passkey(ada), passkey(ben)];
        put(&store, move |tx| {
            Box::pin(async move {
                for key in &keys {
                    tx.insert_passkey(key).await?;
                }
                Ok(())
            })
        })
        .await;
        assert_eq!(store.passkey_count().await.unwrap(), (3, 2));
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_found_with_its_person_and_only_its_owner_can_touch_it() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let mut ada = person(OrganizationId(id()));
        ada.disabled_at = Some(at(9));
        ada.reviewer = false;
        let owned = owned_by(&ada);
        let key = passkey(owned);
        let (ada2, key2) = (ada.clone(), key.clone());
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_organization(ada2.organization, "Vobio", at(0)).await?;
                tx.insert_person(&ada2).await?;
                tx.insert_passkey(&key2).await
            })
        })
        .await;
        assert_eq!(
            store.passkey_with_person(&key.credential_id).await.unwrap(),
            Some((key.clone(), ada.clone()))
        );
        assert_eq!(store.passkey_with_person("unknown").await.unwrap(), None);

        let stranger = Owned { owner: PersonId(id()), ..owned };
        // Of two signatures that were looked at together one is first.
        for (whose, used, again) in [(stranger, false, false), (owned, true, false)] {
            let (name, before) = (key.credential_id.clone(), key.passkey.clone());
            let stored = put(&store, move |tx| {
                Box::pin(async move {
                    let passkey = (before.as_str(), r#"{"counter":1}"#);
                    Ok([
                        tx.passkey_used(whose, &name, passkey, true, at(7)).await?,
                        tx.passkey_used(whose, &name, passkey, true, at(7)).await?,
                    ])
                })
            })
            .await;
            assert_eq!(stored, [used, again]);
            let (found, _) = store.passkey_with_person(&key.credential_id).await.unwrap().unwrap();
            assert_eq!(found.last_used_at.is_some(), used);
            assert_eq!(found.passkey.contains('1'), used);
        }

        let twice = key.clone();
        let refused: Result<(), StoreError> =
            store.write(move |tx| Box::pin(async move { tx.insert_passkey(&twice).await })).await;
        assert!(matches!(refused, Err(StoreError::Conflict(name)) if name == "passkeys_pkey"));
    })
    .await;
}

#[tokio::test]
async fn a_ceremony_can_be_taken_once_and_old_ones_go() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ceremony = |begun: i64, purpose| CeremonyRow {
            id: CeremonyId(id()),
            purpose,
            state: "{}".to_owned(),
            memo: r#"{"name":"Ada"}"#.to_owned(),
            browser: "ab".repeat(32),
            created_at: at(begun),
            expires_at: at(begun + 10),
        };
        let old = ceremony(0, CeremonyPurpose::SetUp);
        let new = ceremony(10, CeremonyPurpose::SignIn);
        let latest = ceremony(15, CeremonyPurpose::SignIn);
        for row in [old.clone(), new.clone()] {
            put(&store, move |tx| Box::pin(async move { tx.insert_ceremony(&row).await })).await;
        }
        let take = |id| {
            let store = store.clone();
            async move { put(&store, move |tx| Box::pin(async move { tx.take_ceremony(id).await })).await }
        };
        assert_eq!(take(new.id).await, Some(new.clone()));
        assert_eq!(take(new.id).await, None);
        let row = latest.clone();
        put(&store, move |tx| Box::pin(async move { tx.insert_ceremony(&row).await })).await;
        assert_eq!(take(old.id).await, None, "it had expired when the latest began");
        assert_eq!(take(latest.id).await, Some(latest));
    })
    .await;
}

#[tokio::test]
async fn there_are_only_so_many_ceremonies_and_the_oldest_go() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let ceremony = |purpose| CeremonyRow {
            id: CeremonyId(id()),
            purpose,
            state: "{}".to_owned(),
            memo: String::new(),
            browser: "ab".repeat(32),
            created_at: at(0),
            expires_at: at(10),
        };
        let touch = ceremony(CeremonyPurpose::Touch);
        let touched = touch.id;
        let rows: Vec<CeremonyRow> =
            (0..CEREMONIES_MAX + 2).map(|_| ceremony(CeremonyPurpose::SignIn)).collect();
        let ids: Vec<CeremonyId> = rows.iter().map(|row| row.id).collect();
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_ceremony(&touch).await?;
                for row in rows {
                    tx.insert_ceremony(&row).await?;
                }
                Ok(())
            })
        })
        .await;
        let is_there = async |id: CeremonyId| {
            put(&store, move |tx| Box::pin(async move { tx.take_ceremony(id).await })).await.is_some()
        };
        assert!(!is_there(ids[0]).await && !is_there(ids[1]).await, "the two oldest made room");
        assert!(is_there(ids[2]).await && is_there(ids[CEREMONIES_MAX + 1]).await);
        assert!(is_there(touched).await, "strangers do not push out who is in");
    })
    .await;
}

#[tokio::test]
async fn a_session_is_read_with_its_person_and_ends_once() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let owned = somebody(&store).await;
        let stranger = somebody(&store).await;
        let row = session(owned);
        let id = row.id;
        let insert = row.clone();
        put(&store, move |tx| Box::pin(async move { tx.insert_session(&insert).await })).await;
        let before = fresh.db.statements();
        let (found, person) = store.session_with_person(id).await.unwrap().unwrap();
        assert_eq!(fresh.db.statements() - before, 1);
        assert_eq!((found, person.id), (row, owned.owner));

        let ended = put(&store, move |tx| {
            Box::pin(async move {
                tx.session_seen(stranger, id, at(99)).await?;
                tx.session_seen(owned, id, at(60)).await?;
                Ok([
                    tx.end_session(stranger, id, SessionEnd::Ended, at(70)).await?,
                    tx.end_session(owned, id, SessionEnd::Ended, at(80)).await?,
                    tx.end_session(owned, id, SessionEnd::Ended, at(90)).await?,
                ])
            })
        })
        .await;
        assert_eq!(ended, [false, true, false]);
        let (found, _) = store.session_with_person(id).await.unwrap().unwrap();
        assert_eq!((found.last_seen_at, found.ended_at), (at(60), Some(at(80))));
    })
    .await;
}
