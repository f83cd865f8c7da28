//! One run, from where it stands to where it rests. Everything here happens inside one task.

mod book;
mod call;
mod ctx;
mod effect;
mod keep;
mod lead;
mod ready;
mod settle;
mod thread;
mod visit;

pub use call::{Call, Stop};
pub use ctx::Ctx;
pub use keep::RESULT_WAITS_MAX;

pub(crate) use book::{Book, Fault};
pub(crate) use settle::{Rest, prepare, run};

use crate::{Checkpointer, Epoch, Host, InterruptId, Opens, RunId};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// A run that a process holds.
pub(crate) struct Drive<W> {
    pub(crate) run: RunId,
    pub(crate) opens: Opens,
    /// Name and version of its state.
    pub(crate) schema: (&'static str, u32),
    pub(crate) host: Arc<dyn Host>,
    pub(crate) store: Arc<dyn Checkpointer<W>>,
    pub(crate) epoch: Epoch,
    book: Mutex<Book<W>>,
    /// One commit at a time.
    gate: tokio::sync::Mutex<()>,
    /// Rung when a wait may be over.
    rung: watch::Sender<u64>,
    /// Rung when a result waits to be kept.
    result: Notify,
    /// This life of the process is over.
    pub(crate) lost: CancellationToken,
}

impl<W> Drive<W> {
    pub(crate) fn new(
        (run, opens, schema): (RunId, Opens, (&'static str, u32)),
        (host, store, epoch): (Arc<dyn Host>, Arc<dyn Checkpointer<W>>, Epoch),
        book: Book<W>,
    ) -> Self {
        Self {
            run,
            opens,
            schema,
            host,
            store,
            epoch,
            book: Mutex::new(book),
            gate: tokio::sync::Mutex::default(),
            rung: watch::Sender::new(0),
            result: Notify::new(),
            lost: CancellationToken::new(),
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book<W>> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody wants it to end.
    pub(crate) fn cancel(&self) {
        let mut book = self.book();
        book.cancel = true;
        if !book.body.cancelling {
            book.halt.cancel();
        }
        drop(book);
        self.ring();
    }

    /// The process goes down.
    pub(crate) fn close(&self) {
        let mut book = self.book();
        book.closing = true;
        book.halt.cancel();
        drop(book);
        self.ring();
    }

    /// Another process has taken over: it drops everything where it is.
    pub(crate) fn lose(&self) {
        self.lost.cancel();
    }

    /// An answer came.
    pub(crate) fn hear(&self, answers: impl IntoIterator<Item = (InterruptId, Value)>) {
        self.book().answers.extend(answers);
        self.ring();
    }

    fn ring(&self) {
        self.rung.send_modify(|times| *times += 1);
    }

    /// Counts whoever calls as at work until the guard goes.
    fn busy(&self) -> Counted<'_, W> {
        self.book().active += 1;
        Counted(self, 1)
    }

    /// Counts whoever calls as resting until the guard goes.
    fn idle(&self) -> Counted<'_, W> {
        self.book().active -= 1;
        Counted(self, -1)
    }
}

/// Undoes a change of the count of threads at work.
struct Counted<'a, W>(&'a Drive<W>, isize);

impl<W> Drop for Counted<'_, W> {
    fn drop(&mut self) {
        self.0.book().active -= self.1;
    }
}
