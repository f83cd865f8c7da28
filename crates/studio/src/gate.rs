//! What every operation passes before its run is opened.
//!
//! ```text
//! signed in → switched on → price known → worst case held → run
//! ```
//!
//! The check is here, the hold in the transaction that opens the run: what somebody else takes in between is not given twice.

use crate::{
    Studio, broken,
    budget::{self, AMOUNT_MAX},
    ports::{
        ChatRequest,
        store::{HoldRow, Owned, SpendingLimits, StoreError, Tx},
    },
};
use api_types::{Flag, HoldId, Micros, ModelRef, Price, Problem, RunId, Span};

/// Leave to open one run, and what has to be held for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Admission {
    price: Option<Price>,
    hold: Option<HoldRow>,
    limits: SpendingLimits,
}

/// The rule by which a write is refused whose hold does not fit.
pub(crate) const OVER_BUDGET: &str = "spending_within_limits";

impl Studio {
    /// Asks whether this may be done, and what it may cost at this price.
    ///
    /// # Errors
    /// `SwitchedOff`; `Invalid` for a model without a price.
    pub(crate) async fn admit(
        &self,
        owned: Owned,
        (flag, operation): (Flag, &str),
        (request, price): (&ChatRequest, Option<Price>),
    ) -> Result<Admission, Problem> {
        self.switched_on(flag, owned).await?;
        let tracks_cost = self.is_on_for(Flag::CostTracking, owned).await;
        let limits = self.settings.spending;
        let Some(price) = price else {
            return match tracks_cost {
                true => Err(no_price(&request.model)),
                false => Ok(Admission { price: None, hold: None, limits }),
            };
        };
        let amount = budget::worst_case(price, prompt_bytes(request), request.max_tokens);
        let amount = amount.ok_or_else(|| beyond_everything(&request.model))?;
        // What costs nothing is not counted.
        let hold = (tracks_cost && amount > 0).then(|| HoldRow {
            id: HoldId(self.ids.next()),
            owned,
            run: RunId(uuid::Uuid::nil()),
            operation: operation.to_owned(),
            model: request.model.clone(),
            amount,
            at: self.now(),
        });
        Ok(Admission { price: Some(price), hold, limits })
    }

    /// Says which limit an amount does not fit under, when there will be room, and what to do.
    pub(crate) async fn over_budget(&self, hold: &HoldRow) -> Problem {
        // Who was faster may not be committed yet. On PostgreSQL it is: this one has waited for it.
        if self.settings.alone
            && let Err(fault) = self.store.barrier().await
        {
            return fault.into();
        }
        let limits = match self.store.spending_limits(hold.owned).await {
            Ok(own) => own.unwrap_or(self.settings.spending),
            Err(fault) => return fault.into(),
        };
        let spent = match self.store.spending(hold.owned, hold.at).await {
            Ok(spent) => spent,
            Err(fault) => return fault.into(),
        };
        match budget::full_window(hold.amount, spent, limits) {
            Some(full) => refusal(hold, full),
            None => Problem::TryLater {
                detail: "Your budget was used by something else at this very moment, and has room again. Send it once more."
                    .to_owned(),
            },
        }
    }
}

impl Admission {
    /// To ask something that costs nothing.
    pub(crate) const fn free(price: Price) -> Self {
        Self { price: Some(price), hold: None, limits: SpendingLimits { hour: 0, day: 0 } }
    }

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

    /// What has to be held.
    pub(crate) const fn hold(&self) -> Option<&HoldRow> {
        self.hold.as_ref()
    }

    /// Takes the hold.
    ///
    /// # Errors
    /// `Conflict` with [`OVER_BUDGET`] where it does not fit: the unit of work has to end.
    pub(crate) async fn take(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let Some(hold) = &self.hold else { return Ok(()) };
        match tx.take_hold(hold, self.limits).await? {
            true => Ok(()),
            false => Err(StoreError::Conflict(OVER_BUDGET.to_owned())),
        }
    }
}

/// All that a model reads, in bytes.
fn prompt_bytes(request: &ChatRequest) -> u64 {
    let turns: usize = request.turns.iter().map(|turn| turn.text.len()).sum();
    let prefix = request.prefix.as_ref().map_or(0, |prefix| prefix.len() + CONTINUING_BYTES);
    // Each turn has a role and a few tokens around it that nobody sees.
    let around = (request.turns.len() + 2) * TURN_BYTES;
    (request.system_prompt.len() + turns + prefix + around) as u64
}

/// What a provider is told to go on with a broken-off answer, at most.
const CONTINUING_BYTES: usize = 512;

/// What a provider puts around each turn, at most, counted like bytes of it.
const TURN_BYTES: usize = 16;

fn no_price(model: &ModelRef) -> Problem {
    Problem::field(
        "model",
        format!(
            "No price is known for {model}, so it is not asked. Choose another model, or have an administrator set its price under \
             Model servers."
        ),
    )
}

fn beyond_everything(model: &ModelRef) -> Problem {
    let most = Micros(AMOUNT_MAX);
    let detail =
        format!("At the price of {model} this could cost more than {most}. That price cannot be right.");
    Problem::field("model", detail)
}

/// A sentence for the person, with what to do and when.
fn refusal(hold: &HoldRow, (span, left, limit): (Span, i64, i64)) -> Problem {
    let (amount, left, limit_text) = (Micros(hold.amount), Micros(left), Micros(limit));
    let window = match span {
        Span::Hour => "this hour",
        Span::Day => "today (UTC)",
    };
    let ends = span.end(hold.at.0);
    let Ok(resets_at) = jiff::Timestamp::from_microsecond(ends) else {
        return broken("a window ends beyond all time", &ends);
    };
    let what = if hold.amount > limit {
        format!("This could cost up to {amount}, which is more than your whole limit of {limit_text}")
    } else {
        format!("This could cost up to {amount}, and of your {limit_text} {window} {left} are left")
    };
    let at = resets_at.strftime("%H:%M UTC");
    let next = if hold.amount > limit {
        "Choose a shorter answer or another model, or ask an administrator for a higher limit.".to_owned()
    } else {
        format!("Choose a shorter answer or another model, or wait until {at}.")
    };
    let seconds = ends.saturating_sub(hold.at.0).div_euclid(1_000_000).saturating_add(1);
    Problem::OverBudget {
        detail: format!("{what}. {next} Nothing was spent."),
        resets_at: resets_at.to_string(),
        retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX),
    }
}
