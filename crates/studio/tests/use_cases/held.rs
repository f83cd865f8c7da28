//! What a unit of work decides by stays so until its commit, whatever another process does.

use crate::{
    fakes::{faulty, key},
    house::field_of,
    two_processes::{around, during, on_postgres},
};
use api_types::{
    AccountEventKind, CeremonyId, MessageId, MessageRole, OrganizationId, PersonId, Problem, Role, SessionId,
    SetupCodeId,
};
use studio::{
    RECOVERY_CODES, SETUP_CODE_LIFE, Studio, digest,
    ports::{
        Clock, Refusal,
        store::{MessageRow, PersonRow, SessionEnd},
    },
    settings_version,
};

/// The facts of the installation, as they are called in the database.
const FIRST_OWNER: &str = "first_owner";
const CONNECTED: &str = "connected_sources";
const RP_ID: &str = "rp_id";

const CODE: &str = "ABCD-EFGH-JKLM-NPQR";

async fn setup(studio: &Studio, code: &str) -> Result<CeremonyId, Problem> {
    Ok(studio.start_setup(code, "Ana", "browser".to_owned()).await?.ceremony)
}

#[tokio::test]
async fn of_two_owner_codes_that_are_made_at_once_one_is_valid() {
    on_postgres(async |house, elsewhere| {
        let (id, now) = (SetupCodeId(house.new_id()), house.clock.now());
        let second = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_fact(FIRST_OWNER).await?;
                    tx.replace_setup_code(id, &digest(CODE), None, now, now + SETUP_CODE_LIFE).await
                })
            },
            elsewhere.new_setup_code(),
        )
        .await;
        assert_eq!(field_of(&setup(elsewhere, CODE).await.unwrap_err()), "code", "the earlier one is void");
        assert!(setup(elsewhere, &second.unwrap().unwrap()).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn of_two_who_become_the_first_owner_at_once_one_does_and_no_code_is_made_beside_them() {
    on_postgres(async |house, elsewhere| {
        let code = house.studio.new_setup_code().await.unwrap().unwrap();
        let ceremony = setup(elsewhere, &code).await.unwrap();
        let now = house.clock.now();
        let owner = PersonRow {
            id: PersonId(house.new_id()),
            organization: OrganizationId(house.new_id()),
            name: "Ben".to_owned(),
            role: Role::Owner,
            reviewer: true,
            created_at: now,
            disabled_at: None,
            deleted_at: None,
        };
        let credential = key("key", PersonId(house.new_id()));
        let both = async {
            tokio::join!(
                elsewhere.finish_setup(ceremony, &credential, "browser", "Firefox"),
                elsewhere.new_setup_code()
            )
        };
        let (ended, code) = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_fact(FIRST_OWNER).await?;
                    tx.insert_organization(owner.organization, "Ben's", now).await?;
                    tx.insert_person(&owner).await
                })
            },
            both,
        )
        .await;
        assert!(matches!(ended, Err(Problem::Changed { .. })), "{ended:?}");
        assert_eq!(code, Ok(None));
        assert_eq!(house.studio.store.owners().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn of_two_servers_that_are_connected_at_once_both_are() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let admin = ana.admin().unwrap();
        house.finder.put("far");
        house.studio.find_sources(&admin).await.unwrap();
        let now = house.clock.now();
        let near = r#"[{"name":"near","label":"","dialect":"openai","base_url":"http://localhost/near"}]"#;
        let connected = during(
            house,
            move |tx| {
                Box::pin(async move {
                    // Never written until now: what is not there is held too.
                    assert_eq!(tx.hold_fact(CONNECTED).await?, None);
                    tx.set_fact(CONNECTED, near, now).await
                })
            },
            elsewhere.connect_source(&admin, "far"),
        )
        .await;
        assert_eq!(connected, Ok(()));
        let list = house.studio.store.fact(CONNECTED).await.unwrap().unwrap();
        assert!(list.contains("/near") && list.contains("/far"), "{list}");
    })
    .await;
}

#[tokio::test]
async fn of_two_who_start_the_studio_under_different_hosts_the_second_is_told() {
    on_postgres(async |house, elsewhere| {
        house.owner().await;
        let now = house.clock.now();
        let before = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_fact(RP_ID).await?;
                    tx.set_fact(RP_ID, "a.example", now).await
                })
            },
            elsewhere.bind_host("b.example"),
        )
        .await
        .unwrap();
        assert!(before.forbids("b.example"), "{before:?}");
        assert_eq!(house.studio.bound_host().await.unwrap().host.as_deref(), Some("a.example"));
    })
    .await;
}

#[tokio::test]
async fn settings_that_another_window_changes_at_once_are_not_lost() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let id = house.chat(&ana, None, "Well?").await.0.conversation;
        let mut settings = house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings;
        let seen = settings_version(&settings);
        settings.system_prompt = "Theirs".to_owned();
        let (who, now, theirs) = (ana.owned(), house.clock.now(), settings.clone());
        settings.system_prompt = "Mine".to_owned();
        let configured = during(
            house,
            move |tx| {
                Box::pin(async move { tx.configure_conversation(who, id, &theirs, now).await.map(drop) })
            },
            elsewhere.configure_conversation(&ana, id, settings, Some(seen)),
        )
        .await;
        assert!(matches!(configured, Err(Problem::Changed { .. })), "{configured:?}");
        let kept = house.studio.conversation(&ana, id, None).await.unwrap().conversation.settings;
        assert_eq!(kept.system_prompt, "Theirs");
    })
    .await;
}

#[tokio::test]
async fn a_branch_that_grows_while_it_is_chosen_is_shown_to_its_end() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let (opened, turn) = house.chat(&ana, None, "Well?").await;
        let (who, id, now, answer) = (ana.owned(), opened.conversation, house.clock.now(), turn.message.id);
        let question = MessageRow {
            id: MessageId(house.new_id()),
            owned: who,
            conversation: id,
            parent: Some(answer),
            role: MessageRole::User,
            body: "And then?".to_owned(),
            marks: Vec::new(),
            created_at: now,
        };
        let leaf = question.id;
        let selected = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.insert_messages(&[question]).await?;
                    tx.advance_leaf(who, id, Some(answer), leaf, now).await.map(drop)
                })
            },
            elsewhere.select_message(&ana, id, answer),
        )
        .await;
        assert_eq!(selected, Ok(()));
        let shown = house.studio.conversation(&ana, id, None).await.unwrap().conversation.leaf;
        assert_eq!(shown, Some(leaf));
    })
    .await;
}

#[tokio::test]
async fn of_two_lists_of_recovery_codes_that_are_made_at_once_one_is_valid() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let (who, now) = (ana.owned(), house.clock.now());
        let codes: Vec<String> = (0..RECOVERY_CODES).map(|number| digest(&number.to_string())).collect();
        let touched = ana.touched(now).unwrap();
        let made = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_person(who).await?;
                    tx.replace_recovery_codes(who, &codes, now).await
                })
            },
            elsewhere.make_codes(&touched),
        )
        .await;
        assert_eq!(made.unwrap().len(), RECOVERY_CODES);
        let left = house.studio.recovery_codes(&ana).await.unwrap().unwrap().left;
        assert_eq!(left, u32::try_from(RECOVERY_CODES).unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_two_codes_for_one_person_that_are_made_at_once_one_is_valid_and_none_for_who_is_shut_out() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let (who, id, now) = (ana.owned(), SetupCodeId(house.new_id()), house.clock.now());
        let second = during(
            house,
            move |tx| {
                Box::pin(async move {
                    tx.hold_person(who).await?;
                    let expires = now + SETUP_CODE_LIFE;
                    tx.replace_setup_code(id, &digest(CODE), Some(who), now, expires).await
                })
            },
            elsewhere.new_personal_code(None),
        )
        .await;
        let recovery = async |code: &str| elsewhere.start_recovery(code, "browser".to_owned()).await;
        assert_eq!(field_of(&recovery(CODE).await.unwrap_err()), "code", "the earlier one is void");
        assert!(recovery(&second.unwrap().code).await.is_ok());

        let refused = during(
            house,
            move |tx| Box::pin(async move { tx.set_disabled(who, Some(now)).await.map(drop) }),
            async {
                let touched = ana.touched(now).unwrap();
                tokio::join!(elsewhere.new_personal_code(None), elsewhere.make_codes(&touched))
            },
        )
        .await;
        assert_eq!(field_of(&refused.0.unwrap_err()), "name");
        assert_eq!(refused.1, Err(Problem::SignIn));
    })
    .await;
}

#[tokio::test]
async fn a_copied_key_that_is_used_in_two_places_at_once_is_told_once() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let (who, now) = (ana.owned(), house.clock.now());
        let copy = faulty("anas-key", ana.person(), Refusal::Cloned);
        let start = elsewhere.start_sign_in("browser".to_owned()).await.unwrap();
        // Whoever was first noted it, and tells of it; here it does not, so that the second is counted alone.
        let refused = during(
            house,
            move |tx| {
                Box::pin(async move {
                    assert!(tx.passkey_cloned(who, "anas-key", now).await?);
                    Ok(())
                })
            },
            elsewhere.finish_sign_in(start.ceremony, &copy, "browser", "Firefox"),
        )
        .await;
        assert_eq!(refused, Err(Problem::KeyRefused));
        let told = house.told(&ana).await;
        assert!(told.iter().all(|(kind, _)| *kind != AccountEventKind::PasskeyCloned), "{told:?}");
    })
    .await;
}

#[tokio::test]
async fn who_ends_other_sessions_waits_for_who_ends_some_of_them_in_another_order() {
    on_postgres(async |house, elsewhere| {
        let ana = house.owner().await;
        let (who, now) = (ana.owned(), house.clock.now());
        let in_session = ana.in_session().unwrap();
        for is_turned in [false, true] {
            let mut sessions: [SessionId; 2] =
                [house.session_row_of(&ana, |_| ()).await, house.session_row_of(&ana, |_| ()).await];
            if is_turned {
                sessions.reverse();
            }
            let [first, last] = sessions;
            let ended = around(
                house,
                move |tx| {
                    Box::pin(async move {
                        tx.hold_person(who).await?;
                        tx.end_session(who, first, SessionEnd::KeyRemoved, now).await.map(drop)
                    })
                },
                elsewhere.end_other_sessions(&in_session),
                move |tx| {
                    Box::pin(
                        async move { tx.end_session(who, last, SessionEnd::KeyRemoved, now).await.map(drop) },
                    )
                },
            )
            .await;
            assert_eq!(ended, Ok(0), "both were ended before");
        }
    })
    .await;
}
