//! One answer from its first token to its last row.

use crate::{
    ANSWER_BYTES_MAX, FLUSH_BYTES, FLUSH_EVERY, LiveRun, Studio,
    live::Inner,
    ports::{
        ChatEvent, ChatRequest, FinishReason, ModelError, Timestamp,
        store::{AnswerEnd, AnswerPart, RunEventKind},
    },
};
use api_types::{AnswerState, Price, Usage};
use futures::StreamExt;
use std::{sync::Arc, time::Duration};

/// Why an answer is not whole although its model said that it ends here. There is nothing to continue: the filter would
/// cut it at the same place.
const FILTERED: &str =
    "The provider's own filter ended this answer here. Ask in other words, or choose another model.";

/// A run on its way to the worker.
pub struct Ticket {
    /// Its place in memory.
    pub live: Arc<LiveRun>,
    /// What to ask.
    pub request: ChatRequest,
    /// What it costs.
    pub price: Option<Price>,
}

/// How an answer ended, before it is a row.
struct Ending {
    state: AnswerState,
    failure: Option<String>,
    cut_short: bool,
    usage: Usage,
}

impl Ending {
    fn of(state: AnswerState) -> Self {
        Self { state, failure: None, cut_short: false, usage: Usage::default() }
    }

    /// The model ended by itself, for this reason.
    fn reached(reason: FinishReason, usage: Usage) -> Self {
        let whole = Self { usage, ..Self::of(AnswerState::Finished) };
        match reason {
            FinishReason::Stop => whole,
            FinishReason::Length => Self { cut_short: true, ..whole },
            FinishReason::Filter => Self { failure: Some(FILTERED.to_owned()), ..whole },
        }
    }

    fn failed(error: &ModelError, live: &LiveRun, usage: Usage) -> Self {
        let inner = live.inner();
        let is_empty = inner.prefix.is_empty() && inner.text.is_empty();
        let why = match error {
            ModelError::BrokeOff { source_name } if is_empty => {
                format!("{source_name} broke off before the first word. Try again, or choose another model.")
            }
            other => other.to_string(),
        };
        Self { failure: Some(why), usage, ..Self::of(AnswerState::Failed) }
    }
}

/// Writes an answer: asks the model, keeps the text in memory, and ends the run in the database.
///
/// Returns after the end is committed. Stop and shutdown drop the model's stream at once; what was written is kept.
pub async fn answer(studio: &Studio, ticket: Ticket) {
    let Ticket { live, request, price } = ticket;
    let ending = write(studio, &live, request).await;
    let now = studio.now();
    {
        let mut inner = live.inner();
        inner.usage = ending.usage;
        inner.cost_micros = price.and_then(|price| cost(price, ending.usage));
        inner.cut_short = ending.cut_short;
        inner.failure = ending.failure;
    }
    save_end(studio, &live, ending.state, now).await;
}

/// What a call cost, rounded up to a micro-dollar; `None` when the model did not say how much it used.
fn cost(price: Price, usage: Usage) -> Option<i64> {
    let part = |tokens: u32, per_million: i64| i128::from(tokens) * i128::from(per_million);
    let sum = part(usage.prompt_tokens?, price.prompt_micros_per_million)
        + part(usage.completion_tokens?, price.completion_micros_per_million);
    i64::try_from((sum + 999_999).div_euclid(1_000_000)).ok()
}

async fn write(studio: &Studio, live: &LiveRun, request: ChatRequest) -> Ending {
    let model = request.model.clone();
    let mut stream = studio.catalog.chat(request);
    {
        live.inner().state = AnswerState::Running;
    }
    let mut ending = None;
    // Of an answer that does not come to its end.
    let mut used = Usage::default();
    let so_far = |state, usage| Ending { usage, ..Ending::of(state) };
    loop {
        let event = tokio::select! {
            biased;
            () = live.stop.cancelled() => return so_far(AnswerState::Stopped, used),
            () = studio.live.closing.cancelled() => return so_far(AnswerState::Interrupted, used),
            event = stream.next() => event,
        };
        match event {
            Some(Ok(ChatEvent::Delta(delta))) => {
                if !push(studio, live, &delta) {
                    return Ending { cut_short: true, ..so_far(AnswerState::Finished, used) };
                }
            }
            Some(Ok(ChatEvent::Waiting { ahead })) => {
                live.inner().note = Some(waiting(ahead));
                studio.live.changed(live.owned.owner);
            }
            Some(Ok(ChatEvent::Used(usage))) => used = usage,
            Some(Ok(ChatEvent::End { reason, usage })) => {
                ending = Some(Ending::reached(reason, usage));
            }
            Some(Err(error)) => {
                tracing::warn!(run = %live.run, %model, error = error.word(), "an answer failed");
                return Ending::failed(&error, live, used);
            }
            None => {
                return ending.unwrap_or_else(|| {
                    Ending::failed(&ModelError::BrokeOff { source_name: "The model".to_owned() }, live, used)
                });
            }
        }
    }
}

fn waiting(ahead: u32) -> String {
    match ahead {
        0 => "Next in line.".to_owned(),
        1 => "One answer is before this one.".to_owned(),
        n => format!("{n} answers are before this one."),
    }
}

/// Takes more text; false when the answer has reached its largest size.
fn push(studio: &Studio, live: &LiveRun, delta: &str) -> bool {
    // PostgreSQL keeps no NUL in text, and no page shows one.
    let clean = if delta.contains('\0') { delta.replace('\0', "\u{fffd}") } else { delta.to_owned() };
    let now = studio.now();
    let (room, unsaved) = {
        let mut inner = live.inner();
        inner.first_token_at.get_or_insert(now);
        inner.note = None;
        let mut room =
            (ANSWER_BYTES_MAX.saturating_sub(inner.prefix.len() + inner.text.len())).min(clean.len());
        while !clean.is_char_boundary(room) {
            room -= 1;
        }
        inner.text.push_str(&clean[..room]);
        (room, inner.text.len() - inner.saved)
    };
    if unsaved >= FLUSH_BYTES {
        studio.live.flush_now.notify_one();
    }
    studio.live.changed(live.owned.owner);
    room == clean.len()
}

/// The text that is no row yet, as the next event. Call with `saving` held.
fn unsaved_event(live: &LiveRun, inner: &Inner, at: Timestamp) -> Option<AnswerPart> {
    let body = inner.text.get(inner.saved..).filter(|text| !text.is_empty())?;
    Some(AnswerPart {
        run: live.run,
        seq: inner.next_seq,
        owned: live.owned,
        kind: RunEventKind::Delta,
        body: body.to_owned(),
        at,
    })
}

/// Ends the run in the database. It does not give up while the process lives: an answer that cannot be saved now (disk
/// full, database gone) stays on the page, says so, and is tried again.
async fn save_end(studio: &Studio, live: &LiveRun, state: AnswerState, now: Timestamp) {
    let _saving = live.saving.lock().await;
    let mut pause = Duration::from_millis(200);
    loop {
        let (events, end) = {
            let inner = live.inner();
            let mut events: Vec<AnswerPart> = unsaved_event(live, &inner, now).into_iter().collect();
            let seq = inner.next_seq + i64::from(!events.is_empty());
            events.push(AnswerPart {
                run: live.run,
                seq,
                owned: live.owned,
                kind: RunEventKind::Ended,
                body: state.as_str().to_owned(),
                at: now,
            });
            let end = AnswerEnd {
                run: live.run,
                owned: live.owned,
                state,
                failure: inner.failure.clone(),
                usage: inner.usage,
                cost_micros: inner.cost_micros,
                cut_short: inner.cut_short,
                first_token_at: inner.first_token_at,
                at: now,
                body: format!("{}{}", inner.prefix, inner.text),
            };
            (events, end)
        };
        let written = studio
            .store
            .write(move |tx| {
                Box::pin(async move {
                    // Ended already: by a sweep that took this process for dead. Its word stands.
                    if tx.end_answer(&end).await? {
                        tx.append_answer_parts(&events).await?;
                    }
                    Ok::<_, crate::ports::store::StoreError>(())
                })
            })
            .await;
        match written {
            Ok(()) => break,
            Err(fault) => {
                tracing::error!(run = %live.run, fault = %fault, "an answer could not be saved; trying again");
                live.inner().note = Some(format!("Not saved yet: {fault}. Trying again."));
                studio.live.changed(live.owned.owner);
                if studio.live.closing.is_cancelled() && pause > Duration::from_secs(2) {
                    return;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(10));
            }
        }
    }
    {
        let mut inner = live.inner();
        inner.saved = inner.text.len();
        inner.note = None;
        inner.state = state;
        inner.ended_at = Some(studio.now());
        inner.place = None;
    }
    studio.live.changed(live.owned.owner);
}

impl Studio {
    /// Writes the text of all answers to rows every [`FLUSH_EVERY`] or [`FLUSH_BYTES`], all of them in one commit, until
    /// the process goes down. For the worker.
    pub async fn save_answers(&self) {
        loop {
            tokio::select! {
                () = self.live.closing.cancelled() => return,
                () = tokio::time::sleep(FLUSH_EVERY) => {}
                () = self.live.flush_now.notified() => {}
            }
            self.save_answers_once().await;
            self.live.sweep(self.now());
        }
    }

    async fn save_answers_once(&self) {
        let now = self.now();
        let mut batch = Vec::new();
        for live in self.live.unsaved() {
            // One that is just ending saves its own text.
            let Ok(saving) = live.saving.clone().try_lock_owned() else { continue };
            let event = unsaved_event(&live, &live.inner(), now);
            if let Some(event) = event {
                batch.push((live, event, saving));
            }
        }
        if batch.is_empty() {
            return;
        }
        let events: Vec<AnswerPart> = batch.iter().map(|(_, event, _)| event.clone()).collect();
        let written =
            self.store.write(move |tx| Box::pin(async move { tx.append_answer_parts(&events).await })).await;
        match written {
            Ok(()) => {
                for (live, event, _saving) in batch {
                    let mut inner = live.inner();
                    inner.saved += event.body.len();
                    inner.next_seq += 1;
                }
            }
            // The text stays in memory and goes with the next tick.
            Err(fault) => tracing::error!(fault = %fault, "text of answers could not be saved; trying again"),
        }
    }
}
