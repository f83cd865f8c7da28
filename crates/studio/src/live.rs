//! Answers under way in this process: their text in memory, ahead of the rows, and who wants to hear of it.

use crate::{
    RUNS_AT_ONCE_MAX, RUNS_OF_ONE_PERSON_MAX, WAITS_OF_ONE_PERSON_MAX,
    ports::{ChatRequest, Timestamp, store::Owned},
};
use api_types::{AnswerState, ConversationId, MessageId, PersonId, RunId, Usage};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;

/// An ended answer stays here for so long, so that every open page sees its end from memory.
const ENDED_STAYS: Duration = Duration::from_secs(10);

/// All answers under way in this process.
///
/// # Design
/// They lie by person: every step of an answer makes its person's pages look, and none of them at anybody else's.
pub struct Live {
    runs: RwLock<HashMap<PersonId, Vec<Arc<LiveRun>>>>,
    /// A place for each answer that is being written, [`RUNS_AT_ONCE_MAX`] in all.
    places: Arc<Semaphore>,
    listeners: Mutex<HashMap<PersonId, watch::Sender<u64>>>,
    /// How many requests of each person wait for the end of an answer.
    waits: Arc<Mutex<HashMap<PersonId, usize>>>,
    /// Rung when one answer has more unsaved text than should wait for the next tick.
    pub(crate) flush_now: Notify,
    /// Somebody was deleted: what is theirs is to go.
    pub(crate) bin_due: Notify,
    /// The process is going down: answers are interrupted, not stopped.
    pub(crate) closing: CancellationToken,
}

/// One answer under way.
pub struct LiveRun {
    /// The run.
    pub run: RunId,
    /// Whose.
    pub owned: Owned,
    /// Where.
    pub conversation: ConversationId,
    /// What it writes.
    pub message: MessageId,
    /// What to ask, until it is asked.
    request: Mutex<Option<ChatRequest>>,
    inner: Mutex<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    /// What the message held before this run.
    pub(crate) prefix: String,
    /// What this run has written.
    pub(crate) text: String,
    /// Bytes of `text` that are rows.
    pub(crate) saved: usize,
    /// Of the next event row.
    pub(crate) next_seq: i64,
    pub(crate) state: AnswerState,
    pub(crate) note: Option<String>,
    /// Its model was asked, and may want money whatever comes of it.
    pub(crate) is_asked: bool,
    pub(crate) usage: Usage,
    /// So many tokens more may have been written, at most, after that was said.
    pub(crate) unreported: u64,
    pub(crate) first_token_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) failure: Option<String>,
    /// Its place among those that are being written; given back at its end, or when nobody knows it any more.
    pub(crate) place: Option<OwnedSemaphorePermit>,
}

/// A place of somebody who waits for an answer; given back when it is dropped.
pub(crate) struct Wait {
    waits: Arc<Mutex<HashMap<PersonId, usize>>>,
    person: PersonId,
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = waits.get_mut(&self.person) {
            *own -= 1;
            if *own == 0 {
                waits.remove(&self.person);
            }
        }
    }
}

/// Why there is no room for another answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Full {
    /// The person has [`RUNS_OF_ONE_PERSON_MAX`].
    Person,
    /// The process has [`RUNS_AT_ONCE_MAX`].
    Process,
}

/// Where an answer stands, for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveView {
    /// Where it stands.
    pub state: AnswerState,
    /// Prefix and text from `from` on, in bytes of the whole.
    pub text: String,
    /// Bytes of the whole.
    pub len: usize,
    /// That it waits, or is not saved yet, or why it failed.
    pub note: Option<String>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl LiveRun {
    pub(crate) fn new(
        (run, message, conversation): (RunId, MessageId, ConversationId),
        owned: Owned,
        prefix: String,
        request: Option<ChatRequest>,
    ) -> Self {
        Self {
            run,
            owned,
            conversation,
            message,
            request: Mutex::new(request),
            inner: Mutex::new(Inner {
                prefix,
                text: String::new(),
                saved: 0,
                next_seq: 1,
                state: AnswerState::Queued,
                note: None,
                is_asked: false,
                usage: Usage::default(),
                unreported: 0,
                first_token_at: None,
                ended_at: None,
                failure: None,
                place: None,
            }),
        }
    }

    /// What to ask, once.
    pub(crate) fn take_request(&self) -> Option<ChatRequest> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it stands, with the text after the first `from` bytes of the whole. `from` must come from an earlier view.
    pub fn view(&self, from: usize) -> LiveView {
        let inner = self.inner();
        let len = inner.prefix.len() + inner.text.len();
        let text = match from.checked_sub(inner.prefix.len()) {
            Some(from) => inner.text.get(from..).unwrap_or_default().to_owned(),
            None => {
                let mut text = inner.prefix.get(from..).unwrap_or_default().to_owned();
                text.push_str(&inner.text);
                text
            }
        };
        let note = inner.failure.clone().or_else(|| inner.note.clone());
        LiveView { state: inner.state, text, len, note, ended_at: inner.ended_at }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            runs: RwLock::default(),
            places: Arc::new(Semaphore::new(RUNS_AT_ONCE_MAX)),
            listeners: Mutex::default(),
            waits: Arc::default(),
            flush_now: Notify::new(),
            bin_due: Notify::new(),
            closing: CancellationToken::new(),
        }
    }
}

impl Live {
    fn runs(&self) -> Vec<Arc<LiveRun>> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).values().flatten().cloned().collect()
    }

    /// The answer a run of this person writes, while it is here.
    pub fn get(&self, person: PersonId, run: RunId) -> Option<Arc<LiveRun>> {
        self.of(person).into_iter().find(|live| live.run == run)
    }

    /// The person's answers, just ended ones among them.
    pub fn of(&self, person: PersonId) -> Vec<Arc<LiveRun>> {
        self.runs.read().unwrap_or_else(PoisonError::into_inner).get(&person).cloned().unwrap_or_default()
    }

    /// How many answers are being written.
    pub fn active(&self) -> usize {
        self.runs().iter().filter(|run| run.inner().state.is_active()).count()
    }

    /// How many answers of this person are being written here.
    pub(crate) fn writing(&self, person: PersonId) -> usize {
        self.of(person).iter().filter(|run| run.inner().state.is_active()).count()
    }

    /// Takes an answer in, where there is room for it. Looking and taking are one step: of many at once none slips by.
    pub(crate) fn admit(&self, run: Arc<LiveRun>) -> Result<(), Full> {
        let person = run.owned.owner;
        let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
        let own = runs.entry(person).or_default();
        if own.iter().filter(|run| run.inner().state.is_active()).count() >= RUNS_OF_ONE_PERSON_MAX {
            return Err(Full::Person);
        }
        run.inner().place = Some(self.places.clone().try_acquire_owned().map_err(|_| Full::Process)?);
        own.push(run);
        drop(runs);
        self.changed(person);
        Ok(())
    }

    pub(crate) fn remove(&self, person: PersonId, run: RunId) {
        if let Some(own) = self.runs.write().unwrap_or_else(PoisonError::into_inner).get_mut(&person) {
            own.retain(|live| live.run != run);
        }
    }

    /// None of them is written here any more.
    pub(crate) fn forget_all(&self) {
        let people: Vec<PersonId> = {
            let mut runs = self.runs.write().unwrap_or_else(PoisonError::into_inner);
            runs.drain().map(|(person, _)| person).collect()
        };
        people.into_iter().for_each(|person| self.changed(person));
    }

    /// A place to wait for an answer; `None` where this person has all of theirs.
    pub(crate) fn waits(&self, person: PersonId) -> Option<Wait> {
        let mut waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let own = waits.entry(person).or_default();
        (*own < WAITS_OF_ONE_PERSON_MAX).then(|| {
            *own += 1;
            Wait { waits: Arc::clone(&self.waits), person }
        })
    }

    /// A receiver that changes whenever an answer of this person does.
    pub fn subscribe(&self, person: PersonId) -> watch::Receiver<u64> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        listeners.entry(person).or_insert_with(|| watch::channel(0).0).subscribe()
    }

    pub(crate) fn changed(&self, person: PersonId) {
        let listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listener) = listeners.get(&person) {
            listener.send_modify(|version| *version += 1);
        }
    }

    /// Its end is kept.
    pub(crate) fn ended(
        &self,
        person: PersonId,
        run: RunId,
        state: AnswerState,
        failure: Option<String>,
        at: Timestamp,
    ) {
        if let Some(live) = self.get(person, run) {
            let mut inner = live.inner();
            inner.saved = inner.text.len();
            inner.note = None;
            inner.state = state;
            inner.failure = failure;
            inner.ended_at = Some(at);
            inner.place = None;
        }
        self.changed(person);
    }

    /// A sentence beside an answer that is not at its end.
    pub(crate) fn says(&self, person: PersonId, run: RunId, note: String) {
        if let Some(live) = self.get(person, run) {
            live.inner().note = Some(note);
        }
        self.changed(person);
    }

    /// Another process writes it, or nobody.
    pub(crate) fn forget(&self, person: PersonId, run: RunId) {
        self.remove(person, run);
        self.changed(person);
    }

    /// Completes when the bin should be emptied before its time.
    pub async fn bin_due(&self) {
        self.bin_due.notified().await;
    }

    /// Interrupts everything: the process is going down. What was written is saved by each answer itself.
    pub fn close(&self) {
        self.closing.cancel();
    }

    /// Completes when the process is going down.
    pub async fn closed(&self) {
        self.closing.cancelled().await;
    }

    pub(crate) fn unsaved(&self) -> Vec<Arc<LiveRun>> {
        let mut runs = self.runs();
        runs.retain(|run| {
            let inner = run.inner();
            inner.ended_at.is_none() && inner.text.len() > inner.saved
        });
        runs
    }

    /// Forgets answers that ended a while ago, and listeners who left.
    pub(crate) fn sweep(&self, now: Timestamp) {
        self.runs.write().unwrap_or_else(PoisonError::into_inner).retain(|_, own| {
            own.retain(|run| run.inner().ended_at.is_none_or(|ended| now.since(ended) < ENDED_STAYS));
            !own.is_empty()
        });
        self.listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, listener| listener.receiver_count() > 0);
    }
}
