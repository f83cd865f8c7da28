//! How the engine finds rows: every statement, on ten thousand conversations and one long one.

use super::{
    rows::{
        asked, at, chat, end, id, message, next, opening, owned_by, part, person, process, put, session,
        settings, somebody,
    },
    sqlite,
};
use crate::{Database, dialect::sqlite_conflict};
use api_types::{
    AccountEventId, AccountEventKind, AnswerState, CeremonyId, CeremonyPurpose, ConversationId, InviteId,
    MemoryId, MemoryKind, MessageId, Role, RunId, RunStatus, Scopes, SetupCodeId, TokenId,
};
use async_trait::async_trait;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
use std::{sync::Arc, time::Instant};
use studio::ports::store::{
    AccountEventRow, AnswerEnd, CeremonyRow, Change, CommitQuery, InviteRow, MemoryRow, MessageRow, Owned,
    PasskeyRow, RequestRow, RunQuery, Seen, SessionEnd, Store, StoreError, TokenRow, Tx,
};
use workflow::Checkpointer;

const CONVERSATIONS: i64 = 10_000;
const MESSAGES: usize = 2_000;

/// Tables with a handful of rows, where reading all of them is the fastest way.
const SMALL_TABLES: [&str; 4] = ["setup_codes", "processes", "epochs", "organizations"];

/// Calls every statement of every noun once.
async fn tour(db: &Arc<Database>) {
    let store: &Arc<dyn Store> = &(db.clone() as Arc<dyn Store>);
    let owned = somebody(store).await;
    let (question, answer, run) = asked(store, owned).await;
    let (chat, session, now) = (question.conversation, session(owned), at(9));
    let opened = session.clone();
    let (ada, session_id, epoch) = (person(owned.organization), session.id, process(store).await);
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
    let (events, ended) = ([part(&run, 1, "text")], end(&run, AnswerState::Finished, "text"));
    let ended_run = run.run;
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
            tx.append_answer_parts(epoch, &events).await?;
            tx.end_answer(&ended).await?;
            tx.end_answer(&AnswerEnd { body: None, ..ended }).await?;
            tx.resume_answer(owned, ended_run, chat).await?;
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
    store.spoken(owned, chat, answer.id, 50).await.unwrap();
    store.youngest_leaf(owned, chat, question.id).await.unwrap();
    store.answer(owned, run.run).await.unwrap();
    store.answers_since(owned, now).await.unwrap();
    store.answers_left_open().await.unwrap();
    flows(db, owned, epoch).await;
    memories(store, owned, ended_run).await;
    store.answer_text(owned, run.run).await.unwrap();
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

/// Those of the engine and of whoever looks at runs.
async fn flows(db: &Arc<Database>, owned: Owned, epoch: u64) {
    let store: Arc<dyn Store> = db.clone();
    let engine: &dyn Checkpointer<Nothing> = db.as_ref();
    let (run, home, now) = (RunId(id()), owned.organization, workflow::Timestamp(at(9).0));
    let question = workflow::Interrupt {
        id: workflow::InterruptId(id()),
        node: "n".to_owned(),
        asked: true.into(),
        digest: "d".to_owned(),
        until: None,
    };
    let mut first = opening(run, owned, workflow::Status::Waiting);
    (first.by, first.held) = (workflow::Author::Worker(workflow::Epoch(epoch)), true);
    first.opened = vec![question.clone()];
    let mut second = next(run, owned, 1, workflow::Status::Running);
    second.by = first.by;
    second.closed = vec![question.id];
    let mut late = next(run, owned, 1, workflow::Status::Running);
    late.expected = workflow::Revision(7);
    let answer = workflow::Answer {
        run: workflow::RunId(run.0),
        interrupt: question.id,
        digest: "d".to_owned(),
        body: true.into(),
        at: now,
        writes: Vec::new(),
    };
    put(&store, move |tx| {
        Box::pin(async move {
            assert_eq!(tx.commit_run(&first).await, Ok(true));
            assert_eq!(tx.answer_run(&answer).await, Ok(()));
            assert_eq!(tx.answer_run(&answer).await, Err(workflow::StoreError::Answered));
            assert_eq!(tx.commit_run(&second).await, Ok(true));
            assert_eq!(tx.commit_run(&late).await, Err(workflow::StoreError::Conflict));
            assert_eq!(tx.bury_process(99, now).await, Ok(()));
            assert_eq!(tx.cancel_run(run).await, Ok(()));
            assert_eq!(tx.cancel_run(RunId(id())).await, Err(workflow::StoreError::NotFound));
            Ok(())
        })
    })
    .await;
    let epoch = workflow::Epoch(epoch);
    engine.beat(epoch, workflow::Timestamp(now.0 + 10_000_000)).await.unwrap();
    let room = vec![("chat".to_owned(), 5)];
    let claim = workflow::Claim { epoch, now, dead_before: workflow::Timestamp(0), room };
    assert_eq!(engine.claim(&claim).await.unwrap().len(), 1, "its checkpoint is missing, and it says so");
    engine.strangers(&["chat".to_owned()], now).await.unwrap();
    let flow = workflow::RunId(run.0);
    engine.held(epoch).await.unwrap();
    engine.load(flow).await.unwrap();
    engine.history(flow).await.unwrap();
    engine.checkpoint(flow, workflow::Revision(1)).await.unwrap();
    engine.events(flow, 0).await.unwrap();
    engine.questions(flow).await.unwrap();
    let status = RunStatus::NeedsAttention;
    let organization = home;
    for owner in [Some(owned.owner), None] {
        let before = Some((at(9), run));
        for statuses in [vec![status], Vec::new()] {
            store.runs(&RunQuery { organization, owner, statuses, before, limit: 50 }).await.unwrap();
        }
        let asked = CommitQuery { organization, owner, limit: 100 };
        store.commits_since(asked, (at(0), run, 0)).await.unwrap();
        store.commits_of(asked, run, 0).await.unwrap();
    }
    store.count_needing_attention(owned, 100).await.unwrap();
    store.run(owned, run).await.unwrap();
    store.run_of(home, run).await.unwrap();
    store.run_commits(owned, run).await.unwrap();
    store.shut_out_runs(epoch.0).await.unwrap();
    store.has_other_process(epoch.0, at(0)).await.unwrap();
    engine.put_aside(epoch, flow, "on purpose", now).await.unwrap();
    let nobody = engine.put_aside(epoch, workflow::RunId(id()), "on purpose", now).await;
    assert_eq!(nobody, Err(workflow::StoreError::NotFound));
    engine.leave(epoch).await.unwrap();
}

/// A write of the product's that is none.
#[derive(Clone)]
struct Nothing;

#[async_trait]
impl Change for Nothing {
    async fn apply(&self, _: RunId, _: studio::ports::Timestamp, _: &mut dyn Tx) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Those of what is remembered, and of requests with a key.
async fn memories(store: &Arc<dyn Store>, owned: Owned, run: RunId) {
    let memory = MemoryRow {
        id: MemoryId(id()),
        owned,
        kind: MemoryKind::Note,
        content: String::new(),
        metadata: "{}".to_owned(),
        conversation: None,
        message: None,
        created_at: at(1),
    };
    let request = RequestRow { owned, key: "k".to_owned(), digest: "d".to_owned(), run, created_at: at(1) };
    put(store, move |tx| {
        Box::pin(async move {
            tx.insert_memory(&memory).await?;
            tx.remove_memory(owned, memory.id).await?;
            tx.remove_memories(owned).await?;
            tx.insert_request(&request).await?;
            tx.purge_answer_parts(at(0)).await?;
            tx.purge_requests(at(0)).await
        })
    })
    .await;
    store.memories(owned, 20).await.unwrap();
    store.own_memories(owned, None, 50).await.unwrap();
    store.count_notes(owned).await.unwrap();
    store.request(owned, "k").await.unwrap();
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
         INSERT INTO runs SELECT organization_id, owner_id, id, 'chat', 'done', NULL, 1, 1, NULL, NULL, NULL, 0, 0, 1, 1, \
         NULL, NULL FROM conversations; \
         INSERT INTO run_commits SELECT organization_id, owner_id, id, 1, id, 1, 'done', '[]', 1, 'chat', 1, '{{}}', 'd' FROM runs; \
         INSERT INTO answers SELECT organization_id, owner_id, id, id, id, 'a/b', 'finished', NULL, 1, 1, \
         1, 0, 1, 1, 1 FROM conversations",
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
    tour(&db).await;

    // Without ANALYZE, which nobody runs here: the plans are those of a fresh installation and stay so.
    let seen = db.0.counters.seen.lock().unwrap().clone();
    assert!(seen.len() > 80, "the tour is complete: {}", seen.len());
    for sql in seen {
        let plan = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")));
        let plan: Vec<String> =
            plan.fetch_all(&mut conn).await.unwrap().iter().map(|row| row.get("detail")).collect();
        for step in &plan {
            // A scan of `branch` or `down` walks what was just found, one of `new` what was handed in, one of `few` a handful; one over a partial index reads only its part.
            let partial = ["answers_one_active", "conversations_bin", "people_owners", "runs_due_at"];
            let fine = !step.starts_with("SCAN ")
                || SMALL_TABLES.iter().any(|table| step.starts_with(&format!("SCAN {table}")))
                || partial.iter().any(|index| step.contains(index))
                || ["SCAN b", "SCAN d", "SCAN down", "SCAN new", "SCAN few", "SCAN CONSTANT ROW", "SCAN 100 CONST", "SCAN 1"]
                    .contains(&step.as_str())
                || step.ends_with("-ROW VALUES CLAUSE")
                // Along the ids of one kind, and no further than the limit on the table itself.
                || (sql.contains("LIMIT 1 OFFSET") && step.starts_with("SCAN ceremonies USING INDEX ceremonies_"))
                || sql.contains("FROM installation LIMIT 1")
                // All of them are counted, at a start.
                // Parts are of answers that are being written, or ended within the hour.
                || (sql.starts_with("DELETE FROM answer_parts WHERE run_id IN (SELECT DISTINCT") && step.starts_with("SCAN p USING"))
                || (sql.contains("COUNT(DISTINCT owner_id)") && step.starts_with("SCAN passkeys USING"))
                // Once, when the studio moves to another host.
                || (sql.contains("WHERE rp_id IS NULL") && step == "SCAN passkeys")
                // Those that are due, to be taken in turns.
                || (sql.contains(") AS waiting") && (step == "SCAN waiting" || step.starts_with("SCAN (subquery")))
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
    assert_eq!(sqlite_conflict("CHECK constraint failed: answers_ended"), "answers_ended");
    assert_eq!(sqlite_conflict("NOT NULL constraint failed: answers.model"), "answers.model");
    assert_eq!(sqlite_conflict("FOREIGN KEY constraint failed"), "foreign_key");
}
