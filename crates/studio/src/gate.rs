//! What every operation passes before its run is opened.
//!
//! ```text
//! signed in → flags → rate → price and budget → screen → run
//! ```
//!
//! [`Studio::admit`] asks in this order. A call of the rate and the hold are taken in the transaction that opens the run
//! ([`Admission::take`]): what somebody else takes in between is not given twice, and what is not opened is not counted. Each no is
//! recorded (`refusal.rs`).

use crate::{
    RATE_WITHIN, SignedIn, Studio, broken,
    budget::{self, AMOUNT_MAX},
    owned,
    ports::{
        ChatRequest, Timestamp,
        store::{
            AuditRow, AuditTarget, CALLS_WITHIN_RATE, HoldRow, Owned, Rate, SpendingLimits, StoreError, Tx,
        },
    },
    refusal::Refusal,
    screening::{Marks, of_system_prompt},
    too_many,
};
use api_types::{Check, Flag, HoldId, Micros, ModelRef, Price, Problem, RunId, Span};
use std::time::Duration;

/// What somebody wants to be done.
pub(crate) struct Asked<'a> {
    /// What switches it.
    pub(crate) flag: Flag,
    /// What kind of run it is.
    pub(crate) operation: &'static str,
    /// What the model would be asked.
    pub(crate) request: &'a ChatRequest,
    /// What the model costs.
    pub(crate) price: Option<Price>,
}

/// Leave to open one run, and what has to be taken for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    owned: Owned,
    operation: &'static str,
    model: ModelRef,
    at: Timestamp,
    rate: Rate,
    price: Option<Price>,
    hold: Option<HoldRow>,
    limits: SpendingLimits,
    /// What the last message is marked by …
    marks: Marks,
    /// … and all that was written for it.
    found: Marks,
    audit: Option<AuditRow>,
}

/// The rule by which a write is refused of somebody who began too many operations.
pub(crate) const OVER_RATE: &str = CALLS_WITHIN_RATE;
/// The rule by which a write is refused whose hold does not fit.
pub(crate) const OVER_BUDGET: &str = "spending_within_limits";

impl Studio {
    /// Asks whether this may be done, and what it may cost.
    ///
    /// # Errors
    /// `SwitchedOff`, `RateLimited`, `Invalid` for a model without a price, `OverBudget`, `Unsafe`; `TryLater` or `Broken` where that is not known.
    pub(crate) async fn admit(&self, by: &SignedIn, asked: Asked<'_>) -> Result<Admission, Problem> {
        let of = (asked.operation, Some(&asked.request.model));
        if !self.is_on(asked.flag, by).await {
            return Err(self.refuse(by, of, switched_off(asked.flag)).await);
        }
        let priced = self.priced(owned(by), &asked).await;
        let screened = self.screened_of(owned(by), asked.request).await;
        // Mostly the transaction that opens the run says whether rate and budget have room. Where it will not be opened they are
        // asked all the same: who is refused is told the first reason.
        if priced.is_err() || screened.is_err() {
            self.has_calls_left(by, of).await?;
        }
        let admission = match priced {
            Ok(admission) => admission,
            Err(no) => return Err(self.refuse(by, of, no).await),
        };
        match screened {
            Ok((marks, found)) => Ok(Admission { marks, found, ..admission }),
            Err(no) => {
                self.has_budget_left(by, &admission).await?;
                Err(self.refuse(by, of, no).await)
            }
        }
    }

    /// Screens what a person wrote for it: their last message, which is what it is marked by, and the system prompt. Both each time: what
    /// counts is what the screen and its flag say now.
    async fn screened_of(&self, owned: Owned, request: &ChatRequest) -> Result<(Marks, Marks), Refusal> {
        let asked = request.turns.last().map_or("", |turn| turn.text.as_str());
        let marks = self.screened(owned, asked).await?;
        let mut found = marks.clone();
        if !request.system_prompt.is_empty() {
            found.extend(self.screened(owned, &request.system_prompt).await.map_err(of_system_prompt)?);
        }
        Ok((marks, found))
    }

    /// Says why a unit of work was refused by [`OVER_RATE`] or [`OVER_BUDGET`], when there will be room, and what to do.
    pub(crate) async fn not_taken(&self, by: &SignedIn, admission: &Admission, rule: &str) -> Problem {
        // Who was faster may not be committed yet. On PostgreSQL it is: this one has waited for it.
        if self.settings.alone
            && let Err(fault) = self.store.barrier().await
        {
            return fault.into();
        }
        let of = (admission.operation, Some(&admission.model));
        let now_there_is_room = match rule {
            OVER_RATE => match self.has_calls_left(by, of).await {
                Err(problem) => return problem,
                Ok(()) => "You began too many operations within a minute just now, and there is room again.",
            },
            _ => match self.has_budget_left(by, admission).await {
                Err(problem) => return problem,
                Ok(()) => "Your budget was used by something else at this very moment, and has room again.",
            },
        };
        Problem::TryLater { detail: format!("{now_there_is_room} Send it once more.") }
    }

    /// Whether this person may begin an operation now.
    async fn has_calls_left(&self, by: &SignedIn, of: (&str, Option<&ModelRef>)) -> Result<(), Problem> {
        match self.wait_for_call(owned(by)).await? {
            Some(wait) => Err(self.refuse(by, of, over_rate(self.rate(), self.now(), wait)).await),
            None => Ok(()),
        }
    }

    /// What is to be held for it.
    async fn priced(&self, owned: Owned, asked: &Asked<'_>) -> Result<Admission, Refusal> {
        let (limits, request) = (self.settings.spending, asked.request);
        let tracks_cost = self.is_on_for(Flag::CostTracking, owned).await;
        let mut admission = Admission {
            owned,
            operation: asked.operation,
            model: request.model.clone(),
            at: self.now(),
            rate: self.rate(),
            price: asked.price,
            hold: None,
            limits,
            marks: Marks::new(),
            found: Marks::new(),
            audit: None,
        };
        let Some(price) = asked.price else {
            return if tracks_cost { Err(no_price(&request.model)) } else { Ok(admission) };
        };
        let amount = price.cost(prompt_bytes(request), u64::from(request.max_tokens));
        let amount = amount.ok_or_else(|| beyond_everything(&request.model))?;
        // What costs nothing is not counted.
        admission.hold = (tracks_cost && amount > 0).then(|| HoldRow {
            id: HoldId(self.ids.next()),
            owned,
            run: RunId(uuid::Uuid::nil()),
            operation: asked.operation.to_owned(),
            model: request.model.clone(),
            amount,
            at: admission.at,
        });
        Ok(admission)
    }

    /// Whether what this may cost fits under the limits now.
    async fn has_budget_left(&self, by: &SignedIn, admission: &Admission) -> Result<(), Problem> {
        let Some(hold) = &admission.hold else { return Ok(()) };
        let own = self.store.spending_limits(hold.owned).await?;
        let spent = self.store.spending(hold.owned, hold.at).await?;
        match budget::full_window(hold.amount, spent, own.unwrap_or(self.settings.spending)) {
            Some(full) => {
                let of = (admission.operation, Some(&admission.model));
                Err(self.refuse(by, of, over_budget(hold, full)?).await)
            }
            None => Ok(()),
        }
    }
}

impl Admission {
    /// What is paid.
    pub(crate) const fn price(&self) -> Option<Price> {
        self.price
    }

    /// For this run.
    pub(crate) fn of(mut self, run: RunId) -> Self {
        if let Some(hold) = &mut self.hold {
            hold.run = run;
        }
        self
    }

    /// What the last message is marked by: names of rules.
    pub(crate) fn marks(&self) -> Vec<String> {
        self.marks.iter().map(ToString::to_string).collect()
    }

    /// With its row of the audit log, where something was found.
    pub(crate) fn audited(self, studio: &Studio, by: &SignedIn, run: RunId) -> Self {
        let marked = studio.marked(by, AuditTarget::of("run", &run), &self.found);
        Self { audit: marked.map(|row| AuditRow { run: Some(run), ..row }), ..self }
    }

    /// Takes a call of the rate, then the hold.
    ///
    /// # Errors
    /// `Conflict` with [`OVER_RATE`] or [`OVER_BUDGET`] where it does not fit: the unit of work ends. The first may come with its end.
    pub(crate) async fn take(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        tx.take_call(self.owned, self.at, self.rate).await?;
        if let Some(hold) = &self.hold
            && !tx.take_hold(hold, self.limits).await?
        {
            return Err(StoreError::Conflict(OVER_BUDGET.to_owned()));
        }
        if let Some(audit) = &self.audit {
            tx.insert_audit(audit).await?;
        }
        tx.forget_calls(self.owned, self.rate).await
    }
}

/// All that a model reads, in bytes.
fn prompt_bytes(request: &ChatRequest) -> u64 {
    let turns: u64 = request.turns.iter().map(|turn| turn_bytes(turn.text.len())).sum();
    let prefix = request.prefix.as_ref().map_or(0, |prefix| prefix.len() + CONTINUING_BYTES);
    // The last turn is the one that is being asked.
    let around = unseen_bytes().saturating_sub(turn_bytes(0));
    turns + around + (request.system_prompt.len() + prefix) as u64
}

/// A turn of so many bytes, as a model reads it: it has a role and a few tokens around it that nobody sees.
pub fn turn_bytes(text_bytes: usize) -> u64 {
    (text_bytes + TURN_BYTES) as u64
}

/// What stands around a request of one more turn, besides its texts and the turns before it.
pub(crate) const fn unseen_bytes() -> u64 {
    3 * TURN_BYTES as u64
}

/// What a provider is told to go on with a broken-off answer, at most.
const CONTINUING_BYTES: usize = 512;

/// What a provider puts around each turn, at most, counted like bytes of it.
const TURN_BYTES: usize = 16;

/// It is off, for everybody or for this person.
fn switched_off(flag: Flag) -> Refusal {
    Refusal::new(Check::Flag, flag.as_str(), Problem::SwitchedOff { flag, refusal: None })
}

/// Too many operations were begun within a minute; one is in the way for so long.
fn over_rate(rate: Rate, now: Timestamp, wait: Duration) -> Refusal {
    let most = match rate.most {
        1 => "once".to_owned(),
        most => format!("{most} times"),
    };
    let seconds = RATE_WITHIN.as_secs();
    let what = format!("You can ask models {most} within {seconds} seconds, and have. Nothing was sent.");
    Refusal::new(Check::Rate, "rate.calls_per_minute", too_many(&what, wait)).until(now + wait)
}

fn no_price(model: &ModelRef) -> Refusal {
    let problem = Problem::field(
        "model",
        format!(
            "No price is known for {model}, so it is not asked. Choose another model, or have an administrator set its price under \
             Model servers."
        ),
    );
    Refusal::new(Check::Price, "price.unknown", problem)
}

fn beyond_everything(model: &ModelRef) -> Refusal {
    let most = Micros(AMOUNT_MAX);
    let detail =
        format!("At the price of {model} this could cost more than {most}. That price cannot be right.");
    Refusal::new(Check::Price, "price.beyond_everything", Problem::field("model", detail))
}

/// A sentence for the person, with what to do and when.
fn over_budget(hold: &HoldRow, (span, left, limit): (Span, i64, i64)) -> Result<Refusal, Problem> {
    let (amount, left, limit_text) = (Micros(hold.amount), Micros(left), Micros(limit));
    let (window, rule) = match span {
        Span::Hour => ("this hour", "budget.hour"),
        Span::Day => ("today (UTC)", "budget.day"),
    };
    let ends = span.end(hold.at.0);
    let resets_at = jiff::Timestamp::from_microsecond(ends)
        .map_err(|_| broken("a window ends beyond all time", &ends))?;
    let what = if hold.amount > limit {
        format!("This could cost up to {amount}, which is more than your whole limit of {limit_text}")
    } else {
        format!("This could cost up to {amount}, and of your {limit_text} {window} {left} are left")
    };
    let at = resets_at.strftime("%H:%M UTC");
    let next = if hold.amount > limit {
        "Choose a shorter answer (the chat's settings) or another model, or ask an administrator for a higher limit.".to_owned()
    } else {
        format!("Choose a shorter answer or another model, or wait until {at}.")
    };
    let seconds = ends.saturating_sub(hold.at.0).div_euclid(1_000_000).saturating_add(1);
    let problem = Problem::OverBudget {
        detail: format!("{what}. {next} Nothing was spent."),
        resets_at: resets_at.to_string(),
        retry_after_s: (hold.amount <= limit).then(|| u32::try_from(seconds).unwrap_or(u32::MAX)),
        refusal: None,
    };
    let no = Refusal::new(Check::Budget, rule, problem);
    // What never fits will not fit then.
    Ok(if hold.amount > limit { no } else { no.until(Timestamp(ends)) })
}
