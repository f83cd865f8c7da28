//! The one effect of a chat: the model is asked, and its answer lies in memory while it comes.

use super::{
    Chat, ChatState,
    state::{Ending, Said},
};
use crate::{
    ANSWER_BYTES_MAX, FLUSH_BYTES, LiveRun, PROMPT_TURNS_MAX, RUNS_OF_ONE_PERSON_MAX,
    budget::guessed_tokens,
    live::Full,
    ports::{
        ChatEvent, ChatRequest, ChatTurn, ModelError, Timestamp,
        store::{Store, StoreError},
    },
};
use api_types::{AnswerState, RunId, Usage};
use futures::{StreamExt, poll};
use std::{pin::pin, sync::Arc};
use workflow::{Call, Failure, Stop};

/// What happened at the model, and what it said it used.
enum Heard {
    Said(Ending, Counted),
    Failed(ModelError, Counted),
    /// The process goes down, and the answer with it: what the model would have said nobody knows.
    CutOff(Counted),
}

/// What a model said it used, and what may have come after that.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    usage: Usage,
    /// So many tokens, at most.
    unreported: u64,
}

/// What a model counted along, when, and how much of its text was there by then.
#[derive(Debug, Clone, Copy, Default)]
struct Along {
    usage: Usage,
    at: Option<(Timestamp, usize)>,
}

impl Along {
    /// Where it comes to no end: what came after the last count is guessed.
    fn broken_off(self, now: Timestamp, len: usize) -> Counted {
        let since = |(at, before): (Timestamp, usize)| {
            guessed_tokens(len.saturating_sub(before) as u64, now.since(at).as_secs())
        };
        Counted { usage: self.usage, unreported: self.at.map_or(0, since) }
    }
}

impl Chat {
    /// Asks the model and listens to its end. What it wrote is in [`Live`](crate::Live) all the time.
    ///
    /// `Final`: it did not answer, with a sentence for the person. `Unknown`: the process goes down in the middle.
    pub(super) async fn ask(
        self: Arc<Self>,
        run: workflow::RunId,
        state: ChatState,
        call: Call,
    ) -> Result<Said, Failure> {
        let live = self.place(RunId(run.0), &state).await?;
        let request = match live.take_request() {
            Some(request) => request,
            None => {
                let prefix = live.inner().prefix.clone();
                request_of(&*self.store, &state, prefix)
                    .await
                    .map_err(|fault| Failure::Passing(fault.to_string()))?
            }
        };
        let heard = self.listen(&live, request, &call).await;
        let mut inner = live.inner();
        inner.note = None;
        match heard {
            Heard::Said(ending, Counted { usage, unreported }) => {
                (inner.usage, inner.unreported) = (usage, unreported);
                let (text, prefix_bytes) = (format!("{}{}", inner.prefix, inner.text), inner.prefix.len());
                Ok(Said {
                    text,
                    prefix_bytes,
                    ending,
                    usage,
                    unreported,
                    first_token_at: inner.first_token_at,
                })
            }
            Heard::Failed(error, Counted { usage, unreported }) => {
                (inner.usage, inner.unreported) = (usage, unreported);
                // What it counted it wants to be paid for, however it complained after.
                inner.is_asked = inner.is_asked && (costs(&error) || usage.completion_tokens.is_some());
                let is_empty = inner.prefix.is_empty() && inner.text.is_empty();
                Err(Failure::Final(sentence(&error, is_empty)))
            }
            Heard::CutOff(Counted { usage, unreported }) => {
                (inner.usage, inner.unreported) = (usage, unreported);
                Err(Failure::Unknown)
            }
        }
    }

    /// Its place in memory. It has none yet where another process opened the run, or an earlier life of this one.
    async fn place(&self, run: RunId, state: &ChatState) -> Result<Arc<LiveRun>, Failure> {
        if let Some(live) = self.live.get(state.owner, run).filter(|live| live.inner().ended_at.is_none()) {
            return Ok(live);
        }
        let again = |fault: StoreError| Failure::Passing(fault.to_string());
        let owned = state.owned();
        let message = self.store.message(owned, state.conversation, state.message).await.map_err(again)?;
        let message = message.ok_or_else(|| Failure::Final("The chat is not there any more.".to_owned()))?;
        self.live.remove(state.owner, run);
        let live =
            Arc::new(LiveRun::new((run, state.message, state.conversation), owned, message.body, None));
        self.live.admit(live.clone()).map_err(|full| {
            Failure::Passing(match full {
                Full::Person => format!(
                    "{RUNS_OF_ONE_PERSON_MAX} of your answers are being written. Wait for one of them, then try again."
                ),
                Full::Process => {
                    "The studio is writing as many answers as it can. Try again in a moment.".to_owned()
                }
            })
        })?;
        Ok(live)
    }

    async fn listen(&self, live: &LiveRun, request: ChatRequest, call: &Call) -> Heard {
        let model = request.model.clone();
        if poll!(pin!(call.stopped())).is_ready() {
            // Not asked: it used nothing, and that is known.
            let nothing = Usage { prompt_tokens: Some(0), completion_tokens: Some(0) };
            return Heard::Said(Ending::Stopped, Counted { usage: nothing, unreported: 0 });
        }
        live.inner().is_asked = true;
        let mut stream = self.catalog.chat(request);
        live.inner().state = AnswerState::Running;
        let mut ending = None;
        // Of an answer that does not come to its end.
        let mut along = Along::default();
        let broken_off = |along: Along| along.broken_off(self.clock.now(), live.inner().text.len());
        loop {
            let event = tokio::select! {
                biased;
                stop = call.stopped() => return match stop {
                    Stop::Run => Heard::Said(Ending::Stopped, broken_off(along)),
                    Stop::Process => Heard::CutOff(broken_off(along)),
                },
                event = stream.next() => event,
            };
            match event {
                Some(Ok(ChatEvent::Delta(delta))) => {
                    if !self.push(live, &delta) {
                        return Heard::Said(Ending::Length, broken_off(along));
                    }
                }
                Some(Ok(ChatEvent::Waiting { ahead })) => {
                    live.inner().note = Some(waiting(ahead));
                    self.live.changed(live.owned.owner);
                }
                Some(Ok(ChatEvent::Used(usage))) => {
                    along = Along { usage, at: Some((self.clock.now(), live.inner().text.len())) };
                }
                Some(Ok(ChatEvent::End { reason, usage })) => {
                    ending = Some(Heard::Said(reason.into(), Counted { usage, unreported: 0 }));
                }
                Some(Err(error)) => {
                    tracing::warn!(run = %live.run, %model, error = error.word(), "an answer failed");
                    return Heard::Failed(error, broken_off(along));
                }
                None => {
                    return ending.unwrap_or_else(|| {
                        let error = ModelError::BrokeOff { source_name: "The model".to_owned() };
                        Heard::Failed(error, broken_off(along))
                    });
                }
            }
        }
    }

    /// Takes more text; false when the answer has reached its largest size.
    fn push(&self, live: &LiveRun, delta: &str) -> bool {
        // PostgreSQL keeps no NUL in text, and no page shows one.
        let clean = if delta.contains('\0') { delta.replace('\0', "\u{fffd}") } else { delta.to_owned() };
        let now = self.clock.now();
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
            self.live.flush_now.notify_one();
        }
        self.live.changed(live.owned.owner);
        room == clean.len()
    }
}

/// What to ask, from rows. What there is of the answer already is read along.
pub(super) async fn request_of(
    store: &dyn Store,
    state: &ChatState,
    prefix: String,
) -> Result<ChatRequest, StoreError> {
    let owned = state.owned();
    let conversation = store.conversation(owned, state.conversation).await?;
    let spoken = store.spoken(owned, state.conversation, state.message, PROMPT_TURNS_MAX).await?;
    let asked = spoken.into_iter().filter(|message| message.id != state.message);
    Ok(ChatRequest {
        model: state.model.clone(),
        system_prompt: conversation.map(|row| row.settings.system_prompt).unwrap_or_default(),
        turns: asked.map(|message| ChatTurn { role: message.role, text: message.body }).collect(),
        prefix: (!prefix.is_empty()).then_some(prefix),
        temperature: state.temperature,
        max_tokens: state.max_tokens,
    })
}

fn sentence(error: &ModelError, is_empty: bool) -> String {
    match error {
        ModelError::BrokeOff { source_name } if is_empty => {
            format!("{source_name} broke off before the first word. Try again, or choose another model.")
        }
        other => other.to_string(),
    }
}

/// Whether a model may want money although this went wrong: it had taken the question.
fn costs(error: &ModelError) -> bool {
    matches!(error, ModelError::BrokeOff { .. } | ModelError::Nonsense { .. } | ModelError::TimedOut { .. })
}

fn waiting(ahead: u32) -> String {
    match ahead {
        0 => "Next in line.".to_owned(),
        1 => "One answer is before this one.".to_owned(),
        n => format!("{n} answers are before this one."),
    }
}
