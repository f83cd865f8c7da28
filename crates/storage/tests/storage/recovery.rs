//! More passkeys, touches, recovery codes, and owner codes for an owner who is there.

use crate::common::{
    on_both,
    rows::{at, id, owned_by, person, put, session, somebody},
};
use api_types::{OrganizationId, PersonId, SetupCodeId};
use studio::ports::{
    Timestamp,
    store::{Owned, PasskeyRow, SessionEnd},
};

fn passkey(owned: Owned, name: &str, made: i64) -> PasskeyRow {
    PasskeyRow {
        credential_id: format!("{name}-{}", id()),
        owned,
        name: name.to_owned(),
        passkey: "{}".to_owned(),
        created_at: at(made),
        last_used_at: None,
        aaguid: "ee882879-721c-4913-9775-3dfcce97072a".to_owned(),
        synced: Some(false),
        cloned_at: None,
        rp_id: Some("studio.example".to_owned()),
    }
}

#[tokio::test]
async fn passkeys_are_listed_renamed_and_removed_by_their_owner() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let (old, new) = (passkey(owned, "old", 1), passkey(owned, "new", 2));
        let rows = [new.clone(), old.clone(), passkey(stranger, "other", 0)];
        put(&store, move |tx| {
            Box::pin(async move {
                for row in &rows {
                    tx.insert_passkey(row).await?;
                }
                Ok(())
            })
        })
        .await;
        assert_eq!(store.passkeys(owned).await.unwrap(), [old.clone(), new.clone()]);
        let mut unsaid = passkey(owned, "unsaid", 3);
        unsaid.rp_id = None;
        let (row, id) = (unsaid.clone(), unsaid.credential_id.clone());
        let said = put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_passkey(&row).await?;
                tx.passkeys_made_for("old.example").await?;
                let said = tx.passkeys(owned).await?;
                tx.remove_passkey(owned, &id).await?;
                Ok(said)
            })
        })
        .await;
        unsaid.rp_id = Some("old.example".to_owned());
        assert_eq!(said, [old.clone(), new.clone(), unsaid]);

        let (one, other) = (old.credential_id.clone(), new.credential_id.clone());
        let before = new.passkey.clone();
        let done = put(&store, move |tx| {
            Box::pin(async move {
                assert!(!tx.passkey_cloned(stranger, &one, at(8)).await?);
                assert!(tx.passkey_cloned(owned, &other, at(9)).await?);
                assert!(!tx.passkey_cloned(owned, &other, at(10)).await?, "it is noted already");
                tx.passkey_used(owned, &other, (&before, "{}"), true, at(7)).await?;
                Ok([
                    tx.rename_passkey(stranger, &one, "Theirs").await?,
                    tx.rename_passkey(owned, &one, "Mine").await?,
                    tx.remove_passkey(stranger, &one).await?,
                    tx.remove_passkey(owned, &one).await?,
                    tx.remove_passkey(owned, &one).await?,
                ])
            })
        })
        .await;
        assert_eq!(done, [false, true, false, true, false]);
        let left =
            PasskeyRow { synced: Some(true), cloned_at: Some(at(9)), last_used_at: Some(at(7)), ..new };
        assert_eq!(store.passkeys(owned).await.unwrap(), [left]);
        assert_eq!(store.passkeys(stranger).await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_touch_is_a_sessions_own_and_a_passkeys_sessions_end_but_one() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        let opened = |with: &str| {
            let mut row = session(owned);
            row.credential_id = Some(with.to_owned());
            row
        };
        let rows = [opened("a"), opened("a"), opened("b")];
        let [here, there, other] = [rows[0].id, rows[1].id, rows[2].id];
        let ended = put(&store, move |tx| {
            Box::pin(async move {
                for row in &rows {
                    tx.insert_session(row).await?;
                }
                tx.session_touched(stranger, there, at(5)).await?;
                tx.session_touched(owned, here, at(6)).await?;
                tx.session_touched(owned, other, at(6)).await?;
                let theirs = tx.end_sessions_of_passkey(stranger, "a", here, at(7)).await?;
                let own = tx.end_sessions_of_passkey(owned, "a", here, at(8)).await?;
                Ok([theirs, own, tx.end_sessions_of_passkey(owned, "a", here, at(9)).await?])
            })
        })
        .await;
        assert_eq!(ended, [0, 1, 0]);
        let mut seen = Vec::new();
        // The third may have been touched with the key that is gone.
        for id in [here, there, other] {
            let (row, _) = store.session_with_person(id).await.unwrap().unwrap();
            seen.push((row.touched_at, row.ended_at, row.end_reason));
        }
        let expected = [
            (at(6), None, None),
            (at(0), Some(at(8)), Some(SessionEnd::KeyRemoved)),
            (Timestamp(0), None, None),
        ];
        assert_eq!(seen, expected);
    })
    .await;
}

#[tokio::test]
async fn a_recovery_code_is_its_owners_and_works_once_until_there_are_new_ones() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let (owned, stranger) = (somebody(&store).await, somebody(&store).await);
        assert_eq!(store.recovery_codes(owned).await.unwrap(), None);
        let digest = format!("d-{}", id());
        let second = format!("e-{}", id());
        let both = [digest.clone(), second.clone()];
        put(&store, move |tx| Box::pin(async move { tx.replace_recovery_codes(owned, &both, at(3)).await }))
            .await;
        assert_eq!(store.recovery_codes(owned).await.unwrap(), Some((2, at(3))));
        assert_eq!(store.recovery_codes(stranger).await.unwrap(), None);
        let whose = store.person_of_recovery_code(&digest).await.unwrap().map(|person| person.id);
        assert_eq!(whose, Some(owned.owner));
        let code = digest.clone();
        let used = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.use_recovery_code(stranger, &code, at(4)).await?,
                    tx.use_recovery_code(owned, &code, at(4)).await?,
                    tx.use_recovery_code(owned, &code, at(5)).await?,
                ])
            })
        })
        .await;
        assert_eq!(used, [false, true, false]);
        assert_eq!(store.person_of_recovery_code(&digest).await.unwrap(), None);
        assert_eq!(store.recovery_codes(owned).await.unwrap(), Some((1, at(3))));
        put(&store, move |tx| {
            Box::pin(async move { tx.replace_recovery_codes(owned, &["new".to_owned()], at(6)).await })
        })
        .await;
        assert_eq!(store.person_of_recovery_code(&second).await.unwrap(), None, "void");
        assert_eq!(store.recovery_codes(owned).await.unwrap(), Some((1, at(6))));
    })
    .await;
}

#[tokio::test]
async fn an_owner_code_for_an_owner_is_theirs_alone() {
    on_both(|fresh| async move {
        let store = fresh.store();
        let mut gone = person(OrganizationId(id()));
        gone.deleted_at = Some(at(1));
        let ada = person(gone.organization);
        let (owned, ada2) = (owned_by(&ada), ada.clone());
        put(&store, move |tx| {
            Box::pin(async move {
                tx.insert_organization(ada2.organization, "Vobio", at(0)).await?;
                tx.insert_person(&ada2).await?;
                tx.insert_person(&gone).await
            })
        })
        .await;
        assert_eq!(store.owners().await.unwrap(), std::slice::from_ref(&ada));
        for called in [ada.name.clone(), ada.id.to_string()] {
            let found = store.people_called(&called).await.unwrap();
            assert_eq!(found, std::slice::from_ref(&ada), "the one of that name who is gone is not found");
        }
        let stranger = Owned { owner: PersonId(id()), ..owned };
        let used = put(&store, move |tx| {
            Box::pin(async move {
                tx.replace_setup_code(SetupCodeId(id()), "code", Some(owned), at(0), at(100)).await?;
                Ok([
                    tx.setup_code_is_open("code", at(1)).await?,
                    tx.use_setup_code("code", at(1)).await?,
                    tx.use_setup_code_of(stranger, "code", at(1)).await?,
                    tx.use_setup_code_of(owned, "code", at(101)).await?,
                ])
            })
        })
        .await;
        assert_eq!(used, [false; 4]);
        assert_eq!(store.person_of_setup_code("code", at(100)).await.unwrap(), Some(ada));
        assert_eq!(store.person_of_setup_code("code", at(101)).await.unwrap(), None);
        let used = put(&store, move |tx| {
            Box::pin(async move {
                Ok([
                    tx.use_setup_code_of(owned, "code", at(2)).await?,
                    tx.use_setup_code_of(owned, "code", at(3)).await?,
                ])
            })
        })
        .await;
        assert_eq!(used, [true, false]);
        assert_eq!(store.person_of_setup_code("code", at(4)).await.unwrap(), None);
    })
    .await;
}
