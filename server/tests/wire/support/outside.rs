//! The studio's database, opened beside it by another program.

use super::{Person, Studio};
use adapters::{Tokens, load_or_create_key};
use api_types::{OrganizationId, PersonId, Role, SessionId};
use std::{
    sync::{Arc, mpsc},
    time::Duration,
};
use storage::{Database, StoreConfig, StoreUrl};
use studio::{
    SessionToken,
    ports::{
        Timestamp,
        store::{Owned, PersonRow, SessionRow, Store, StoreError},
    },
};
use tokio::{runtime::Runtime, sync::oneshot};
use uuid::Uuid;

/// The other program.
pub(crate) struct Outside {
    runtime: Runtime,
    database: Arc<Database>,
    tokens: Tokens,
    url: String,
}

#[expect(clippy::disallowed_methods, reason = "a test makes its own ids")]
fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[expect(clippy::disallowed_methods, reason = "a session that is alive now")]
fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_microsecond())
}

impl Outside {
    /// Opens what a running studio uses.
    pub(crate) fn of(studio: &Studio) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let url = match studio.settings.get("DATABASE_URL") {
            Some(url) => StoreUrl::Postgres(url.clone().into()),
            None => StoreUrl::Sqlite(studio.data().join("vobio.db")),
        };
        let config = StoreConfig { url, backup_dir: studio.data().join("backups"), version: "0.0.0" };
        let database = Arc::new(runtime.block_on(storage::open(config)).unwrap());
        let key = load_or_create_key(&studio.data().join("keys/session.key")).unwrap();
        let url = format!("http://localhost:{}", studio.port);
        Self { runtime, database, tokens: Tokens::new(&key, &url).unwrap(), url }
    }

    /// The organization of somebody who is signed in.
    pub(crate) fn organization_of(&self, person: &Person) -> OrganizationId {
        let session = self.tokens.read(&person.cookies["vobio-session"], now()).unwrap();
        let store: Arc<dyn Store> = self.database.clone();
        let found = self.runtime.block_on(store.session_with_person(session.session)).unwrap();
        found.unwrap().1.organization
    }

    /// Makes the last touch in somebody's session one of a while ago.
    pub(crate) fn touched_before(&self, person: &Person, ago: Duration) {
        let session = self.tokens.read(&person.cookies["vobio-session"], now()).unwrap().session;
        let store: Arc<dyn Store> = self.database.clone();
        let (row, _) = self.runtime.block_on(store.session_with_person(session)).unwrap().unwrap();
        let then = Timestamp(now().0 - i64::try_from(ago.as_micros()).unwrap());
        let written = store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.session_touched(row.owned, session, then).await })
        });
        self.runtime.block_on(written).unwrap();
    }

    /// Another browser of somebody who is signed in, with a session written into the database as the test wants it, and the
    /// first of its tokens.
    pub(crate) fn browser_of(&self, person: &Person, change: impl FnOnce(&mut SessionRow)) -> Person {
        let named = self.tokens.read(&person.cookies["vobio-session"], now()).unwrap();
        let store: Arc<dyn Store> = self.database.clone();
        let found = self.runtime.block_on(store.session_with_person(named.session)).unwrap();
        let (mut session, _) = found.unwrap();
        session.id = SessionId(new_id());
        change(&mut session);
        let first = SessionToken { session: session.id, epoch: 0 };
        let token = self.tokens.issue(first, session.created_at, session.expires_at);
        let written = store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_session(&session).await }));
        self.runtime.block_on(written).unwrap();
        let mut other = person.elsewhere();
        other.cookies.insert("vobio-session".to_owned(), token);
        other
    }

    /// Somebody new, signed in: there is no invitation yet, so they are written into the database.
    pub(crate) fn person(&self, organization: Option<OrganizationId>, role: Role) -> Person {
        let (is_new, organization) =
            (organization.is_none(), organization.unwrap_or_else(|| OrganizationId(new_id())));
        let owned = Owned { organization, owner: PersonId(new_id()) };
        let (created_at, expires_at) = (now(), now() + Duration::from_secs(3_600));
        let person = PersonRow {
            id: owned.owner,
            organization,
            name: "Ben".to_owned(),
            role,
            reviewer: false,
            created_at,
            disabled_at: None,
            deleted_at: None,
        };
        let session = SessionRow {
            id: SessionId(new_id()),
            owned,
            user_agent: String::new(),
            created_at,
            last_seen_at: created_at,
            expires_at,
            ended_at: None,
            end_reason: None,
            epoch: 0,
            epoch_at: created_at,
            epoch_seen_at: None,
            touched_at: created_at,
            credential_id: None,
            browser: String::new(),
        };
        let token = self.tokens.issue(SessionToken { session: session.id, epoch: 0 }, created_at, expires_at);
        let store: Arc<dyn Store> = self.database.clone();
        let written = store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                if is_new {
                    tx.insert_organization(organization, "Another", created_at).await?;
                }
                tx.insert_person(&person).await?;
                tx.insert_session(&session).await
            })
        });
        self.runtime.block_on(written).unwrap();
        let mut person = Person::new(&self.url);
        person.cookies.insert("vobio-session".to_owned(), token);
        person
    }

    /// Holds SQLite's one write lock until what it gives is dropped, at most ten seconds.
    pub(crate) fn hold(&self) -> oneshot::Sender<()> {
        let (entered, is_in) = mpsc::channel();
        let (go, wait) = oneshot::channel::<()>();
        let store: Arc<dyn Store> = self.database.clone();
        self.runtime.spawn(async move {
            let held = store.write::<_, StoreError, _>(move |tx| {
                Box::pin(async move {
                    tx.set_fact("held", "by another program", now()).await?;
                    entered.send(()).unwrap();
                    let _dropped = wait.await;
                    Ok(())
                })
            });
            held.await
        });
        is_in.recv_timeout(Duration::from_secs(20)).expect("the lock");
        go
    }
}
