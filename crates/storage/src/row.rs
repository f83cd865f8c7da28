//! How the nouns' values stand in columns, in both directions. What does not parse is named, never a panic.

use crate::exec::Bound;
use api_types::{
    AccountEventId, AccountEventKind, AnswerState, AuditAction, AuditId, CeremonyId, CeremonyPurpose, Check,
    ConversationId, EntryKind, HoldId, InviteId, MemoryId, MemoryKind, MessageId, MessageRole, ModelRef,
    OrganizationId, PersonId, PriceId, ProviderId, ProviderKind, RefusalId, Role, RunId, RunStatus, Scopes,
    SessionId, SetupCodeId, Span, TokenId,
};
use sqlx::{Any, Column as _, Decode, Row as _, Type, any::AnyRow};
use studio::ports::{
    Timestamp,
    store::{Owned, SessionEnd, StoreError},
};

/// A value of ours that fits into one column.
pub(crate) trait Cell: Sized {
    /// Text, whole number or real number: all that both engines share.
    type Sql: for<'r> Decode<'r, Any> + Type<Any> + Bound;

    /// As it is stored.
    fn sql(&self) -> Self::Sql;

    /// Read back; `None` when the stored value is none of ours.
    fn parse(sql: Self::Sql) -> Option<Self>;
}

macro_rules! text_cells {
    ($($name:ty: $show:expr, $parse:expr;)+) => {$(
        impl Cell for $name {
            type Sql = String;
            fn sql(&self) -> String {
                let show: fn(&Self) -> String = $show;
                show(self)
            }
            fn parse(sql: String) -> Option<Self> {
                let parse: fn(&str) -> Option<Self> = $parse;
                parse(&sql)
            }
        }
    )+};
}

text_cells! {
    OrganizationId: |id| id.to_string(), |text| text.parse().ok();
    PersonId: |id| id.to_string(), |text| text.parse().ok();
    SessionId: |id| id.to_string(), |text| text.parse().ok();
    CeremonyId: |id| id.to_string(), |text| text.parse().ok();
    SetupCodeId: |id| id.to_string(), |text| text.parse().ok();
    InviteId: |id| id.to_string(), |text| text.parse().ok();
    AccountEventId: |id| id.to_string(), |text| text.parse().ok();
    AccountEventKind: |kind| kind.as_str().to_owned(), AccountEventKind::parse;
    AuditId: |id| id.to_string(), |text| text.parse().ok();
    AuditAction: |action| action.as_str().to_owned(), AuditAction::parse;
    TokenId: |id| id.to_string(), |text| text.parse().ok();
    Scopes: |scopes| scopes.to_string(), Scopes::parse;
    SessionEnd: |end| end.as_str().to_owned(), SessionEnd::parse;
    ConversationId: |id| id.to_string(), |text| text.parse().ok();
    MessageId: |id| id.to_string(), |text| text.parse().ok();
    RunId: |id| id.to_string(), |text| text.parse().ok();
    MemoryId: |id| id.to_string(), |text| text.parse().ok();
    HoldId: |id| id.to_string(), |text| text.parse().ok();
    ProviderId: |id| id.to_string(), |text| text.parse().ok();
    PriceId: |id| id.to_string(), |text| text.parse().ok();
    ProviderKind: |kind| kind.as_str().to_owned(), ProviderKind::parse;
    RefusalId: |id| id.to_string(), |text| text.parse().ok();
    Check: |check| check.as_str().to_owned(), Check::parse;
    MemoryKind: |kind| kind.as_str().to_owned(), MemoryKind::parse;
    RunStatus: |status| status.as_str().to_owned(), RunStatus::parse;
    workflow::Status: |status| status.as_str().to_owned(), workflow::Status::parse;
    ModelRef: |model| model.to_string(), |text| text.parse().ok();
    Role: |role| role.as_str().to_owned(), Role::parse;
    MessageRole: |role| role.as_str().to_owned(), MessageRole::parse;
    CeremonyPurpose: |purpose| purpose.as_str().to_owned(), CeremonyPurpose::parse;
    EntryKind: |kind| kind.as_str().to_owned(), EntryKind::parse;
    Span: |span| span.as_str().to_owned(), Span::parse;
    AnswerState: |state| state.as_str().to_owned(), AnswerState::parse;
}

impl Cell for String {
    type Sql = Self;
    fn sql(&self) -> Self {
        self.clone()
    }
    fn parse(sql: Self) -> Option<Self> {
        Some(sql)
    }
}

impl Cell for i64 {
    type Sql = Self;
    fn sql(&self) -> Self {
        *self
    }
    fn parse(sql: Self) -> Option<Self> {
        Some(sql)
    }
}

impl Cell for f64 {
    type Sql = Self;
    fn sql(&self) -> Self {
        *self
    }
    fn parse(sql: Self) -> Option<Self> {
        Some(sql)
    }
}

impl Cell for u32 {
    type Sql = i64;
    fn sql(&self) -> i64 {
        i64::from(*self)
    }
    fn parse(sql: i64) -> Option<Self> {
        Self::try_from(sql).ok()
    }
}

impl Cell for Timestamp {
    type Sql = i64;
    fn sql(&self) -> i64 {
        self.0
    }
    fn parse(sql: i64) -> Option<Self> {
        Some(Self(sql))
    }
}

impl Cell for u64 {
    type Sql = i64;
    fn sql(&self) -> i64 {
        number(*self)
    }
    fn parse(sql: i64) -> Option<Self> {
        Self::try_from(sql).ok()
    }
}

impl Cell for workflow::Timestamp {
    type Sql = i64;
    fn sql(&self) -> i64 {
        self.0
    }
    fn parse(sql: i64) -> Option<Self> {
        Some(Self(sql))
    }
}

/// A count as it is stored; none comes near the end of what fits.
pub(crate) fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A flag is 0 or 1: the engines' own booleans cannot be had from both through one driver.
impl Cell for bool {
    type Sql = i64;
    fn sql(&self) -> i64 {
        i64::from(*self)
    }
    fn parse(sql: i64) -> Option<Self> {
        match sql {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

/// The columns of one row, taken from left to right in the order of the statement's list.
pub(crate) struct Cells<'r> {
    row: &'r AnyRow,
    next: usize,
    table: &'static str,
}

impl<'r> Cells<'r> {
    /// Starts at the left. `table` is named when something does not parse.
    pub(crate) fn new(row: &'r AnyRow, table: &'static str) -> Self {
        Self { row, next: 0, table }
    }

    /// Goes on with the columns of a joined table.
    pub(crate) fn of(&mut self, table: &'static str) -> &mut Self {
        self.table = table;
        self
    }

    /// The next column, which is never empty.
    pub(crate) fn take<T: Cell>(&mut self) -> Result<T, StoreError> {
        self.take_opt()?.ok_or_else(|| self.corrupt("is empty"))
    }

    /// The next column, which may be empty.
    pub(crate) fn take_opt<T: Cell>(&mut self) -> Result<Option<T>, StoreError> {
        let at = self.next;
        self.next += 1;
        match self.row.try_get::<Option<T::Sql>, _>(at) {
            Ok(None) => Ok(None),
            Ok(Some(sql)) => match T::parse(sql) {
                Some(value) => Ok(Some(value)),
                None => Err(self.corrupt("holds a value it may not")),
            },
            Err(_) => Err(self.corrupt("holds a value of another type")),
        }
    }

    /// The next column, or this instead where it cannot be read; `wrong` keeps the first reason.
    pub(crate) fn take_or<T: Cell>(&mut self, instead: T, wrong: &mut Option<String>) -> T {
        self.take().unwrap_or_else(|fault| {
            wrong.get_or_insert_with(|| words(fault));
            instead
        })
    }

    /// As [`Self::take_or`], of a column that may be empty.
    pub(crate) fn take_opt_or<T: Cell>(&mut self, wrong: &mut Option<String>) -> Option<T> {
        self.take_opt().unwrap_or_else(|fault| {
            wrong.get_or_insert_with(|| words(fault));
            None
        })
    }

    /// The next two columns: whose it is.
    pub(crate) fn take_owned(&mut self) -> Result<Owned, StoreError> {
        Ok(Owned { organization: self.take()?, owner: self.take()? })
    }

    /// Is the next column empty? It stays the next.
    pub(crate) fn is_empty(&self) -> Result<bool, StoreError> {
        use sqlx::ValueRef as _;
        self.row.try_get_raw(self.next).map(|value| value.is_null()).map_err(|_| self.corrupt("is missing"))
    }

    /// Says which column is wrong, never what is in it: that may be somebody's text.
    fn corrupt(&self, what: &str) -> StoreError {
        let at = self.next.saturating_sub(1);
        let column = self.row.columns().get(at).map_or("?", |column| column.name());
        StoreError::Corrupt(format!("{}.{column} {what}", self.table))
    }
}

/// What is wrong with stored data: its column, never what is in it.
pub(crate) fn words(fault: StoreError) -> String {
    match fault {
        StoreError::Corrupt(what) => what,
        other => other.to_string(),
    }
}
