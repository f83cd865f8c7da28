//! What operations cost: a double-entry ledger, open holds, and the sums of each window.

use super::{Owned, StoreError};
use crate::ports::Timestamp;
use api_types::{EntryKind, HoldId, ModelRef, PersonId, RunId, Span};
use async_trait::async_trait;

/// The worst case of an operation, put aside before it begins. All amounts are micro-dollars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldRow {
    /// Which.
    pub id: HoldId,
    /// Whose.
    pub owned: Owned,
    /// For which run; a run has one open hold at a time.
    pub run: RunId,
    /// What kind of run it is.
    pub operation: String,
    /// Who is paid.
    pub model: ModelRef,
    /// Not negative.
    pub amount: i64,
    /// When it was taken, which says in which windows it counts.
    pub at: Timestamp,
}

/// A row of the ledger: an amount moves from one account of a person to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// Of which hold. There is one row of each kind for each hold.
    pub hold: HoldId,
    /// Whose.
    pub owned: Owned,
    /// What it does; it says between which accounts.
    pub kind: EntryKind,
    /// For which run.
    pub run: RunId,
    /// What kind of run it is.
    pub operation: String,
    /// Who is paid.
    pub model: ModelRef,
    /// Not negative.
    pub amount: i64,
    /// The hour in which its hold was taken, and where all of its rows count: its beginning.
    pub hour: Timestamp,
    /// The day, likewise.
    pub day: Timestamp,
    /// The provider did not say what was used.
    pub is_estimate: bool,
    /// When.
    pub at: Timestamp,
}

impl EntryRow {
    /// A row of this hold.
    pub fn of(hold: &HoldRow, kind: EntryKind, amount: i64, at: Timestamp) -> Self {
        Self {
            hold: hold.id,
            owned: hold.owned,
            kind,
            run: hold.run,
            operation: hold.operation.clone(),
            model: hold.model.clone(),
            amount,
            hour: Timestamp(Span::Hour.start(hold.at.0)),
            day: Timestamp(Span::Day.start(hold.at.0)),
            is_estimate: false,
            at,
        }
    }
}

/// What a window has of one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// What is under way may cost this much.
    pub held: i64,
    /// What was spent.
    pub spent: i64,
}

/// What an hour has of one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SpentThisHour {
    /// Held and spent.
    pub spent: Spent,
    /// The person's own limit, in micro-dollars, where they have one.
    pub limit: Option<i64>,
}

/// What may be spent within an hour and within a day, in micro-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpendingLimits {
    /// Within a clock hour of UTC.
    pub hour: i64,
    /// Within a day of UTC.
    pub day: i64,
}

/// A place where the ledger and what is kept beside it do not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Whose; as it stands in the row.
    pub owner: String,
    /// What does not add up, in words and numbers, without any text of a person.
    pub what: String,
}

/// Reads of the ledger.
#[async_trait]
pub trait LedgerReads: Send + Sync {
    /// What the windows have in which this moment lies: the hour's, then the day's.
    async fn spending(&self, owned: Owned, at: Timestamp) -> Result<(Spent, Spent), StoreError>;

    /// What the hour has in which this moment lies. One statement.
    async fn spent_this_hour(&self, owned: Owned, at: Timestamp) -> Result<SpentThisHour, StoreError>;

    /// What was ever spent.
    async fn total_spent(&self, owned: Owned) -> Result<i64, StoreError>;

    /// The limits that hold for this person, where they are others than the studio's.
    async fn spending_limits(&self, owned: Owned) -> Result<Option<SpendingLimits>, StoreError>;

    /// Rows of one person, the newest first, after the given one.
    async fn ledger(
        &self,
        owned: Owned,
        after: Option<(Timestamp, HoldId, EntryKind)>,
        limit: u32,
    ) -> Result<Vec<EntryRow>, StoreError>;

    /// What each window of this length has that begins at or after `since`, the oldest first; at most `limit`.
    async fn windows(
        &self,
        owned: Owned,
        span: Span,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(Timestamp, Spent)>, StoreError>;

    /// Computes all of it anew, of everybody, and says where it does not add up; at most `limit` places. For the operator.
    async fn ledger_differences(&self, limit: u32) -> Result<Vec<Difference>, StoreError>;
}

/// Writes of the ledger.
#[async_trait]
pub trait LedgerWrites: Send {
    /// Takes a hold where it fits into both windows, with the limits of this person or else `limits`. False: it does not fit, and the
    /// unit of work has to end with an error, since one of the windows may have it by now.
    async fn take_hold(&mut self, hold: &HoldRow, limits: SpendingLimits) -> Result<bool, StoreError>;

    /// The open hold of a run, which is no more after this: who gets it has to book what became of it.
    async fn end_hold(&mut self, owned: Owned, run: RunId) -> Result<Option<HoldRow>, StoreError>;

    /// Books rows of one hold, and what they do to its windows. Sent later.
    async fn book(&mut self, entries: &[EntryRow]) -> Result<(), StoreError>;

    /// Sets the limits of a person, or none of their own.
    async fn set_spending_limits(
        &mut self,
        owned: Owned,
        limits: Option<SpendingLimits>,
        by: PersonId,
        at: Timestamp,
    ) -> Result<(), StoreError>;
}
