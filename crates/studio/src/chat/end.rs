//! How an answer ends, and what is written of it.

use super::{
    ChatState, StudioChange,
    change::AnswerEnded,
    state::{Ending, Outcome, Said},
};
use crate::Live;
use api_types::{AnswerState, Price, RunId, Usage};
use workflow::Status;

/// Why an answer is not whole although its model said that it ends here. There is nothing to continue: the filter would
/// cut it at the same place.
const FILTERED: &str =
    "The provider's own filter ended this answer here. Ask in other words, or choose another model.";

/// What came of it. Nothing was said: it was stopped before it began.
pub(super) fn outcome(said: Option<&Said>) -> Outcome {
    let whole = Outcome { state: AnswerState::Finished, failure: None, cut_short: false };
    match said.map(|said| said.ending) {
        Some(Ending::Whole) => whole,
        Some(Ending::Length) => Outcome { cut_short: true, ..whole },
        Some(Ending::Filter) => Outcome { failure: Some(FILTERED.to_owned()), ..whole },
        Some(Ending::Stopped) | None => Outcome { state: AnswerState::Stopped, ..whole },
    }
}

/// What a call cost, rounded up to a micro-dollar; `None` when the model did not say how much it used.
pub(super) fn cost(price: Price, usage: Usage) -> Option<i64> {
    let part = |tokens: u32, per_million: i64| i128::from(tokens) * i128::from(per_million);
    let sum = part(usage.prompt_tokens?, price.prompt_micros_per_million)
        + part(usage.completion_tokens?, price.completion_micros_per_million);
    i64::try_from((sum + 999_999).div_euclid(1_000_000)).ok()
}

/// The end of an answer that came to one.
pub(super) fn answer(state: &ChatState, said: Option<Said>) -> StudioChange {
    let Outcome { state: ended, failure, cut_short } = state.outcome.clone().unwrap_or_else(|| outcome(None));
    let (body, first_token_at) = said.map(|said| (said.text, said.first_token_at)).unzip();
    StudioChange::EndAnswer(AnswerEnded {
        owned: state.owned(),
        state: ended,
        failure,
        usage: state.usage,
        cost_micros: state.cost_micros,
        cut_short,
        first_token_at: first_token_at.flatten(),
        body,
    })
}

/// What is written where a run comes to rest otherwise than at its end: its answer was broken off, and what there is of it
/// is kept. In memory there is as a rule more of it than in rows.
pub(super) fn mirror(
    live: &Live,
    run: workflow::RunId,
    state: &ChatState,
    status: Status,
    reason: Option<&str>,
) -> Vec<StudioChange> {
    let (ended, failure) = match status {
        Status::NeedsAttention => (AnswerState::Interrupted, None),
        Status::Failed => (AnswerState::Failed, reason.map(ToOwned::to_owned)),
        // Its last nodes have written its end.
        Status::Done | Status::Cancelled => return Vec::new(),
        // It goes on.
        Status::Running | Status::Waiting | Status::Sleeping | Status::Unreadable => return Vec::new(),
    };
    let here = live.get(state.owner, RunId(run.0)).filter(|here| here.inner().ended_at.is_none());
    let mut answer = AnswerEnded {
        owned: state.owned(),
        state: ended,
        failure,
        usage: state.usage,
        cost_micros: None,
        cut_short: false,
        first_token_at: None,
        body: None,
    };
    if let Some(here) = here {
        let inner = here.inner();
        answer.usage = inner.usage;
        answer.cost_micros = state.price.and_then(|price| cost(price, inner.usage));
        answer.first_token_at = inner.first_token_at;
        answer.body = Some(format!("{}{}", inner.prefix, inner.text));
    }
    vec![StudioChange::EndAnswer(answer)]
}
