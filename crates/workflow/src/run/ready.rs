//! Waits of a thread: for a moment, an answer, a judgement.

use super::{Book, Drive};
use crate::{Known, Reply, Thread, Timestamp, thread::Wait};
use std::{future::pending, time::Duration};

/// A wait looks at the host's clock this often, for it may step.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a thread may do now.
pub(super) enum Ready {
    /// Visit its node.
    Visit(Thread),
    /// See to its branches.
    Divided(Thread),
    /// Nothing: it came to its join, or to the end.
    Over,
}

enum Look {
    Ready(Box<Ready>),
    /// Look again then, or when something happens.
    Wait(Option<Timestamp>),
}

impl Look {
    fn over() -> Self {
        Self::Ready(Box::new(Ready::Over))
    }
}

impl<W> Drive<W> {
    /// Returns when a thread may go on. While it may not, it counts as resting.
    pub(super) async fn ready(&self, path: &str) -> Ready {
        let mut rung = self.rung.subscribe();
        loop {
            rung.mark_unchanged();
            let now = self.host.now();
            let look = {
                let mut book = self.book();
                let closed = book.closed.len();
                let look = book.look(path, now);
                if book.closed.len() > closed {
                    // Kept soon, also where nothing else is to be: who answered is heard once.
                    self.result.notify_one();
                }
                look
            };
            let until = match look {
                Look::Ready(ready) => return *ready,
                Look::Wait(until) => until,
            };
            let _idle = self.idle();
            let moment = async {
                match until {
                    Some(until) => tokio::time::sleep(until.since(now).min(LOOK_EVERY)).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = moment => {}
                _sender_lives = rung.changed() => {}
            }
        }
    }
}

impl<W> Book<W> {
    fn look(&mut self, path: &str, now: Timestamp) -> Look {
        self.judge(path, now);
        self.take_answer(path, now);
        let is_halted = self.is_halted();
        if is_halted {
            self.forget_intents(path, now);
        }
        let is_cancelled = self.cancel && !self.closing;
        let Some(thread) = self.body.threads.get_mut(path) else { return Look::over() };
        let judged_at =
            thread.journal.iter().filter(|entry| entry.is_open()).map(crate::Entry::judged_at).max();
        if judged_at.is_some() {
            return Look::Wait(judged_at);
        }
        match thread.wait {
            Wait::Join | Wait::Ended => return Look::over(),
            Wait::Branches => return Look::Ready(Box::new(Ready::Divided(thread.clone()))),
            Wait::Verdict | Wait::Failed(_) => return Look::Wait(None),
            // Cancelled, it still takes in what was done: a stopped answer is an answer.
            Wait::Nothing if is_cancelled && thread.has_results() && !thread.is_spent => {}
            _ if is_halted => return Look::Wait(None),
            Wait::Answer { until, .. } => return Look::Wait(until),
            Wait::Until(at) if now < at => return Look::Wait(Some(at)),
            Wait::Until(_) => {
                thread.wait = Wait::Nothing;
                self.changes += 1;
            }
            Wait::Nothing => {}
        }
        let thread = self.body.threads.get(path).cloned();
        thread.map_or_else(Look::over, |thread| Look::Ready(Box::new(Ready::Visit(thread))))
    }

    /// Judges effects without a result whose time is over.
    fn judge(&mut self, path: &str, now: Timestamp) {
        let mut told = Vec::new();
        let Some(thread) = self.body.threads.get_mut(path) else { return };
        for entry in thread.journal.iter_mut().filter(|entry| entry.is_open() && entry.judged_at() <= now) {
            entry.judge();
            told.push(entry.word(match entry.known {
                Known::Unknown => "unknown",
                Known::Due => "due",
                _ => "failed",
            }));
        }
        if thread.journal.iter().any(|entry| entry.known == Known::Unknown) {
            thread.wait = Wait::Verdict;
        }
        for what in told {
            self.tell(now, what);
        }
    }

    /// Takes the answer a thread waits for, or goes on without one when its time is over.
    fn take_answer(&mut self, path: &str, now: Timestamp) {
        let Some(Wait::Answer { interrupt, until, .. }) =
            self.body.threads.get(path).map(|thread| thread.wait.clone())
        else {
            return;
        };
        let (reply, word) = match self.answers.remove(&interrupt) {
            Some(answer) => (Reply::Answer(answer), "answered"),
            None if until.is_some_and(|until| until <= now) => (Reply::Expired, "expired"),
            None => return,
        };
        self.change(path, |thread| {
            thread.reply = Some(reply);
            thread.wait = Wait::Nothing;
        });
        self.settle(now, interrupt, word);
    }
}
