//! How an answer ends, and what is written of it.

use super::{
    ChatState, StudioChange,
    change::AnswerEnded,
    state::{Ending, Outcome, Said},
};
use crate::{
    Live,
    budget::{AMOUNT_MAX, Used},
};
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
    let (read, written) = (usage.prompt_tokens?, usage.completion_tokens?);
    price.cost(u64::from(read), u64::from(written))
}

/// What is booked of an answer that came to an end. Nothing was said: its model was not asked.
pub(super) fn used(state: &ChatState, said: Option<&Said>) -> Option<StudioChange> {
    let price = state.price?;
    let used = said.map_or(Used::Reported(0), |said| {
        let written = said.text.len() - said.prefix_bytes.min(said.text.len());
        booked(state, price, (said.usage, said.unreported), Some(written))
    });
    Some(StudioChange::SettleCost { owned: state.owned(), used })
}

/// What the provider said, or an estimate.
fn booked(
    state: &ChatState,
    price: Price,
    (usage, unreported): (Usage, u64),
    written: Option<usize>,
) -> Used {
    let written_bytes = written.map(|bytes| bytes as u64);
    let (max_tokens, prompt_tokens) = (state.max_tokens, usage.prompt_tokens);
    let guess = Used::Estimated { price, max_tokens, prompt_tokens, written_bytes };
    let with_rest = |written: u32| {
        let read = usage.prompt_tokens.unwrap_or_default();
        price.cost(u64::from(read), u64::from(written) + unreported).unwrap_or(AMOUNT_MAX)
    };
    match (cost(price, usage), usage.completion_tokens) {
        (Some(reported), _) if unreported == 0 => Used::Reported(reported),
        (Some(reported), Some(written)) => Used::Partly { reported, with_rest: with_rest(written) },
        // It said more than anything costs. That is not believed, and nobody knows what is true.
        (None, Some(_)) if usage.prompt_tokens.is_some() => Used::Unknown,
        _ => guess,
    }
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
    let used = state.price.map(|price| match &here {
        Some(here) => {
            let inner = here.inner();
            match inner.is_asked {
                true => booked(state, price, (inner.usage, inner.unreported), Some(inner.text.len())),
                false => Used::Reported(0),
            }
        }
        // It failed without having been asked: where it had been, it would have a place here, or nobody would know.
        None if status == Status::Failed => Used::Reported(0),
        None => booked(state, price, (Usage::default(), 0), None),
    });
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
        answer.cost_micros =
            state.price.filter(|_| inner.unreported == 0).and_then(|price| cost(price, inner.usage));
        answer.first_token_at = inner.first_token_at;
        answer.body = Some(format!("{}{}", inner.prefix, inner.text));
    }
    let settled = used.map(|used| StudioChange::SettleCost { owned: state.owned(), used });
    [StudioChange::EndAnswer(answer)].into_iter().chain(settled).collect()
}
