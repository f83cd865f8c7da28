//! The domain: use cases, access, ports.
//!
//! One file per noun holds its use cases; the same verb has the same name in `app/src/api`, here and in the store.
//! Never here: SQL, HTTP, Leptos, the environment, the wall clock, `tokio::spawn`. To add a use case: take the proof it
//! needs (`&SignedIn`, `&Admin`, …) as an argument, return `Result<_, Problem>`, and test it in `tests/` on SQLite.

mod access;
mod account;
mod account_event;
mod allowance;
mod answered;
mod aside;
mod audit;
mod authenticator;
mod bin;
mod budget;
mod catalog;
mod ceremony;
mod chat;
mod code;
mod conversation;
mod device;
mod engine;
mod export;
mod fault;
mod flag;
mod gate;
mod host;
mod invite;
mod join;
mod ladder;
mod life;
mod limiter;
mod limits;
mod live;
mod memory;
mod message;
mod model;
mod news;
mod number;
mod once;
mod passkey;
mod person;
pub mod ports;
mod prices;
mod program;
mod provider;
mod quote;
mod rate;
mod recovery;
mod refresh;
mod refusal;
mod rotation;
mod run;
mod run_events;
mod run_fork;
mod run_list;
mod run_open;
mod run_resume;
mod run_veil;
mod run_view;
mod screening;
mod session;
mod setup;
mod source;
mod spending;
mod text;
mod token;
mod touch;

use ports::{
    Clock, Flags, Ids, Passkeys, SourceFinder, Timestamp, Vault,
    store::{Owned, Store},
};
use std::{
    sync::{Arc, RwLock},
    time::Duration,
};
use workflow::{Checkpointer, Engine, Graph};

pub use access::{
    Admin, Entered, InSession, Reviewer, SessionToken, Shut, SignedIn, Touched, TouchedAdmin, not_for_tokens,
};
pub use account_event::{AccountEventPage, notice_of};
pub use answered::Answered;
pub use aside::aside;
pub use audit::{
    AUDIT_GENESIS, AuditFilter, AuditPage, AuditState, Finding, KnownHead, Verified, audit_hash, seal_audit,
    verify_audit,
};
pub use budget::{AMOUNT_MAX, ESTIMATE_BYTES_PER_TOKEN, ESTIMATE_TOKENS_PER_SECOND};
pub use catalog::{Catalog, PriceView};
pub use chat::{AnswerVerdict, CHAT, ChatState, StudioChange};
pub use code::digest;
pub use conversation::{ConversationPage, OpenConversation, settings_version};
pub use device::session_name;
pub use export::{Export, ExportPart};
pub use fault::{TRACE, broken};
pub use flag::{FlagSettings, FlagView, decide_flag, switched};
pub use gate::{Admission, turn_bytes};
pub use host::BoundHost;
pub use invite::{InvitePage, InviteState, NewInvite};
pub use life::Life;
pub use limiter::{Limiter, WRONG_TOO_OFTEN, too_many};
pub use limits::*;
pub use live::{Live, LiveRun, LiveView};
pub use message::SendMessage;
pub use model::{DefaultModel, PricedModel};
pub use news::News;
pub use number::grouped;
pub use once::Once;
pub use passkey::KnownPasskeys;
pub use person::{DELETED_NAME, PeoplePage, PersonView};
pub use prices::{PriceLine, PriceSaid, PriceSheet};
pub use provider::{KeyChange, NewProvider, ProviderChange, ProviderView};
pub use quote::Quote;
pub use recovery::{PersonalCode, RecoveryCodes};
pub use refusal::RefusalView;
pub use run_events::Followed;
pub use run_list::{RunFilter, RunPage};
pub use run_open::Opened;
pub use run_resume::InTheWay;
pub use run_veil::REASON_VEILED;
pub use run_view::{RunStep, RunView, Unknown};
pub use screening::says_of_mark;
pub use session::NewSession;
pub use source::{SourceFrom, SourceView};
pub use spending::{LedgerPage, Usage as SpendingUsage, Window, windows_shown};
pub use text::is_invisible;
pub use token::MakeToken;
/// What happened in a run, as the engine says it.
pub use workflow::{Event as RunEvent, What as RunWhat};

/// Everything the use cases work with. Made once, in `server/src/boot.rs`.
pub struct Studio {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The models.
    pub catalog: Arc<Catalog>,
    /// Answers under way in this process.
    pub live: Arc<Live>,
    /// That commits of runs were kept.
    pub news: Arc<News>,
    /// What drives runs.
    engine: Engine<StudioChange>,
    /// The graph of a chat.
    chat: Arc<Graph<ChatState, StudioChange>>,
    /// The engine's way to the database.
    keeper: Arc<chat::Keeper>,
    passkeys: Box<dyn Passkeys>,
    finder: Box<dyn SourceFinder>,
    flags: Arc<dyn Flags>,
    vault: Arc<dyn Vault>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: StudioSettings,
    /// Wrong answers for each key that was named, by the digest of its id.
    failures: Limiter<String>,
    /// Requests of each address.
    allowances: allowance::Allowances,
    exports: export::Exports,
    /// Held by who changes model servers, prices or defaults: the database and the catalog change in the same order.
    connecting: tokio::sync::Mutex<()>,
    /// What administrators set.
    known: RwLock<refresh::Known>,
}

/// What the operator may set about the domain.
#[derive(Debug, Clone)]
pub struct StudioSettings {
    /// The model a new conversation begins with, when the operator names one.
    pub default_model: Option<api_types::ModelRef>,
    /// Anybody may make an account, invited or not.
    pub open_registration: bool,
    /// Whether no other process can be at work on this database (SQLite): whatever is not ours is an orphan.
    pub alone: bool,
    /// What a person may spend who has no limits of their own.
    pub spending: ports::store::SpendingLimits,
    /// What models cost.
    pub prices: PriceSheet,
    /// How many operations a person may begin in a minute.
    pub calls_per_minute: u32,
    /// How many requests may come from one address in a minute.
    pub requests_per_minute: u32,
    /// How long a session lives without a request.
    pub session_idle: Duration,
    /// How long it lives, whatever happens.
    pub session_life: Duration,
}

/// What [`Studio::new`] puts together.
pub struct Parts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The same database, where the engine keeps runs.
    pub runs: Arc<dyn Checkpointer<StudioChange>>,
    /// The models.
    pub catalog: Catalog,
    /// WebAuthn.
    pub passkeys: Box<dyn Passkeys>,
    /// Model servers nearby.
    pub finder: Box<dyn SourceFinder>,
    /// What is switched off.
    pub flags: Arc<dyn Flags>,
    /// Where keys of model servers are sealed.
    pub vault: Arc<dyn Vault>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Ids.
    pub ids: Box<dyn Ids>,
    /// The operator's settings.
    pub settings: StudioSettings,
}

impl Studio {
    /// Puts the parts together. [`Studio::start`] comes next, and [`Studio::drive`] beside everything else.
    ///
    /// # Panics
    /// When the graph of a chat is wrong: a mistake of ours, which every test would find.
    pub fn new(parts: Parts) -> Self {
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (parts.clock.into(), parts.ids.into());
        let catalog = parts.catalog.priced(parts.settings.prices.clone(), clock.clone());
        let (live, catalog) = (Arc::new(Live::default()), Arc::new(catalog));
        let news = Arc::new(News::default());
        let keeper = Arc::new(chat::Keeper::new(parts.runs, parts.store.clone(), live.clone(), news.clone()));
        let (chat, engine) = engine::build(
            engine::World { clock: clock.clone(), ids: ids.clone() },
            keeper.clone(),
            chat::Chat {
                catalog: catalog.clone(),
                live: live.clone(),
                store: parts.store.clone(),
                clock: clock.clone(),
            },
            parts.settings.alone,
        );
        Self {
            store: parts.store,
            catalog,
            live,
            news,
            engine,
            chat,
            keeper,
            passkeys: parts.passkeys,
            finder: parts.finder,
            flags: parts.flags,
            vault: parts.vault,
            clock,
            ids,
            allowances: allowance::Allowances::new(parts.settings.requests_per_minute),
            settings: parts.settings,
            failures: Limiter::new(FAILURES_PER_HOUR, Duration::from_secs(3600)),
            exports: export::Exports::default(),
            connecting: tokio::sync::Mutex::default(),
            known: RwLock::default(),
        }
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Short for whose rows a use case may touch.
pub(crate) fn owned(by: &SignedIn) -> Owned {
    by.owned()
}
