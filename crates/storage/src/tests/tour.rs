//! Every statement of every noun, once: for the test that looks at their plans.

use super::{
    rows::{
        asked, at, audit_row, end, happened, id, next, opening, owned_by, part, person, process, put,
        session, settings, somebody,
    },
    tour_settings,
};
use crate::Database;
use api_types::{
    AccountEventId, AccountEventKind, AnswerState, AuditAction, CeremonyId, CeremonyPurpose, ConversationId,
    EntryKind, HoldId, InviteId, MemoryId, MemoryKind, MessageId, Role, RunId, RunStatus, Scopes,
    SetupCodeId, Span, TokenId,
};
use async_trait::async_trait;
use std::sync::Arc;
use studio::ports::store::{
    AccountEventRow, AnswerEnd, AuditQuery, CeremonyRow, Change, CommitQuery, EntryRow, HoldRow, InviteRow,
    MemoryRow, Owned, PasskeyRow, RequestRow, RunQuery, Seen, SessionEnd, SpendingLimits, Store, StoreError,
    TokenRow, Tx,
};
use workflow::Checkpointer;

/// Calls every statement of every noun once.
pub(super) async fn tour(db: &Arc<Database>) {
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
    let told = happened(&AccountEventRow {
        id: AccountEventId(id()),
        owned,
        kind: AccountEventKind::Joined,
        detail: String::new(),
        at: now,
        session: None,
        seen_at: None,
    });
    let (events, ended) = ([part(&run, 1, "text")], end(&run, AnswerState::Finished, "text"));
    let ended_run = run.run;
    put(store, move |tx| {
        Box::pin(async move {
            tx.set_fact("k", "v", now).await?;
            tx.hold_fact("k").await?;
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
            tx.hold_conversation(owned, chat).await?;
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
    store.unseen_and_spent(owned, session_id, "tour", 10, now).await.unwrap();
    store.spent_this_hour(owned, now).await.unwrap();
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
    store.spoken_bytes(owned, chat, answer.id, 50).await.unwrap();
    store.youngest_leaf(owned, chat, question.id).await.unwrap();
    store.answer(owned, run.run).await.unwrap();
    store.answers_since(owned, now).await.unwrap();
    store.answers_left_open().await.unwrap();
    flows(db, owned, epoch).await;
    memories(store, owned, ended_run).await;
    ledger(store, owned, ended_run).await;
    tour_settings::models(store, owned).await;
    tour_settings::flags(store, owned).await;
    tour_settings::gate(store, owned).await;
    store.answer_text(owned, run.run).await.unwrap();
    audit(store, owned).await;
    people(store, owned, chat, answer.id).await;
    put(store, move |tx| {
        Box::pin(async move {
            tx.end_session(owned, session_id, SessionEnd::Ended, now).await?;
            tx.end_sessions(owned, None, SessionEnd::Ended, now).await?;
            tx.purge_sessions(now).await?;
            tx.revoke_token(owned, token_id, now).await?;
            tx.insert_account_event(&told).await?;
            tx.account_events_seen(owned, session_id, "tour", Seen::only(told.event.id), now).await?;
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

/// Those of the audit log.
async fn audit(store: &Arc<dyn Store>, owned: Owned) {
    let (row, organization) = (audit_row(owned), owned.organization);
    put(store, move |tx| Box::pin(async move { tx.insert_audit(&row).await })).await;
    for run in [None, Some("r".to_owned())] {
        let query = AuditQuery {
            organization,
            before: None,
            from: None,
            until: None,
            actions: vec![AuditAction::SignedIn],
            person: Some("a".to_owned()),
            run,
            limit: 50,
        };
        store.audit(&query).await.unwrap();
    }
    assert_eq!(studio::seal_audit(&**store, at(9)).await.unwrap(), 1);
    store.sealed_audit(0, 50).await.unwrap();
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

/// Those of what things cost.
async fn ledger(store: &Arc<dyn Store>, owned: Owned, run: RunId) {
    let hold = HoldRow {
        id: HoldId(id()),
        owned,
        run,
        operation: "chat".to_owned(),
        model: settings().model,
        amount: 10,
        at: at(1),
    };
    let limits = SpendingLimits { hour: 10, day: 10 };
    put(store, move |tx| {
        Box::pin(async move {
            tx.set_spending_limits(owned, Some(limits), owned.owner, at(1)).await?;
            tx.set_spending_limits(owned, None, owned.owner, at(1)).await?;
            assert!(tx.take_hold(&hold, limits).await?);
            assert_eq!(tx.end_hold(owned, run).await?.as_ref(), Some(&hold));
            let row = |kind, amount| EntryRow::of(&hold, kind, amount, at(2));
            tx.book(&[row(EntryKind::Settle, 4), row(EntryKind::Release, 6)]).await
        })
    })
    .await;
    store.spending(owned, at(1)).await.unwrap();
    store.total_spent(owned).await.unwrap();
    store.spending_limits(owned).await.unwrap();
    store.ledger(owned, None, 50).await.unwrap();
    store.windows(owned, Span::Hour, at(0), 24).await.unwrap();
    assert_eq!(store.ledger_differences(100).await.unwrap(), []);
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
