//! How the engine finds rows: every statement, on ten thousand conversations and one long one.

use super::{
    rows::{asked, at, chat, end, event, id, message, owned_by, person, put, session, settings, somebody},
    sqlite,
};
use crate::dialect::sqlite_conflict;
use api_types::{
    AccountEventId, AccountEventKind, AnswerState, CeremonyId, CeremonyPurpose, ConversationId, InviteId,
    MessageId, Role, Scopes, SetupCodeId, TokenId, WorkerId,
};
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::{sync::Arc, time::Instant};
use studio::ports::store::{
    AccountEventRow, CeremonyRow, InviteRow, MessageRow, Owned, PasskeyRow, Seen, SessionEnd, Store, TokenRow,
};

const CONVERSATIONS: i64 = 10_000;
const MESSAGES: usize = 2_000;

/// Tables with a handful of rows, where reading all of them is the fastest way.
const SMALL_TABLES: [&str; 3] = ["setup_codes", "workers", "organizations"];

/// Calls every statement of every noun once.
async fn tour(store: &Arc<dyn Store>) {
    let owned = somebody(store).await;
    let (question, answer, run) = asked(store, owned).await;
    let (chat, session, now) = (question.conversation, session(owned), at(9));
    let opened = session.clone();
    let (ada, session_id, worker) = (person(owned.organization), session.id, WorkerId(id()));
    let key = PasskeyRow {
        credential_id: "tour".to_owned(),
        owned,
        name: String::new(),
        passkey: String::new(),
        created_at: now,
        last_used_at: None,
        aaguid: String::new(),
        synced: None,
        cloned_at: None,
        rp_id: None,
    };
    let ceremony = CeremonyRow {
        id: CeremonyId(id()),
        purpose: CeremonyPurpose::SetUp,
        state: String::new(),
        memo: String::new(),
        browser: String::new(),
        created_at: now,
        expires_at: now,
    };
    let token = TokenRow {
        id: TokenId(id()),
        owned,
        digest: "d".to_owned(),
        name: String::new(),
        scopes: Scopes::default(),
        created_at: now,
        expires_at: now,
        last_used_at: None,
        revoked_at: None,
    };
    let token_id = token.id;
    let happened = AccountEventRow {
        id: AccountEventId(id()),
        owned,
        kind: AccountEventKind::Joined,
        detail: String::new(),
        at: now,
        session: None,
        seen_at: None,
    };
    let (events, ended) = ([event(&run, 1, "text")], end(&run, AnswerState::Finished, "text"));
    put(store, move |tx| {
        Box::pin(async move {
            tx.set_fact("k", "v", now).await?;
            tx.replace_setup_code(SetupCodeId(id()), "d", None, now, now).await?;
            tx.setup_code_is_open("d", now).await?;
            tx.use_setup_code("d", now).await?;
            tx.insert_person(&ada).await?;
            tx.insert_passkey(&key).await?;
            tx.passkeys_made_for("studio.example").await?;
            tx.passkey_used(owned, "tour", ("{}", "{}"), true, now).await?;
            tx.passkey_cloned(owned, "tour", now).await?;
            tx.rename_passkey(owned, "tour", "t").await?;
            tx.remove_passkey(owned, "tour").await?;
            tx.use_setup_code_of(owned, "d", now).await?;
            tx.replace_recovery_codes(owned, &["r".to_owned()], now).await?;
            tx.use_recovery_code(owned, "r", now).await?;
            tx.insert_ceremony(&ceremony).await?;
            tx.take_ceremony(ceremony.id).await?;
            tx.insert_session(&session).await?;
            tx.session_seen(owned, session_id, now).await?;
            tx.session_touched(owned, session_id, now).await?;
            tx.end_sessions_of_passkey(owned, "tour", session_id, now).await?;
            tx.confirm_epoch(owned, session_id, 0, now).await?;
            tx.advance_epoch(owned, session_id, 0, now).await?;
            tx.insert_token(&token).await?;
            tx.token_used(owned, token_id, now).await?;
            tx.append_answer_parts(&events).await?;
            tx.heartbeat(worker, now).await?;
            tx.end_answer(&ended).await?;
            tx.interrupt_orphans(worker, now, now).await?;
            tx.retire(worker).await?;
            tx.rename_conversation(owned, chat, "t", now).await?;
            tx.configure_conversation(owned, chat, &settings(), now).await?;
            tx.choose_model(owned, chat, &settings().model, now).await?;
            tx.set_leaf(owned, chat, answer.id, now).await?;
            tx.advance_leaf(owned, chat, Some(answer.id), answer.id, now).await
        })
    })
    .await;
    store.fact("k").await.unwrap();
    store.passkey_count().await.unwrap();
    store.has_owner().await.unwrap();
    store.owners().await.unwrap();
    store.has_other_worker(worker, now).await.unwrap();
    store.people_called("t").await.unwrap();
    store.person_of_setup_code("d", now).await.unwrap();
    store.recovery_codes(owned).await.unwrap();
    store.person_of_recovery_code("r").await.unwrap();
    store.passkeys(owned).await.unwrap();
    store.passkey_with_person("tour").await.unwrap();
    store.session_with_person(session_id).await.unwrap();
    store.sessions(owned, now, now, 10).await.unwrap();
    store.has_opened_session(owned).await.unwrap();
    store.has_opened_like(&opened).await.unwrap();
    store.knows_browser("b").await.unwrap();
    store.token_with_person("d").await.unwrap();
    store.tokens(owned, 10).await.unwrap();
    store.account_events(owned, None, 10).await.unwrap();
    store.unseen_account_events(owned, session_id, "tour", 10).await.unwrap();
    store.conversation(owned, chat).await.unwrap();
    store.conversations(owned, None, 50).await.unwrap();
    store.conversations(owned, Some((now, chat)), 50).await.unwrap();
    store.find_conversations(owned, "t", None, 50).await.unwrap();
    store.find_conversations(owned, "t", Some((now, chat)), 50).await.unwrap();
    store.deleted_conversation(owned, chat).await.unwrap();
    store.deleted_conversations(owned, 50).await.unwrap();
    store.message(owned, chat, answer.id).await.unwrap();
    store.branch(owned, chat, answer.id, 50).await.unwrap();
    store.youngest_leaf(owned, chat, question.id).await.unwrap();
    store.answer(owned, run.id).await.unwrap();
    store.answers_since(owned, now).await.unwrap();
    store.active_runs(worker, now).await.unwrap();
    store.shut_out_with_runs(worker).await.unwrap();
    store.answer_text(owned, run.id).await.unwrap();
    people(store, owned, chat, answer.id).await;
    put(store, move |tx| {
        Box::pin(async move {
            tx.end_session(owned, session_id, SessionEnd::Ended, now).await?;
            tx.end_sessions(owned, None, SessionEnd::Ended, now).await?;
            tx.purge_sessions(now).await?;
            tx.revoke_token(owned, token_id, now).await?;
            tx.insert_account_event(&happened).await?;
            tx.account_events_seen(owned, session_id, "tour", Seen::only(happened.id), now).await?;
            tx.bin_conversation(owned, chat, Some(now)).await?;
            tx.bin_conversation(owned, chat, None).await?;
            tx.bin_conversation(owned, chat, Some(now)).await?;
            tx.erase_late(at(0)).await?;
            tx.empty_bin(at(10)).await
        })
    })
    .await;
}

/// Those of invitations, people and all that one owns.
async fn people(store: &Arc<dyn Store>, owned: Owned, chat: ConversationId, message: MessageId) {
    let home = owned.organization;
    let ben = person(home);
    let who = owned_by(&ben);
    let invite = InviteRow {
        id: InviteId(id()),
        owned,
        digest: "tour".to_owned(),
        note: String::new(),
        role: Role::Member,
        reviewer: false,
        created_at: at(0),
        expires_at: at(9),
        used_at: None,
        used_by: None,
        revoked_at: None,
    };
    put(store, move |tx| {
        Box::pin(async move {
            tx.insert_invite(&invite).await?;
            tx.use_invite("tour", who.owner, at(1)).await?;
            tx.revoke_invite(home, invite.id, at(1)).await?;
            tx.revoke_invites_of(who, at(1)).await?;
            tx.insert_person(&ben).await?;
            tx.hold_organization(owned.organization).await?;
            tx.hold_person(owned).await?;
            tx.has_other_owner(owned).await?;
            tx.rename_person(who, "Ben").await?;
            tx.set_role(who, Role::Member, false).await?;
            tx.set_disabled(who, Some(at(1))).await?;
            tx.erase_person(who, "Nobody", at(1)).await
        })
    })
    .await;
    store.open_invite("tour", at(1)).await.unwrap();
    store.invites(home, None, 20).await.unwrap();
    store.first_organization().await.unwrap();
    store.person(home, owned.owner).await.unwrap();
    store.people(home, None, 50).await.unwrap();
    store.belongings(owned).await.unwrap();
    store.own_passkeys(owned).await.unwrap();
    store.own_sessions(owned, 50).await.unwrap();
    store.own_tokens(owned, 50).await.unwrap();
    store.own_conversations(owned, None, 50).await.unwrap();
    store.own_messages(owned, chat, None, 50).await.unwrap();
    store.own_runs(owned, chat, message, message).await.unwrap();
}

#[tokio::test]
async fn no_statement_reads_a_whole_table() {
    let (db, folder) = sqlite(None).await;
    let store: Arc<dyn Store> = db.clone();
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", folder.path().join("studio.db").display()))
        .await
        .unwrap();

    // Ten thousand conversations of one person, with a question and a finished run each, and one long conversation.
    let owned = somebody(&store).await;
    let many = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CONVERSATIONS}) \
         INSERT INTO conversations SELECT '{0}', '{1}', printf('00000000-0000-7000-8000-%012d', i), 'T', 'a/b', NULL, NULL, '', NULL, i, i, \
         CASE WHEN i % 100 = 0 THEN i END FROM n; \
         INSERT INTO messages SELECT organization_id, owner_id, id, id, NULL, 'user', 'text', 1 FROM conversations; \
         INSERT INTO runs SELECT organization_id, owner_id, id, id, id, 'a/b', 'finished', NULL, 1, 1, \
         1, 0, 'w', 1, 1, 1 FROM conversations",
        owned.organization, owned.owner
    );
    sqlx::raw_sql(AssertSqlSafe(many)).execute(&mut conn).await.unwrap();
    let long = chat(&store, owned).await;
    let mut rows: Vec<MessageRow> = Vec::new();
    for _ in 0..MESSAGES {
        rows.push(message(owned, long, rows.last().map(|row| row.id)));
    }
    let (first, last) = (rows[0].id, rows[MESSAGES - 1].id);
    put(&store, move |tx| Box::pin(async move { tx.insert_messages(&rows).await })).await;
    tour(&store).await;

    // Without ANALYZE, which nobody runs here: the plans are those of a fresh installation and stay so.
    let seen = db.0.counters.seen.lock().unwrap().clone();
    assert!(seen.len() > 80, "the tour is complete: {}", seen.len());
    for sql in seen {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        let plan: Vec<String> =
            plan.fetch_all(&mut conn).await.unwrap().iter().map(|row| row.get("detail")).collect();
        for step in &plan {
            // A scan of `branch` or `down` walks what was just found; one over a partial index reads only its part.
            let partial = ["answers_one_active", "conversations_bin", "people_owners"];
            let fine = !step.starts_with("SCAN ")
                || SMALL_TABLES.iter().any(|table| step.starts_with(&format!("SCAN {table}")))
                || partial.iter().any(|index| step.contains(index))
                || ["SCAN b", "SCAN d", "SCAN down", "SCAN CONSTANT ROW", "SCAN 100 CONST", "SCAN 1"]
                    .contains(&step.as_str())
                || step.ends_with("-ROW VALUES CLAUSE")
                // Along the ids of one kind, and no further than the limit on the table itself.
                || (sql.contains("LIMIT 1 OFFSET") && step.starts_with("SCAN ceremonies USING INDEX ceremonies_"))
                || sql.contains("FROM installation LIMIT 1")
                // All of them are counted, at a start.
                || (sql.contains("COUNT(DISTINCT owner_id)") && step.starts_with("SCAN passkeys USING"))
                // Once, when the studio moves to another host.
                || (sql.contains("WHERE rp_id IS NULL") && step == "SCAN passkeys")
                // By hand, on the server.
                || (sql.contains("p.name = $1 OR p.id = $1") && step.starts_with("SCAN p"));
            assert!(fine, "{step}\nin {sql}\n{plan:#?}");
        }
    }

    // Not asserted: a busy machine would make it a lie. `cargo test -p storage no_statement -- --nocapture` shows it.
    for limit in [50, 2_000] {
        let since = Instant::now();
        let branch = store.branch(owned, long, last, limit).await.unwrap();
        println!("branch of {}: {:?}", branch.len(), since.elapsed());
    }
    let since = Instant::now();
    assert_eq!(store.youngest_leaf(owned, long, first).await.unwrap(), Some(last));
    println!("youngest leaf, {MESSAGES} down: {:?}", since.elapsed());
    let since = Instant::now();
    let middle = Some((studio::ports::Timestamp(5_000), ConversationId(id())));
    assert_eq!(store.conversations(owned, middle, 50).await.unwrap().len(), 50);
    println!("50 conversations in the middle: {:?}", since.elapsed());
    db.close().await;
}

#[tokio::test]
async fn every_unique_index_has_the_name_that_postgresql_gives_it() {
    let (_db, folder) = sqlite(None).await;
    let mut conn = AnyConnection::connect(&format!("sqlite://{}", folder.path().join("studio.db").display()))
        .await
        .unwrap();
    let indexes = sqlx::query(
        "SELECT m.name AS t, l.name AS i, l.origin AS o, \
         (SELECT group_concat(m.name || '.' || c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(l.name) c) AS c \
         FROM sqlite_master m, pragma_index_list(m.name) l WHERE m.type = 'table' AND l.\"unique\" = 1 \
         AND m.name NOT LIKE '@_%' ESCAPE '@'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    assert!(indexes.len() >= 14);
    for index in indexes {
        let [table, name, origin, columns] =
            ["t", "i", "o", "c"].map(|column| index.get::<String, _>(column));
        let expected = match origin.as_str() {
            "pk" => format!("{table}_pkey"),
            // SQLite does not keep the name of a constraint; there is this one.
            "u" => "messages_conversation".to_owned(),
            _ => name,
        };
        assert_eq!(sqlite_conflict(&format!("UNIQUE constraint failed: {columns}")), expected);
    }
    assert_eq!(sqlite_conflict("CHECK constraint failed: runs_ended"), "runs_ended");
    assert_eq!(sqlite_conflict("NOT NULL constraint failed: runs.model"), "runs.model");
    assert_eq!(sqlite_conflict("FOREIGN KEY constraint failed"), "foreign_key");
}
