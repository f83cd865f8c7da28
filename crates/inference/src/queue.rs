//! Who waits for the model: first come, first served, and everybody knows how many are before them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use studio::ports::{ChatEvent, ChatRequest, ModelError};
use tokio::sync::mpsc::UnboundedSender;

/// Requests that may wait; one more is told that the model is busy.
pub const WAITING_MAX: usize = 64;

/// Where an answer's events go. Unbounded, because an answer is bounded (by `max_tokens` and the context) and one
/// reader who has stopped reading must not stop the model for the others.
pub(crate) type Events = UnboundedSender<Result<ChatEvent, ModelError>>;

/// A question and where its answer goes.
pub(crate) struct Job {
    pub(crate) request: ChatRequest,
    pub(crate) events: Events,
}

/// The line. One thread takes from it.
#[derive(Default)]
pub(crate) struct Queue {
    line: Mutex<Line>,
    news: Condvar,
}

#[derive(Default)]
struct Line {
    waiting: VecDeque<Waiting>,
    /// A job was taken and is not done.
    busy: bool,
    closed: bool,
    next: u64,
}

struct Waiting {
    number: u64,
    /// What it was told last.
    told: u32,
    job: Job,
}

/// What the model's thread is to do.
pub(crate) enum Turn {
    /// Answer this; then call [`Queue::done`].
    Job(Job),
    /// Nobody came for so long.
    Idle,
    /// Nobody will come any more.
    Closed,
}

/// Why somebody cannot join.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoPlace {
    /// [`WAITING_MAX`] wait already.
    Full,
    /// The model is being shut down.
    Closed,
}

/// A place in the line; dropping it leaves the line.
pub(crate) struct Place {
    queue: Arc<Queue>,
    number: u64,
}

impl Queue {
    /// Puts a job at the end. It is told at once how many are before it, unless it is nobody.
    pub(crate) fn join(self: &Arc<Self>, job: Job) -> Result<Place, NoPlace> {
        let mut line = self.lock();
        if line.closed {
            return Err(NoPlace::Closed);
        }
        if line.waiting.len() >= WAITING_MAX {
            return Err(NoPlace::Full);
        }
        let number = line.next;
        line.next += 1;
        line.waiting.push_back(Waiting { number, told: 0, job });
        line.tell();
        drop(line);
        self.news.notify_one();
        Ok(Place { queue: Arc::clone(self), number })
    }

    /// Waits for the next job; not longer than `idle` where it is given.
    pub(crate) fn next(&self, idle: Option<Duration>) -> Turn {
        let nothing = |line: &mut Line| !line.closed && line.waiting.is_empty();
        let line = self.lock();
        let mut line = match idle {
            Some(idle) => {
                self.news.wait_timeout_while(line, idle, nothing).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.news.wait_while(line, nothing).unwrap_or_else(PoisonError::into_inner),
        };
        if line.closed {
            return Turn::Closed;
        }
        match line.waiting.pop_front() {
            Some(first) => {
                line.busy = true;
                line.tell();
                Turn::Job(first.job)
            }
            None => Turn::Idle,
        }
    }

    /// The job that was taken is answered.
    pub(crate) fn done(&self) {
        self.lock().busy = false;
    }

    /// Sends everybody home: [`Queue::next`] gives [`Turn::Closed`], and no answer goes on.
    pub(crate) fn close(&self) {
        let mut line = self.lock();
        line.closed = true;
        let sent_home = std::mem::take(&mut line.waiting);
        drop(line);
        drop(sent_home);
        self.news.notify_all();
    }

    /// It was closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Tells those whose place has changed.
    fn tell(&mut self) {
        let before = u32::from(self.busy);
        for (ahead, waiting) in (before..).zip(&mut self.waiting) {
            if ahead != waiting.told {
                waiting.told = ahead;
                // Who does not listen any more leaves the line by itself.
                let _gone = waiting.job.events.send(Ok(ChatEvent::Waiting { ahead }));
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut line = self.queue.lock();
        if let Some(index) = line.waiting.iter().position(|waiting| waiting.number == self.number) {
            let left = line.waiting.remove(index);
            line.tell();
            drop(line);
            drop(left);
        }
    }
}

#[cfg(test)]
mod tests;
