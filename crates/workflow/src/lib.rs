//! Durable state graphs: an operation that survives the death of its process, is done once, and can explain itself.
//!
//! A [`Graph`] of nodes works on a plain [`State`]. An [`Engine`] drives runs of it, and gives everything that has to last to a
//! [`Checkpointer`] as one [`Commit`]. Effects are journalled: intent before, result after.
//!
//! Never here: SQL, HTTP, a word of the product, the wall clock, chance. Time, ids and chance come in through [`Host`]; what the
//! product writes in the same transaction goes through as `W`, unread. To add a kind of wait: a variant of `Wait`, what ends
//! it in `run/ready.rs`, what it means for the whole run in `run/settle.rs`, and a case in the conformance suite.

mod backoff;
mod checkpointer;
mod commit;
#[cfg(feature = "conformance")]
#[expect(clippy::expect_used, reason = "it is a test: it panics where a store does not keep what it has to")]
pub mod conformance;
mod draw;
mod engine;
mod event;
mod graph;
mod host;
mod id;
mod journal;
mod memory;
mod run;
mod seal;
mod state;
mod status;
mod step;
mod thread;

pub use backoff::Backoff;
pub use checkpointer::{Answer, Checkpointer, Claim, Head, Listed, Loaded, StoreError};
pub use commit::{Author, Commit, Interrupt, Opens};
pub use draw::Lit;
pub use engine::{
    BEAT_EVERY, Engine, EngineBuilder, EngineError, Opening, STRANGER_AFTER, STRAY_AFTER, Settings,
    TICKET_LASTS, Ticket, Verdict,
};
pub use event::{Event, What};
pub use graph::{Builder, Code, CodeWith, Graph, GraphError, NODE_TIME_MAX, VISITS_MAX};
pub use host::{Host, Timestamp};
pub use id::{CommitId, Epoch, InterruptId, OwnerId, Revision, RunId};
pub use journal::{Effect, Entry, Known, Lost, Repeat};
pub use memory::Memory;
pub use run::{Call, Ctx, RESULT_WAITS_MAX, Stop};
pub use seal::{CHECKPOINT_BYTES_MAX, Sealed};
pub use state::{State, StateError};
pub use status::Status;
pub use step::{EffectError, Failure, NodeError, Request, Step};
pub use thread::{Reply, Thread, Wait};

#[cfg(doctest)]
#[doc = include_str!("../../../docs/workflow.md")]
struct TheExampleInThePapers;
