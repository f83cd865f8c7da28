//! State: rows with a closed schema, one unit of work for writing, plain reads.
//!
//! One file per noun holds its rows, its reads and its writes. Every statement carries owner and organization.
//! `crates/storage` implements all of it, once, for SQLite and PostgreSQL.

mod account;
mod account_events;
mod answers;
mod audit;
mod changes;
mod conversations;
mod flags;
mod installation;
mod invites;
mod keys;
mod ledger;
mod memories;
mod messages;
mod models;
mod people;
mod processes;
mod providers;
mod rates;
mod recovery;
mod refusals;
mod requests;
mod runs;
mod sessions;
mod tokens;

pub use account::{AccountReads, Belongings, OwnPasskey, OwnSession, OwnToken};
pub use account_events::{AccountEventReads, AccountEventRow, AccountEventWrites, Seen};
pub use answers::{AnswerEnd, AnswerPart, AnswerReads, AnswerRow, AnswerWrites};
pub use audit::{
    AUDIT_FORM, AuditChange, AuditHead, AuditLine, AuditQuery, AuditReads, AuditRow, AuditSeal, AuditTarget,
    AuditValue, AuditVia, AuditWho, AuditWrites, Happened, ListedAudit,
};
pub use changes::Change;
pub use conversations::{ConversationReads, ConversationRow, ConversationWrites};
pub use flags::{FlagReads, FlagWrites, ListedSwitch, SwitchRow};
pub use installation::{InstallationReads, InstallationWrites};
pub use invites::{InviteReads, InviteRow, InviteWrites, ListedInvite};
pub use keys::{CeremonyRow, KeyReads, KeyWrites, PasskeyRow};
pub use ledger::{
    Difference, EntryRow, HoldRow, LedgerReads, LedgerWrites, SpendingLimits, Spent, SpentThisHour,
};
pub use memories::{MEMORY_SHOWN_CHARS, MemoryReads, MemoryRow, MemoryView, MemoryWrites};
pub use messages::{MessageReads, MessageRow, MessageWrites, Sibling, Taken, TurnRow};
pub use models::{ModelReads, ModelWrites, PriceRow};
pub use people::{ListedPerson, PeopleReads, PeopleWrites, PersonRow};
pub use processes::ProcessWrites;
pub use providers::{ProviderReads, ProviderRow, ProviderWrites};
pub use rates::{CALLS_WITHIN_RATE, Rate, RateReads, RateWrites};
pub use recovery::{RecoveryReads, RecoveryWrites};
pub use refusals::{RefusalReads, RefusalRow, RefusalWrites};
pub use requests::{RequestReads, RequestRow, RequestWrites};
pub use runs::{
    CommitQuery, Heard, ListedAnswer, ListedRun, RunCommit, RunListener, RunNews, RunQuery, RunReads, RunRow,
    RunWrites, owned_of, owner_of,
};
pub use sessions::{API_CLIENT, SessionEnd, SessionReads, SessionRow, SessionWrites};
pub use tokens::{TokenReads, TokenRow, TokenWrites};

use api_types::{OrganizationId, PersonId};
use async_trait::async_trait;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

/// Whose row it is. Part of every row and of every query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Owned {
    /// The organization.
    pub organization: OrganizationId,
    /// The person.
    pub owner: PersonId,
}

/// Why the store did not do it. Nothing of the unit of work was kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A rule of the schema refused it: the name of the index or constraint (`answers_one_active`, …).
    #[error("the database refused it: {0}")]
    Conflict(String),
    /// No room left on the disk.
    #[error("the disk is full")]
    Full,
    /// It cannot be reached, is locked, or is shutting down.
    #[error("the database cannot be reached: {0}")]
    Unavailable(String),
    /// A stored row does not have the shape it must have.
    #[error("a stored row cannot be read: {0}")]
    Corrupt(String),
    /// Anything else.
    #[error("the database failed: {0}")]
    Fault(String),
}

/// All reads.
pub trait Reads:
    InstallationReads
    + PeopleReads
    + KeyReads
    + SessionReads
    + AccountEventReads
    + AuditReads
    + RecoveryReads
    + TokenReads
    + ConversationReads
    + MessageReads
    + AnswerReads
    + RunReads
    + MemoryReads
    + LedgerReads
    + FlagReads
    + ProviderReads
    + ModelReads
    + RateReads
    + RefusalReads
    + RequestReads
    + InviteReads
    + AccountReads
{
}
impl<T> Reads for T where
    T: InstallationReads
        + PeopleReads
        + KeyReads
        + SessionReads
        + AccountEventReads
        + AuditReads
        + RecoveryReads
        + TokenReads
        + ConversationReads
        + MessageReads
        + AnswerReads
        + RunReads
        + MemoryReads
        + LedgerReads
        + FlagReads
        + ProviderReads
        + ModelReads
        + RateReads
        + RefusalReads
        + RequestReads
        + InviteReads
        + AccountReads
{
}

/// One unit of work: all of it is committed, or none.
///
/// It reads too, and sees its own writes. Keep it short: no model call, no network, no waiting inside.
/// The first statement that fails ends it, whatever the work makes of the error: nothing is kept. What only writes may be sent
/// later and together: its error comes with a later call, with [`Tx::flush`], or as that of the whole.
#[async_trait]
pub trait Tx:
    Reads
    + InstallationWrites
    + PeopleWrites
    + InviteWrites
    + KeyWrites
    + SessionWrites
    + TokenWrites
    + AccountEventWrites
    + AuditWrites
    + RecoveryWrites
    + ConversationWrites
    + MessageWrites
    + AnswerWrites
    + RunWrites
    + ProcessWrites
    + MemoryWrites
    + LedgerWrites
    + FlagWrites
    + ProviderWrites
    + ModelWrites
    + RateWrites
    + RefusalWrites
    + RequestWrites
    + Send
{
    /// Sends what was handed over and not sent. For who must know which error it was; otherwise the end does it.
    ///
    /// # Errors
    /// The first one of what was handed over.
    async fn flush(&mut self) -> Result<(), StoreError>;
}

/// What a unit of work does. `Err` rolls all of it back.
pub type Work = Box<dyn for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<(), StoreError>> + Send>;

/// The database.
///
/// # Design
/// On SQLite writes go through one writer, which commits together what waits together (group commit): a unit of work pays for a
/// savepoint, not for a disk flush of its own. On PostgreSQL a few go on at once, each a transaction: a unit of work that writes
/// because of what it read locks that first. An answer to the caller is given only after the commit.
#[async_trait]
pub trait Store: Reads + Send + Sync {
    /// Runs a unit of work and answers after its commit. [`dyn Store::write`] is the comfortable form.
    async fn write_boxed(&self, work: Work) -> Result<(), StoreError>;

    /// Waits until every unit of work that was handed over before has ended, whatever became of it.
    ///
    /// # Errors
    /// As [`Store::write_boxed`].
    async fn barrier(&self) -> Result<(), StoreError>;

    /// Is it there? Asked by `/health` and `vobio doctor`; answers within two seconds.
    async fn ping(&self) -> Result<(), StoreError>;

    /// SQL statements executed since the start, for the counts in the tests.
    fn statements(&self) -> u64;

    /// Commits since the start, for the counts in the tests.
    fn commits(&self) -> u64;
}

impl dyn Store {
    /// Runs a unit of work and gives its result, after the commit.
    ///
    /// ```ignore
    /// store.write(move |tx| Box::pin(async move { tx.insert_person(&person).await })).await?;
    /// ```
    ///
    /// # Errors
    /// What the work returned, or what the commit said; either way nothing was kept.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: for<'t> FnOnce(&'t mut dyn Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let (send, mut receive) = oneshot::channel();
        // The unit runs in the writer's task: what goes wrong there is this request's all the same.
        let traced = crate::fault::traced();
        let committed = self
            .write_boxed(Box::new(move |tx| {
                Box::pin(async move {
                    let result = traced.scope(work(tx)).await;
                    let kept = match &result {
                        Ok(_) => Ok(()),
                        // The text is never shown: the caller gets its own error back through the channel.
                        Err(_) => Err(StoreError::Fault("rolled back by its unit of work".to_owned())),
                    };
                    let _gone = send.send(result);
                    kept
                })
            }))
            .await;
        match (receive.try_recv(), committed) {
            (Ok(Err(refused)), _) => Err(refused),
            (Ok(Ok(value)), Ok(())) => Ok(value),
            (_, Err(fault)) => Err(fault.into()),
            (Err(_), Ok(())) => Err(StoreError::Fault("the unit of work gave no result".to_owned()).into()),
        }
    }
}
