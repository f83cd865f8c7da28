//! The domain: use cases, access, ports.
//!
//! One file per noun holds its use cases; the same verb has the same name in `app/src/api`, here and in the store.
//! Never here: SQL, HTTP, Leptos, the environment, the wall clock, `tokio::spawn`. To add a use case: take the proof it
//! needs (`&SignedIn`, `&Admin`, …) as an argument, return `Result<_, Problem>`, and test it in `tests/` on SQLite.

mod access;
mod answer;
mod catalog;
mod code;
mod conversation;
mod fault;
mod limits;
mod live;
mod lost;
mod message;
mod number;
pub mod ports;
mod run;
mod session;
mod setup;
mod source;
mod text;

use ports::{
    Clock, Ids, Passkeys, SourceFinder, Timestamp,
    store::{Owned, Store},
};
use std::sync::Arc;
use tokio::sync::mpsc;

pub use access::{Admin, Reviewer, SignedIn};
pub use answer::{Ticket, answer};
pub use catalog::Catalog;
pub use code::digest;
pub use conversation::{ConversationPage, OpenConversation, settings_version};
pub use fault::{TRACE, broken};
pub use limits::*;
pub use live::{Live, LiveRun, LiveView};
pub use message::SendMessage;
pub use number::grouped;
pub use run::Opened;
pub use session::NewSession;
pub use source::SourceView;
pub use text::is_invisible;

/// Everything the use cases work with. Made once, in `server/src/boot.rs`.
pub struct Studio {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The models.
    pub catalog: Catalog,
    /// Answers under way in this process.
    pub live: Live,
    passkeys: Box<dyn Passkeys>,
    finder: Box<dyn SourceFinder>,
    clock: Box<dyn Clock>,
    ids: Box<dyn Ids>,
    settings: StudioSettings,
    /// Opened runs on their way to the worker.
    queue: mpsc::Sender<Ticket>,
}

/// What the operator may set about the domain.
#[derive(Debug, Clone)]
pub struct StudioSettings {
    /// The model a new conversation begins with, when the operator names one.
    pub default_model: Option<api_types::ModelRef>,
    /// This process, as rows name it.
    pub worker: api_types::WorkerId,
}

/// What [`Studio::new`] puts together.
pub struct Parts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The models.
    pub catalog: Catalog,
    /// WebAuthn.
    pub passkeys: Box<dyn Passkeys>,
    /// Model servers nearby.
    pub finder: Box<dyn SourceFinder>,
    /// The time.
    pub clock: Box<dyn Clock>,
    /// Ids.
    pub ids: Box<dyn Ids>,
    /// The operator's settings.
    pub settings: StudioSettings,
}

impl Studio {
    /// Puts the parts together; the receiver is for the worker, which runs [`answer`] on each ticket.
    pub fn new(parts: Parts) -> (Self, mpsc::Receiver<Ticket>) {
        let (queue, tickets) = mpsc::channel(RUNS_AT_ONCE_MAX);
        let studio = Self {
            store: parts.store,
            catalog: parts.catalog,
            live: Live::default(),
            passkeys: parts.passkeys,
            finder: parts.finder,
            clock: parts.clock,
            ids: parts.ids,
            settings: parts.settings,
            queue,
        };
        (studio, tickets)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// This process, as rows name it.
    pub fn worker(&self) -> api_types::WorkerId {
        self.settings.worker
    }
}

/// Short for whose rows a use case may touch.
pub(crate) fn owned(by: &SignedIn) -> Owned {
    by.owned()
}
