//! Lives of processes, and which runs each of them drives. For the engine alone: of all people.

use async_trait::async_trait;
use workflow::{Claim, RunId, StoreError, Timestamp};

/// Writes of processes.
#[async_trait]
pub trait ProcessWrites: Send {
    /// A process begins: its number, never given before.
    ///
    /// # Errors
    /// As [`workflow::Checkpointer::enter`].
    async fn enter_process(&mut self, now: Timestamp) -> Result<u64, StoreError>;

    /// It lives. The runs it holds that somebody wants something of.
    ///
    /// # Errors
    /// `Superseded` when it was taken for dead.
    async fn beat_process(&mut self, epoch: u64, now: Timestamp) -> Result<Vec<RunId>, StoreError>;

    /// A life that is known to be over: what it held may be taken up at once. Nothing when it began at another moment: then it
    /// is another's.
    ///
    /// # Errors
    /// When the database cannot be written.
    async fn bury_process(&mut self, epoch: u64, entered: Timestamp) -> Result<(), StoreError>;

    /// It ends; what it holds may be taken up.
    ///
    /// # Errors
    /// As [`workflow::Checkpointer::leave`].
    async fn leave_process(&mut self, epoch: u64) -> Result<(), StoreError>;

    /// Takes up runs that are due: which. As [`workflow::Checkpointer::claim`].
    ///
    /// # Errors
    /// `Superseded` when it was taken for dead.
    async fn claim_runs(&mut self, claim: &Claim) -> Result<Vec<RunId>, StoreError>;

    /// Says of a run that its row cannot be read. As [`workflow::Checkpointer::put_aside`]; `run` as it is stored, be it no id.
    ///
    /// # Errors
    /// `Superseded`, `NotFound`.
    async fn put_run_aside(
        &mut self,
        epoch: u64,
        run: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), StoreError>;
}
