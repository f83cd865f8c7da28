//! What a person spent, and what may still be spent.

use crate::{
    AMOUNT_MAX, LEDGER_SHOWN, SignedIn, Studio, TouchedAdmin,
    account_event::UNSEEN_LOOKED_AT,
    budget,
    ladder::{acting, subject},
    owned,
    ports::{
        Timestamp,
        store::{
            AccountEventRow, AuditTarget, AuditValue, EntryRow, Owned, SpendingLimits, Spent, SpentThisHour,
        },
    },
};
use api_types::{AuditAction, EntryKind, Flag, HoldId, Micros, PersonId, Problem, Role, Span};

/// What a window has and may have. All amounts are micro-dollars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// An hour or a day.
    pub span: Span,
    /// What was spent in it.
    pub spent: i64,
    /// What is under way may cost this much.
    pub held: i64,
    /// What may be spent in it.
    pub limit: i64,
    /// When the next one begins.
    pub resets_at: Timestamp,
}

impl Window {
    fn new(span: Span, now: Timestamp, Spent { held, spent }: Spent, limit: i64) -> Self {
        Self { span, spent, held, limit, resets_at: Timestamp(span.end(now.0)) }
    }

    /// What may still be held for; never below nothing, also after an overrun.
    pub fn remaining(&self) -> i64 {
        budget::left(Spent { held: self.held, spent: self.spent }, self.limit)
    }
}

/// What a person spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// This clock hour of UTC.
    pub hour: Window,
    /// This day of UTC.
    pub day: Window,
    /// Ever.
    pub total_spent: i64,
    /// The limits are this person's own, and not the studio's.
    pub has_own_limits: bool,
    /// Whether anything is counted at all.
    pub tracks_cost: bool,
}

/// A part of the ledger, the newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerPage {
    /// Its rows.
    pub entries: Vec<EntryRow>,
    /// Where the next part begins; `None` when this was the last.
    pub next: Option<(Timestamp, HoldId, EntryKind)>,
}

impl Studio {
    /// What this person spent, and the limits that hold.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn usage(&self, by: &SignedIn) -> Result<Usage, Problem> {
        self.usage_of(owned(by)).await
    }

    pub(crate) async fn usage_of(&self, owned: Owned) -> Result<Usage, Problem> {
        let now = self.now();
        let own = self.store.spending_limits(owned).await?;
        let limits = own.unwrap_or(self.settings.spending);
        let (hour, day) = self.store.spending(owned, now).await?;
        Ok(Usage {
            hour: Window::new(Span::Hour, now, hour, limits.hour),
            day: Window::new(Span::Day, now, day, limits.day),
            total_spent: self.store.total_spent(owned).await?,
            has_own_limits: own.is_some(),
            tracks_cost: self.is_on_for(Flag::CostTracking, owned).await,
        })
    }

    /// What this hour has, as the page's frame shows it; nothing where costs are not counted. One statement.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn this_hour(&self, by: &SignedIn) -> Result<Option<Window>, Problem> {
        if !self.is_on(Flag::CostTracking, by).await {
            return Ok(None);
        }
        let now = self.now();
        let hour = self.store.spent_this_hour(owned(by), now).await?;
        Ok(Some(self.window_of(hour, now)))
    }

    fn window_of(&self, SpentThisHour { spent, limit }: SpentThisHour, now: Timestamp) -> Window {
        Window::new(Span::Hour, now, spent, limit.unwrap_or(self.settings.spending.hour))
    }

    /// What the frame of a page says: the news of the account, and [`Studio::this_hour`]. One statement.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn news_and_hour(
        &self,
        by: &SignedIn,
    ) -> Result<(Vec<AccountEventRow>, Option<Window>), Problem> {
        let (now, key) = (self.now(), by.credential_id().unwrap_or_default());
        let read = self.store.unseen_and_spent(owned(by), by.session(), key, UNSEEN_LOOKED_AT, now);
        let (news, hour) = read.await?;
        let is_counted = self.is_on(Flag::CostTracking, by).await;
        Ok((news, is_counted.then(|| self.window_of(hour, now))))
    }

    /// What each of the last hours and days has, as far as anything was spent in it, the oldest first: 24 hours, 30 days, both with
    /// the one that is under way.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn spent_lately(&self, by: &SignedIn, span: Span) -> Result<Vec<(Timestamp, Spent)>, Problem> {
        let count = windows_shown(span);
        let first = Timestamp(span.start(self.now().0) - span.micros() * i64::from(count - 1));
        Ok(self.store.windows(owned(by), span, first, count).await?)
    }

    /// Sets what somebody may spend in an hour and in a day, or gives them the studio's limits where both are `None`. An owner may
    /// for everybody, an administrator for those below.
    ///
    /// # Errors
    /// `NotFound`, `NotPermitted`, `Invalid` naming the field for an amount beyond [`AMOUNT_MAX`] or one alone.
    pub async fn set_limits(
        &self,
        by: &TouchedAdmin<'_>,
        id: PersonId,
        hour: Option<Micros>,
        day: Option<Micros>,
    ) -> Result<(), Problem> {
        let limits = match (hour, day) {
            (None, None) => None,
            (Some(hour), Some(day)) => {
                Some(SpendingLimits { hour: amount("hour", hour)?, day: amount("day", day)? })
            }
            (None, Some(_)) => return Err(one_alone("hour")),
            (Some(_), None) => return Err(one_alone("day")),
        };
        let (by, now) = (by.signed_in().clone(), self.now());
        let audit = self.audit_by(&by, AuditAction::LimitsChanged, AuditTarget::person(id));
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    let by = acting(tx, &by).await?;
                    if id == by.id && by.role != Role::Owner {
                        return Err(Problem::NotPermitted);
                    }
                    let owned = subject(tx, &by, id).await?.owned();
                    let before = tx.spending_limits(owned).await?;
                    if before == limits {
                        return Ok(());
                    }
                    tx.set_spending_limits(owned, limits, by.id, now).await?;
                    let value = |micros: Option<i64>| micros.map_or(AuditValue::Absent, AuditValue::from);
                    let hour = |limits: Option<SpendingLimits>| value(limits.map(|limits| limits.hour));
                    let day = |limits: Option<SpendingLimits>| value(limits.map(|limits| limits.day));
                    let audit = audit.changing("hour_micros", hour(before), hour(limits)).changing(
                        "day_micros",
                        day(before),
                        day(limits),
                    );
                    Ok(tx.insert_audit(&audit).await?)
                })
            })
            .await
    }

    /// The ledger of this person, [`LEDGER_SHOWN`] rows at a time.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn ledger(
        &self,
        by: &SignedIn,
        after: Option<(Timestamp, HoldId, EntryKind)>,
    ) -> Result<LedgerPage, Problem> {
        let mut entries = self.store.ledger(owned(by), after, LEDGER_SHOWN + 1).await?;
        let has_more = entries.len() > LEDGER_SHOWN as usize;
        entries.truncate(LEDGER_SHOWN as usize);
        let next = entries.last().filter(|_| has_more).map(|last| (last.at, last.hold, last.kind));
        Ok(LedgerPage { entries, next })
    }
}

/// An amount that somebody typed.
///
/// # Errors
/// `Invalid` naming the field, below nothing and beyond [`AMOUNT_MAX`].
pub(crate) fn amount(field: &str, Micros(micros): Micros) -> Result<i64, Problem> {
    let most = Micros(AMOUNT_MAX);
    let is_one = (0..=AMOUNT_MAX).contains(&micros);
    is_one.then_some(micros).ok_or_else(|| Problem::field(field, format!("Say an amount from $0 to {most}.")))
}

fn one_alone(field: &str) -> Problem {
    Problem::field(field, "Say both limits, or leave both empty for the studio's.")
}

/// How many windows of a length are shown.
pub const fn windows_shown(span: Span) -> u32 {
    match span {
        Span::Hour => 24,
        Span::Day => 30,
    }
}
