//! Rows that are right, to be made wrong by the test.

use api_types::{
    AnswerState, AuditAction, AuditId, ConversationId, ConversationSettings, MessageId, MessageRole,
    OrganizationId, PersonId, Role, RunId, SessionId, Usage,
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use studio::ports::{
    Timestamp,
    store::{
        AccountEventRow, AnswerEnd, AnswerPart, AnswerRow, AuditChange, AuditRow, AuditTarget, AuditValue,
        AuditVia, AuditWho, ConversationRow, Happened, MessageRow, Owned, PersonRow, SessionRow, Store,
        StoreError, Tx, owner_of,
    },
};
use uuid::Uuid;
use workflow::{Author, Commit, CommitId, Opens, Revision, Status, What};

/// An id later than all before it; the clock keeps test processes apart.
#[expect(clippy::disallowed_methods, reason = "tests make their own ids")]
pub(crate) fn id() -> Uuid {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static BASE: std::sync::LazyLock<u128> =
        std::sync::LazyLock::new(|| Uuid::now_v7().as_u128() & !0xffff_ffff);
    Uuid::from_u128(*BASE | u128::from(NEXT.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn at(micros: i64) -> Timestamp {
    Timestamp(1_700_000_000_000_000 + micros)
}

pub(crate) fn person(organization: OrganizationId) -> PersonRow {
    PersonRow {
        id: PersonId(id()),
        organization,
        name: "Ada Ångström 👩‍🔬".to_owned(),
        role: Role::Owner,
        reviewer: true,
        created_at: at(0),
        disabled_at: None,
        deleted_at: None,
    }
}

pub(crate) fn owned_by(person: &PersonRow) -> Owned {
    Owned { organization: person.organization, owner: person.id }
}

/// An organization with one person.
pub(crate) async fn somebody(store: &Arc<dyn Store>) -> Owned {
    let person = person(OrganizationId(id()));
    let owned = owned_by(&person);
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.insert_organization(person.organization, "Vobio", at(0)).await?;
                tx.insert_person(&person).await
            })
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    owned
}

pub(crate) fn settings() -> ConversationSettings {
    ConversationSettings {
        model: "local/smollm2-135m-instruct".parse().unwrap(),
        temperature: Some(0.7),
        max_tokens: Some(512),
        system_prompt: "Be brief.".to_owned(),
    }
}

pub(crate) fn conversation(owned: Owned) -> ConversationRow {
    ConversationRow {
        id: ConversationId(id()),
        owned,
        title: "Proteins".to_owned(),
        settings: settings(),
        leaf: None,
        created_at: at(0),
        updated_at: at(0),
        deleted_at: None,
    }
}

/// An open conversation without messages.
pub(crate) async fn chat(store: &Arc<dyn Store>, owned: Owned) -> ConversationId {
    let conversation = conversation(owned);
    let id = conversation.id;
    put(store, move |tx| Box::pin(async move { tx.insert_conversation(&conversation).await })).await;
    id
}

pub(crate) fn message(owned: Owned, conversation: ConversationId, parent: Option<MessageId>) -> MessageRow {
    MessageRow {
        id: MessageId(id()),
        owned,
        conversation,
        parent,
        role: MessageRole::User,
        body: "What folds?".to_owned(),
        marks: if parent.is_none() { vec!["a.rule".to_owned(), "b.rule".to_owned()] } else { Vec::new() },
        created_at: at(1),
    }
}

pub(crate) fn run(message: &MessageRow) -> AnswerRow {
    AnswerRow {
        run: RunId(id()),
        owned: message.owned,
        conversation: message.conversation,
        message: message.id,
        model: settings().model,
        state: AnswerState::Running,
        failure: None,
        usage: Usage::default(),
        cost_micros: None,
        cut_short: false,
        created_at: at(2),
        first_token_at: None,
        ended_at: None,
    }
}

pub(crate) fn part(run: &AnswerRow, seq: i64, body: &str) -> AnswerPart {
    AnswerPart { run: run.run, seq, owned: run.owned, body: body.to_owned(), at: at(3) }
}

pub(crate) fn end(run: &AnswerRow, state: AnswerState, body: &str) -> AnswerEnd {
    AnswerEnd {
        run: run.run,
        owned: run.owned,
        state,
        failure: None,
        usage: Usage { prompt_tokens: Some(10), completion_tokens: Some(20) },
        cost_micros: Some(123),
        cut_short: true,
        first_token_at: Some(at(4)),
        at: at(5),
        body: Some(body.to_owned()),
    }
}

pub(crate) fn session(owned: Owned) -> SessionRow {
    SessionRow {
        id: SessionId(id()),
        owned,
        user_agent: "Mozilla/5.0".to_owned(),
        created_at: at(0),
        last_seen_at: at(0),
        expires_at: at(1_000_000),
        ended_at: None,
        end_reason: None,
        epoch: 0,
        epoch_at: at(0),
        epoch_seen_at: None,
        touched_at: at(0),
        credential_id: None,
        browser: String::new(),
    }
}

/// A row of the audit log: the person of `owned` changed their own role, in a session, for a run.
pub(crate) fn audit_row(owned: Owned) -> AuditRow {
    AuditRow {
        id: AuditId(id()),
        organization: owned.organization,
        at: at(7),
        who: AuditWho::Person(owned.owner),
        via: Some(AuditVia::Session(SessionId(id()))),
        action: AuditAction::RoleChanged,
        target: AuditTarget::person(owned.owner),
        why: Some("test"),
        change: vec![AuditChange {
            what: "role",
            old: AuditValue::Word("member"),
            new: AuditValue::Word("owner"),
        }],
        run: Some(RunId(id())),
        trace: Some("0af7651916cd43dd8448eb211c80319c".to_owned()),
    }
}

/// Something that happened to an account, with a row of the audit log.
pub(crate) fn happened(event: &AccountEventRow) -> Happened {
    Happened { event: event.clone(), audit: audit_row(event.owned) }
}

/// A unit of work that must succeed.
pub(crate) async fn put<T, F>(store: &Arc<dyn Store>, work: F) -> T
where
    T: Send + 'static,
    F: for<'t> FnOnce(
            &'t mut dyn studio::ports::store::Tx,
        ) -> futures::future::BoxFuture<'t, Result<T, StoreError>>
        + Send
        + 'static,
{
    store.write(work).await.unwrap()
}

/// Opens a run that nobody drives, and its answer.
pub(crate) async fn insert_answer(tx: &mut dyn Tx, answer: &AnswerRow) -> Result<(), StoreError> {
    let status = if answer.state.is_active() { Status::Running } else { Status::Done };
    let commit = opening(RunId(answer.run.0), answer.owned, status);
    tx.commit_run(&commit).await.map_err(|error| StoreError::Fault(error.to_string()))?;
    tx.insert_answer(answer).await
}

/// The epoch of a process that lives.
pub(crate) async fn process(store: &Arc<dyn Store>) -> u64 {
    let now = workflow::Timestamp(at(0).0);
    put(store, move |tx| Box::pin(async move { Ok(tx.enter_process(now).await.unwrap()) })).await
}

/// The commit after `revision`, by somebody from outside.
pub(crate) fn next(run: RunId, owned: Owned, revision: u64, status: Status) -> Commit<()> {
    let event = workflow::Event {
        seq: revision + 1,
        at: workflow::Timestamp(at(3).0),
        what: What::Stands { status, reason: None },
    };
    Commit { opens: None, expected: Revision(revision), events: vec![event], ..opening(run, owned, status) }
}

/// The first commit of a run that nobody drives.
pub(crate) fn opening(run: RunId, owned: Owned, status: Status) -> Commit<()> {
    Commit {
        id: CommitId(id()),
        run: workflow::RunId(run.0),
        opens: Some(Opens { kind: "chat".to_owned(), owner: owner_of(owned), forked_from: None }),
        expected: Revision::NONE,
        by: Author::Operator,
        at: workflow::Timestamp(at(2).0),
        checkpoint: None,
        opened: Vec::new(),
        closed: Vec::new(),
        events: vec![workflow::Event { seq: 1, at: workflow::Timestamp(at(2).0), what: What::Opened }],
        status,
        reason: None,
        wake_at: None,
        held: false,
        cancel_heard: false,
        writes: Vec::new(),
    }
}

/// A question and its answer under way.
pub(crate) async fn asked(store: &Arc<dyn Store>, owned: Owned) -> (MessageRow, MessageRow, AnswerRow) {
    let conversation = chat(store, owned).await;
    let question = message(owned, conversation, None);
    let mut answer = message(owned, conversation, Some(question.id));
    answer.role = MessageRole::Assistant;
    answer.body = String::new();
    let run = run(&answer);
    let rows = (question.clone(), answer.clone(), run.clone());
    put(store, move |tx| {
        Box::pin(async move {
            tx.insert_messages(&[question, answer]).await?;
            insert_answer(tx, &run).await
        })
    })
    .await;
    rows
}
