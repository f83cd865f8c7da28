//! What may cross the network: ids, enums, requests, receipts and [`Problem`].
//!
//! Never here: async, IO, clocks, secrets, Leptos. If a browser may not see it, it is not here.
//! To add one: a new noun is a new file; derive `Serialize` and `Deserialize`, give units in the names.

mod account;
mod answer;
mod answer_state;
mod audit;
mod auth;
mod chat;
mod conversation;
mod flag;
mod id;
mod ledger;
mod memory;
mod model;
mod money;
mod passkey;
mod problem;
mod provider;
mod refusal;
mod role;
mod run;
mod token;

pub use account::{AccountEventKind, Invited};
pub use answer::{AnswerEvent, Started, UNBROKEN_CHARS_MAX};
pub use answer_state::{AnswerState, Usage};
pub use audit::AuditAction;
pub use auth::{LoggedIn, LoggedOut, MadeToken, User};
pub use chat::{Chatted, SUCCESS};
pub use conversation::{ConversationSettings, NewConversation};
pub use flag::{Flag, FlagMode, FlagReason};
pub use id::{
    AccountEventId, AuditId, CeremonyId, ConversationId, HoldId, InvalidId, InviteId, MemoryId, MessageId,
    OrganizationId, PersonId, PriceId, ProviderId, RefusalId, RequestId, RunId, SessionId, SetupCodeId,
    TokenId,
};
pub use ledger::{EntryKind, Span};
pub use memory::{MemoryKind, MemoryStored};
pub use model::{ModelInfo, ModelKind, ModelRef, Price};
pub use money::{AMOUNT_MAX, Micros};
pub use passkey::{CeremonyPurpose, CeremonyStart};
pub use problem::{FieldError, Problem};
pub use provider::{ProviderKind, ProviderTested};
pub use refusal::{Check, RefusalLink};
pub use role::{MessageRole, Role};
pub use run::{RunEvent, RunStatus};
pub use token::{Scope, Scopes};
