//! The work of a process: it drives what it holds, until it goes down.

use super::{Engine, Ticket, locked};
use crate::{Timestamp, run::Drive};
use futures::FutureExt as _;
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
};
use tokio::task::{JoinError, JoinSet};

impl<W: Send + Sync + 'static> Engine<W> {
    /// Drives runs until [`Engine::close`], and then as long as its grace time lets those under way finish. Whoever calls it waits
    /// for it: no task outlives it.
    pub async fn work(&self) {
        tokio::select! {
            () = self.drive_runs() => {}
            () = self.keep_up() => {}
        }
        let epoch = locked(&self.epoch).take();
        locked(&self.live).clear();
        if let Some(epoch) = epoch
            && let Err(error) = self.store.leave(epoch).await
        {
            tracing::warn!(%error, "this process could not sign off");
        }
    }

    async fn drive_runs(&self) {
        let mut tasks = JoinSet::new();
        loop {
            while let Some(ticket) = self.next() {
                tasks.spawn(drive(ticket));
            }
            tokio::select! {
                () = self.closing.cancelled() => break,
                () = self.waiting.notified() => {}
                Some(rested) = tasks.join_next() => self.rested(rested),
            }
        }
        for drive in locked(&self.live).values() {
            drive.close();
        }
        if tokio::time::timeout(self.settings.grace, self.wind_up(&mut tasks)).await.is_err() {
            tracing::warn!(
                left = tasks.len(),
                "runs did not come to rest in time; they go on from their checkpoints"
            );
        }
        tasks.shutdown().await;
    }

    /// Until every run rests. Those that wait for their turn too: what they were about to call was not called, and only this
    /// process knows.
    async fn wind_up(&self, tasks: &mut JoinSet<Rested<W>>) {
        loop {
            for ticket in locked(&self.turns).pop_all() {
                tasks.spawn(drive(ticket));
            }
            tokio::select! {
                () = self.waiting.notified() => {}
                rested = tasks.join_next() => match rested {
                    Some(rested) => self.rested(rested),
                    None => return,
                },
            }
        }
    }

    fn next(&self) -> Option<Ticket<W>> {
        locked(&self.turns).pop()
    }

    fn rested(&self, rested: Result<Rested<W>, JoinError>) {
        match rested {
            Ok(Rested { drive, wake_at }) => {
                locked(&self.turns).done(&drive.opens.kind);
                let mut live = locked(&self.live);
                // Somebody may have answered since, and the run been taken up again.
                if live.get(&drive.run).is_some_and(|other| Arc::ptr_eq(other, &drive)) {
                    live.remove(&drive.run);
                }
                drop(live);
                if let Some(at) = wake_at {
                    let mut soonest = locked(&self.soonest);
                    *soonest = Some(soonest.map_or(at, |soonest| soonest.min(at)));
                    self.due.notify_one();
                }
                if self.may_be_more.swap(false, Ordering::Relaxed) {
                    self.is_asked.store(true, Ordering::Relaxed);
                    self.due.notify_one();
                }
            }
            Err(error) => tracing::error!(%error, "a run's task ended badly"),
        }
    }
}

/// A run that came to rest.
struct Rested<W> {
    drive: Arc<Drive<W>>,
    wake_at: Option<Timestamp>,
}

async fn drive<W: Send + Sync + 'static>(ticket: Ticket<W>) -> Rested<W> {
    let Ticket { kind, drive, .. } = ticket;
    let driven = AssertUnwindSafe(kind.drive(Arc::clone(&drive))).catch_unwind();
    let wake_at = tokio::select! {
        biased;
        () = drive.lost.cancelled() => None,
        wake_at = driven => wake_at.unwrap_or_else(|_panic| {
            tracing::error!(run = %drive.run, "the engine panicked; the run is taken up again from its checkpoint");
            None
        }),
    };
    Rested { drive, wake_at }
}
