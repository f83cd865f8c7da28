//! The one thread that computes. It begins with the first question and ends with its [`crate::LocalModel`].

use crate::engine::Engine;
use crate::fault::WeightsFault;
use crate::generation::{Generation, Step};
use crate::queue::{Job, Queue, Turn};
use crate::weights::{Stamp, Weights};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use studio::ports::{ChatEvent, ModelError};

/// What the thread needs.
pub(crate) struct Worker {
    pub(crate) queue: Arc<Queue>,
    pub(crate) weights: Arc<Weights>,
    pub(crate) label: String,
    pub(crate) threads: usize,
    pub(crate) idle_unload: Duration,
    /// The sampler's seed; chance where it is not given.
    pub(crate) seed: Option<u64>,
}

/// A loaded model and the file it came from.
struct Loaded {
    engine: Engine,
    stamp: Stamp,
}

impl Worker {
    /// Answers until the queue is closed.
    pub(crate) fn run(self) {
        let mut loaded: Option<Loaded> = None;
        let mut trusted: Option<Stamp> = None;
        loop {
            match self.queue.next(loaded.is_some().then_some(self.idle_unload)) {
                Turn::Job(job) => {
                    let last = self.answer(&job, &mut loaded, &mut trusted).transpose();
                    // First free, then say so: who asks again at once has nobody before them.
                    self.queue.done();
                    if let Some(last) = last {
                        let _gone = job.events.send(last);
                    }
                }
                Turn::Idle => {
                    loaded = None;
                    tracing::info!(model = self.label, "local model unloaded: nobody asked for a while");
                }
                Turn::Closed => return,
            }
        }
    }

    /// Writes an answer and gives its last event; `None` when nobody is there to hear it.
    fn answer(
        &self,
        job: &Job,
        loaded: &mut Option<Loaded>,
        trusted: &mut Option<Stamp>,
    ) -> Result<Option<ChatEvent>, ModelError> {
        if job.events.is_closed() {
            return Ok(None);
        }
        let stamp = self.weights.stamp().map_err(|fault| self.not_loaded(&fault))?;
        if loaded.as_ref().is_some_and(|old| old.stamp != stamp) {
            *loaded = None;
        }
        let engine = match loaded {
            Some(loaded) => &mut loaded.engine,
            None => {
                let engine = self.load(*trusted == Some(stamp))?;
                *trusted = Some(stamp);
                &mut loaded.insert(Loaded { engine, stamp }).engine
            }
        };
        let outcome = caught(|| self.generate(engine, job));
        outcome.unwrap_or_else(|Panicked| {
            // Whatever state it is in, it is not used again.
            *loaded = None;
            tracing::error!(model = self.label, "the local model panicked while it answered");
            Err(ModelError::BrokeOff { source_name: self.label.clone() })
        })
    }

    fn load(&self, trusted: bool) -> Result<Engine, ModelError> {
        let begun = Instant::now();
        let path = self.weights.path().map_err(|fault| self.not_loaded(&fault))?;
        let engine = caught(|| Engine::load(path, self.threads, trusted))
            .unwrap_or_else(|Panicked| {
                Err(WeightsFault::damaged(path, "reading it failed in an unforeseen way"))
            })
            .map_err(|fault| self.not_loaded(&fault))?;
        let load_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(model = self.label, path = %path.display(), load_ms, "local model loaded");
        Ok(engine)
    }

    fn not_loaded(&self, fault: &WeightsFault) -> ModelError {
        let path = self.weights.path().map(|path| path.display().to_string()).unwrap_or_default();
        tracing::warn!(model = self.label, path, %fault, "local model not loaded");
        ModelError::NotLoaded { detail: fault.to_string() }
    }

    /// Sends all of an answer but its last event, which it gives.
    fn generate(&self, engine: &mut Engine, job: &Job) -> Result<Option<ChatEvent>, ModelError> {
        // Without chance from the operating system every answer takes the same turns; it is an answer all the same.
        let seed = self.seed.or_else(|| getrandom::u64().ok()).unwrap_or(0);
        let stop = || job.events.is_closed() || self.queue.is_closed();
        let mut generation = Generation::begin(engine, &self.label, &job.request, seed)?;
        loop {
            match generation.step(&stop)? {
                Step::Quiet => {}
                Step::Text(text) => {
                    let used = ChatEvent::Used(generation.used());
                    if [ChatEvent::Delta(text), used]
                        .into_iter()
                        .any(|event| job.events.send(Ok(event)).is_err())
                    {
                        return Ok(None);
                    }
                }
                Step::End(reason, usage) => return Ok(Some(ChatEvent::End { reason, usage })),
                Step::Stopped => return Ok(None),
            }
        }
    }
}

/// The work panicked. The message is on standard error already.
struct Panicked;

/// The last wall: what no check foresaw costs one answer, not the studio. Whatever `work` had borrowed must not be
/// used again.
fn caught<R>(work: impl FnOnce() -> R) -> Result<R, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| Panicked)
}
