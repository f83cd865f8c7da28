//! The call of an effect, while it is being made.

use super::Ctx;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// What an effect is given.
pub struct Call {
    pub(super) key: String,
    pub(super) halt: CancellationToken,
    pub(super) is_closing: Box<dyn Fn() -> bool + Send + Sync>,
}

/// Why an effect is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its run is over: somebody cancelled it, or a sibling failed.
    Run,
    /// The process goes down.
    Process,
}

impl Call {
    /// The same for every try of this effect: for the other side, to tell a repetition.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Completes when it is told to stop. What it hands over in its grace time is its result.
    pub async fn stopped(&self) -> Stop {
        self.halt.cancelled().await;
        if (self.is_closing)() { Stop::Process } else { Stop::Run }
    }

    /// Whether it was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.halt.is_cancelled()
    }
}

/// Runs a call until its time is over; told to stop, until its grace is.
pub(super) async fn within<R: Future>(
    call: R,
    left: Duration,
    halt: &CancellationToken,
    grace: Duration,
) -> Option<R::Output> {
    tokio::select! {
        biased;
        outcome = call => Some(outcome),
        () = tokio::time::sleep(left) => None,
        () = async {
            halt.cancelled().await;
            tokio::time::sleep(grace).await;
        } => None,
    }
}

/// An effect's call is being made; dropped, it is not any more.
pub(super) struct Calling<'a, W>(pub(super) &'a Ctx<W>, pub(super) usize);

impl<W> Drop for Calling<'_, W> {
    fn drop(&mut self) {
        let Self(ctx, place) = self;
        let mut book = ctx.drive.book();
        let thread = book.body.threads.get_mut(&ctx.path);
        if let Some(entry) = thread.and_then(|thread| thread.journal.get_mut(*place)) {
            entry.calling = false;
        }
    }
}
