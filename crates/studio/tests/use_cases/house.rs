//! A studio with a database of its own.

use crate::fakes::{FakeClock, FakeFinder, FakeFlags, FakeIds, FakeModels, FakePasskeys, FakeVault, key};
use api_types::{AnswerState, ConversationId, OrganizationId, PersonId, Price, Problem, Role, SessionId};
use futures::future::BoxFuture;
use sqlx::{AnyConnection, Connection as _};
use std::{sync::Arc, time::Duration};
use storage::{Database, StoreConfig, StoreUrl};
use studio::{
    Catalog, LiveRun, NewInvite, NewSession, Opened, Parts, PriceLine, PriceSheet, SESSION_IDLE,
    SESSION_LIFE, SendMessage, SignedIn, Studio, StudioSettings,
    ports::{
        ChatEvent, Clock, Ids, Timestamp,
        store::{MessageRow, Owned, PersonRow, SessionRow, SpendingLimits, StoreError, TurnRow, Tx},
    },
};
use tempfile::TempDir;
use uuid::Uuid;

/// Nobody reaches them who does not want to.
const SPENDING: SpendingLimits = SpendingLimits { hour: 1_000_000_000_000, day: 1_000_000_000_000 };

/// Five micro-dollars for each token of the fake model's, as the mock costs.
fn prices() -> PriceSheet {
    let price = Price { prompt_micros_per_million: 5_000_000, completion_micros_per_million: 5_000_000 };
    PriceSheet::new(vec![PriceLine { model: "fake/fake".to_owned(), from: Timestamp(0), price }]).unwrap()
}

/// What an operator may have set; no test reaches a limit that it does not set itself.
fn settings(database: &Database) -> StudioSettings {
    StudioSettings {
        open_registration: false,
        default_model: None,
        alone: database.engine() == storage::Engine::Sqlite,
        spending: SPENDING,
        prices: prices(),
        calls_per_minute: 1_000_000,
        requests_per_minute: 1_000_000,
        session_idle: SESSION_IDLE,
        session_life: SESSION_LIFE,
    }
}

/// A studio and its world.
pub(crate) struct House {
    pub(crate) studio: Arc<Studio>,
    pub(crate) clock: FakeClock,
    ids: FakeIds,
    pub(crate) model: FakeModels,
    pub(crate) finder: FakeFinder,
    pub(crate) vault: FakeVault,
    passkeys: FakePasskeys,
    database: Arc<Database>,
    pub(crate) folder: TempDir,
}

impl House {
    /// An empty one, with one source `fake` of one model `fake/fake`.
    pub(crate) async fn new() -> Self {
        Self::beginning_with(None).await
    }

    /// One where anybody may make an account.
    pub(crate) async fn open() -> Self {
        Self::built(None, true).await
    }

    /// One whose operator named the model that chats begin with.
    pub(crate) async fn beginning_with(default_model: Option<&str>) -> Self {
        Self::built(default_model, false).await
    }

    async fn built(default_model: Option<&str>, open_registration: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = StoreConfig {
            url: StoreUrl::Sqlite(folder.path().join("studio.db")),
            backup_dir: folder.path().join("backups"),
            version: "0.0.1",
        };
        let store = Arc::new(storage::open(config).await.unwrap());
        Self::on(store, folder, default_model, open_registration).await
    }

    /// One on a database that is there.
    pub(crate) async fn on(
        database: Arc<Database>,
        folder: TempDir,
        default_model: Option<&str>,
        open_registration: bool,
    ) -> Self {
        let (clock, ids, model, finder) =
            (FakeClock::new(), FakeIds::default(), FakeModels::named("fake"), FakeFinder::default());
        let (passkeys, vault) = (FakePasskeys::at("studio.example"), FakeVault::default());
        let studio = Studio::new(Parts {
            store: database.clone(),
            runs: database.clone(),
            catalog: Catalog::new(vec![Arc::new(model.clone())]),
            passkeys: Box::new(passkeys.clone()),
            finder: Box::new(finder.clone()),
            flags: Arc::new(FakeFlags::default()),
            vault: Arc::new(vault.clone()),
            clock: Box::new(clock.clone()),
            ids: Box::new(ids.clone()),
            settings: StudioSettings {
                open_registration,
                default_model: default_model.map(|model| model.parse().unwrap()),
                ..settings(&database)
            },
        });
        studio.start(None).await.unwrap();
        Self { studio: Arc::new(studio), clock, ids, model, finder, vault, passkeys, database, folder }
    }

    /// The process after it was killed and started anew.
    pub(crate) async fn restarted(&self) -> Studio {
        let studio = self.beside(self.database.clone());
        studio.start(None).await.unwrap();
        studio
    }

    /// Another studio, on this connection to the database.
    pub(crate) fn beside(&self, store: Arc<Database>) -> Studio {
        self.beside_set(store, |_| ())
    }

    /// The same, with other settings.
    pub(crate) fn beside_set(
        &self,
        store: Arc<Database>,
        change: impl FnOnce(&mut StudioSettings),
    ) -> Studio {
        self.another(store, self.passkeys.clone(), change)
    }

    /// Does something to the file of the database that the studio would not.
    pub(crate) async fn outside(&self, sql: &'static str) {
        sqlx::any::install_default_drivers();
        let file = self.folder.path().join("studio.db");
        let mut conn = AnyConnection::connect(&format!("sqlite://{}", file.display())).await.unwrap();
        sqlx::raw_sql(sql).execute(&mut conn).await.unwrap();
        conn.close().await.unwrap();
    }

    /// The studio with other settings.
    pub(crate) async fn set(self, change: impl FnOnce(&mut StudioSettings)) -> Self {
        let studio = self.another(self.database.clone(), self.passkeys.clone(), change);
        studio.start(None).await.unwrap();
        Self { studio: Arc::new(studio), ..self }
    }

    /// The studio after it has moved.
    pub(crate) async fn moved_to(&self, host: &'static str) -> Studio {
        let studio = self.another(self.database.clone(), FakePasskeys::at(host), |_| ());
        studio.move_host(host).await.unwrap();
        studio
    }

    fn another(
        &self,
        store: Arc<Database>,
        passkeys: FakePasskeys,
        change: impl FnOnce(&mut StudioSettings),
    ) -> Studio {
        let mut settings = settings(&store);
        change(&mut settings);
        Studio::new(Parts {
            store: store.clone(),
            runs: store.clone(),
            catalog: Catalog::new(vec![Arc::new(self.model.clone())]),
            passkeys: Box::new(passkeys),
            finder: Box::new(self.finder.clone()),
            flags: Arc::new(FakeFlags::default()),
            vault: Arc::new(self.vault.clone()),
            clock: Box::new(self.clock.clone()),
            ids: Box::new(self.ids.clone()),
            settings,
        })
    }

    /// Lets a unit of work happen while the next key is verified. The test takes a runtime of threads.
    pub(crate) fn meanwhile<F>(&self, work: F)
    where
        F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send + 'static,
    {
        let store = self.studio.store.clone();
        let happens = async move { store.write(work).await.unwrap() };
        *self.passkeys.meanwhile.lock().unwrap() = Some(Box::pin(happens));
    }

    /// An id that nobody has.
    pub(crate) fn new_id(&self) -> Uuid {
        self.ids.next()
    }

    /// The first owner, through the front door.
    pub(crate) async fn owner(&self) -> SignedIn {
        let code = self.studio.new_setup_code().await.unwrap().unwrap();
        let start = self.studio.start_setup(&code, "Ana", "browser".to_owned()).await.unwrap();
        let credential = key("anas-key", PersonId(self.new_id()));
        let session =
            self.studio.finish_setup(start.ceremony, &credential, "browser", "Firefox").await.unwrap();
        self.studio.signed_in(session.id).await.unwrap()
    }

    /// Somebody who was invited by `by`, through the front door.
    pub(crate) async fn joins(&self, by: &SignedIn, name: &str, role: Role) -> SignedIn {
        let new = NewInvite { role, reviewer: false, note: String::new(), days: 7 };
        let admin = by.touched_admin(self.clock.now()).unwrap();
        let code = self.studio.make_invite(&admin, new).await.unwrap();
        let session = self.join(&code, name).await.unwrap();
        self.studio.signed_in(session.id).await.unwrap()
    }

    /// Joins with a code, with a key that is called like the person.
    pub(crate) async fn join(&self, code: &str, name: &str) -> Result<NewSession, Problem> {
        let start = self.studio.start_join(code, name, "browser".to_owned()).await?;
        let called: String = name.split_whitespace().collect();
        let credential = key(&called, PersonId(self.new_id()));
        self.studio.finish_join(start.ceremony, &credential, "browser", "Firefox").await
    }

    /// Somebody else, of another organization.
    pub(crate) async fn somebody(&self) -> SignedIn {
        let session = self.seed(|_| ()).await;
        self.studio.signed_in(session).await.unwrap()
    }

    /// Another session of somebody who is there, written into the database.
    pub(crate) async fn session_row_of(
        &self,
        by: &SignedIn,
        change: impl FnOnce(&mut SessionRow),
    ) -> SessionId {
        let (mut session, _) = self.studio.store.session_with_person(by.session()).await.unwrap().unwrap();
        let now = self.clock.now();
        session.id = SessionId(self.new_id());
        (session.created_at, session.last_seen_at, session.epoch_at) = (now, now, now);
        (session.touched_at, session.expires_at) = (now, now + SESSION_LIFE);
        (session.epoch, session.epoch_seen_at, session.ended_at, session.end_reason) = (0, None, None, None);
        change(&mut session);
        let id = session.id;
        let written = self
            .studio
            .store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.insert_session(&session).await }));
        written.await.unwrap();
        id
    }

    /// The same person, in another session that was touched long ago.
    pub(crate) async fn somebody_at(&self, by: &SignedIn) -> SignedIn {
        let session = self.session_row_of(by, |row| row.touched_at = Timestamp(0)).await;
        self.studio.signed_in(session).await.unwrap()
    }

    /// Writes somebody into the database, as the test wants them; their session.
    pub(crate) async fn seed(&self, change: impl FnOnce(&mut PersonRow)) -> SessionId {
        let now = self.clock.now();
        let mut person = PersonRow {
            id: PersonId(self.new_id()),
            organization: OrganizationId(self.new_id()),
            name: "Ben".to_owned(),
            role: Role::Member,
            reviewer: false,
            created_at: now,
            disabled_at: None,
            deleted_at: None,
        };
        change(&mut person);
        let session = SessionRow {
            id: SessionId(self.new_id()),
            owned: Owned { organization: person.organization, owner: person.id },
            user_agent: String::new(),
            created_at: now,
            last_seen_at: now,
            expires_at: now + SESSION_LIFE,
            ended_at: None,
            end_reason: None,
            epoch: 0,
            epoch_at: now,
            epoch_seen_at: None,
            touched_at: now,
            credential_id: None,
            browser: String::new(),
        };
        let id = session.id;
        let written = self.studio.store.write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.insert_organization(person.organization, "Another", now).await?;
                tx.insert_person(&person).await?;
                tx.insert_session(&session).await
            })
        });
        written.await.unwrap();
        id
    }

    /// Sends a message into a new conversation or one that is there.
    pub(crate) async fn send(
        &self,
        by: &SignedIn,
        conversation: Option<ConversationId>,
        text: &str,
    ) -> Result<Opened, Problem> {
        let message = SendMessage { conversation, text: text.to_owned(), settings: None };
        self.studio.send_message(by, message, None).await
    }

    /// An answer that was opened here, in memory.
    pub(crate) fn live(&self, by: &SignedIn, opened: &Opened) -> Arc<LiveRun> {
        self.studio.live.get(by.person(), opened.run.run).unwrap()
    }

    /// Whether an answer is being written, or is to be.
    pub(crate) fn is_writing(&self) -> bool {
        self.studio.live.active() > 0
    }

    /// Drives all runs until they rest.
    pub(crate) async fn work(&self) {
        work(&self.studio).await;
    }

    /// Sends and answers; the answer as it was kept.
    pub(crate) async fn chat(
        &self,
        by: &SignedIn,
        conversation: Option<ConversationId>,
        text: &str,
    ) -> (Opened, TurnRow) {
        let opened = self.send(by, conversation, text).await.unwrap();
        self.work().await;
        let turn = self.last_turn(by, opened.conversation).await;
        (opened, turn)
    }

    /// The last turn of what a conversation shows.
    pub(crate) async fn last_turn(&self, by: &SignedIn, conversation: ConversationId) -> TurnRow {
        self.studio.conversation(by, conversation, None).await.unwrap().turns.pop().unwrap()
    }

    /// An answer that was stopped after these words.
    pub(crate) async fn stopped_after(&self, by: &SignedIn, words: &str) -> (ConversationId, MessageRow) {
        self.model.begins(ChatEvent::Delta(words.to_owned()));
        let opened = self.send(by, None, "Go on").await.unwrap();
        let live = self.live(by, &opened);
        let stop = async {
            while live.view(0).text.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.studio.stop_run(by, opened.run.run).await.unwrap();
        };
        tokio::join!(self.work(), stop);
        let turn = self.last_turn(by, opened.conversation).await;
        assert_eq!(turn.run.unwrap().state, AnswerState::Stopped);
        (opened.conversation, turn.message)
    }
}

/// Drives all runs of a process until they rest.
pub(crate) async fn work(studio: &Studio) {
    let rest = async {
        // What others left, and what was given up, is taken up at a look of the engine's: it is over when a while long
        // nothing was.
        let mut idle = 0;
        while idle < 6 {
            tokio::time::sleep(Duration::from_millis(5)).await;
            idle = if studio.runs_here() == 0 { idle + 1 } else { 0 };
        }
    };
    tokio::select! {
        () = studio.drive() => {}
        () = rest => {}
    }
}

/// The field that a refusal names.
pub(crate) fn field_of(problem: &Problem) -> &str {
    match problem {
        Problem::Invalid { fields, .. } => &fields[0].field,
        other => panic!("no field is named: {other:?}"),
    }
}
