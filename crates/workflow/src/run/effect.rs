//! Effects: intent before, result after.

use super::{
    Book, Ctx, Drive,
    call::{Call, Calling, within},
    ctx::Suspended,
};
use crate::{Backoff, Effect, EffectError, Entry, Failure, Known, Timestamp, What};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{
    future::pending,
    sync::{Arc, MutexGuard},
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the journal says of the effect a node asks for.
enum Asked {
    Finished(Value),
    Failed(String),
    Changed(String),
    /// The intent is to be committed.
    Keep(u64),
    /// The intent is committed: now.
    Call {
        key: String,
        left: Duration,
        halt: CancellationToken,
    },
    /// Not before something is decided.
    Undecided,
}

impl<W: Send + Sync + 'static> Ctx<W> {
    /// An effect on the world outside: intent committed before, result kept after. Finished, it is never called again; the
    /// node is given the result it had.
    ///
    /// # Errors
    /// When it did not take place. While nobody knows whether it did, this does not return: the run rests, and this visit
    /// ends here.
    pub async fn effect<T, F, R>(&self, name: &str, how: Effect, call: F) -> Result<T, EffectError>
    where
        T: Serialize + DeserializeOwned,
        F: FnOnce(Call) -> R,
        R: Future<Output = Result<T, Failure>>,
    {
        let place = {
            let mut visit = self.visit();
            visit.asked += 1;
            visit.asked - 1
        };
        let _time = self.effect_time();
        loop {
            match self.ask(place, name, how) {
                Asked::Finished(value) => {
                    return T::deserialize(value).map_err(|error| shape(name, &error));
                }
                Asked::Failed(why) => return Err(EffectError::Failed { name: name.to_owned(), why }),
                Asked::Changed(found) => {
                    return Err(EffectError::Changed { found, asked: name.to_owned() });
                }
                Asked::Undecided => return self.suspend(Suspended::Undecided).await,
                Asked::Keep(change) => self.drive.keep(change).await,
                Asked::Call { key, left, halt } => {
                    let outcome = {
                        let _calling = Calling(self, place);
                        let drive = Arc::clone(&self.drive);
                        let is_closing = Box::new(move || drive.book().closing);
                        let given = Call { key, halt: halt.clone(), is_closing };
                        within(call(given), left, &halt, how.grace).await
                    };
                    return self.conclude(place, name, how, outcome).await;
                }
            }
        }
    }

    fn ask(&self, place: usize, name: &str, how: Effect) -> Asked {
        let now = self.drive.host.now();
        let mut book = self.drive.book();
        let is_halted = book.is_halted();
        let halt = book.halt.clone();
        let Some(thread) = book.body.threads.get_mut(&self.path) else { return Asked::Undecided };
        if thread.journal.len() <= place {
            if is_halted {
                return Asked::Undecided;
            }
            let key = format!("{}/{}{}/{place}", self.drive.run, self.path, self.step);
            thread.journal.push(Entry::due(name, key, how, now));
        }
        let Some(entry) = thread.journal.get_mut(place) else { return Asked::Undecided };
        if entry.name != name {
            return Asked::Changed(entry.name.clone());
        }
        match (&entry.known, entry.fresh) {
            (Known::Finished(value), _) => return Asked::Finished(value.clone()),
            (Known::Failed(why), _) => return Asked::Failed(why.clone()),
            (Known::Unknown, _) | (Known::Begun, None) => return Asked::Undecided,
            (Known::Begun, Some(since))
                if !is_halted && now < entry.deadline && since.elapsed() < how.deadline =>
            {
                entry.fresh = None;
                entry.calling = true;
                let left = entry.deadline.since(now).min(how.deadline);
                return Asked::Call { key: entry.key.clone(), left, halt };
            }
            (Known::Begun, Some(_)) => {
                // Committed, and not called: halted, or the commit took longer than the effect may. So much is known.
                book.forget_intents(&self.path, now);
            }
            (Known::Due, _) => {}
        }
        if is_halted { Asked::Undecided } else { self.begin(book, place, how, now) }
    }

    /// Writes the intent down.
    fn begin(&self, mut book: MutexGuard<'_, Book<W>>, place: usize, how: Effect, now: Timestamp) -> Asked {
        let thread = book.body.threads.get_mut(&self.path);
        let Some(entry) = thread.and_then(|thread| thread.journal.get_mut(place)) else {
            return Asked::Undecided;
        };
        entry.known = Known::Begun;
        entry.fresh = Some(Instant::now());
        entry.tries += 1;
        entry.begun_at = now;
        entry.deadline = now + how.deadline;
        let what = What::Begun {
            node: self.node.clone(),
            name: entry.name.clone(),
            key: entry.key.clone(),
            deadline: entry.deadline,
        };
        book.tell(now, what);
        Asked::Keep(book.changes)
    }

    async fn conclude<T: Serialize>(
        &self,
        place: usize,
        name: &str,
        how: Effect,
        outcome: Option<Result<T, Failure>>,
    ) -> Result<T, EffectError> {
        match outcome {
            Some(Ok(value)) => match serde_json::to_value(&value) {
                Ok(kept) => {
                    self.note(place, Known::Finished(kept), "finished");
                    Ok(value)
                }
                Err(error) => {
                    let error = shape(name, &error);
                    self.note(place, Known::Failed(error.to_string()), "failed");
                    Err(error)
                }
            },
            Some(Err(Failure::Passing(why))) => match self.pause(place, how.backoff) {
                Some(at) => {
                    self.note(place, Known::Due, "due");
                    self.suspend(Suspended::Until(at)).await
                }
                None => self.failed_for_good(place, name, why),
            },
            Some(Err(Failure::Final(why))) => self.failed_for_good(place, name, why),
            Some(Err(Failure::Unknown)) | None => self.suspend(Suspended::Undecided).await,
        }
    }

    fn failed_for_good<T>(&self, place: usize, name: &str, why: String) -> Result<T, EffectError> {
        self.note(place, Known::Failed(why.clone()), "failed");
        Err(EffectError::Failed { name: name.to_owned(), why })
    }

    fn pause(&self, place: usize, backoff: Backoff) -> Option<Timestamp> {
        let tries = {
            let book = self.drive.book();
            book.body.threads.get(&self.path)?.journal.get(place)?.tries
        };
        Some(self.drive.host.now() + backoff.pause(tries, self.drive.host.jitter())?)
    }

    /// Writes down what is known of an effect now.
    fn note(&self, place: usize, known: Known, word: &str) {
        let now = self.drive.host.now();
        let mut book = self.drive.book();
        let thread = book.body.threads.get_mut(&self.path);
        if let Some(entry) = thread.and_then(|thread| thread.journal.get_mut(place)) {
            entry.known = known;
            let what = entry.word(word);
            book.tell(now, what);
            drop(book);
            self.drive.result.notify_one();
        }
    }

    /// Ends this visit: whoever drives it sees why, and drops it.
    async fn suspend<T>(&self, why: Suspended) -> T {
        self.visit().suspended = Some(why);
        pending().await
    }
}

fn shape(name: &str, error: &serde_json::Error) -> EffectError {
    EffectError::Shape { name: name.to_owned(), why: error.to_string() }
}

impl<W> Drive<W> {
    /// Whether a visit can be dropped without losing anything: no effect of it is under way or decided.
    pub(super) fn may_drop(&self, ctx: &Ctx<W>) -> bool {
        let has_results = self.book().body.threads.get(&ctx.path).is_some_and(crate::Thread::has_results);
        !ctx.is_in_effect() && !has_results
    }
}
