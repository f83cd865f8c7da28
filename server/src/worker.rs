//! The work that no request waits for. Every task the process starts is started here and waited for here.

use crate::http::Pulse;
use std::{sync::Arc, time::Duration};
use studio::{BIN_AFTER_DELETION, HEARTBEAT_EVERY, HEARTBEAT_STALE, Studio, TRACE, Ticket, answer};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

/// Answers have so long to save themselves when the process goes down.
const GRACE: Duration = Duration::from_secs(10);
/// What was deleted or ended long ago is looked for this often.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(3600);

/// The tasks of this process.
pub(crate) struct Worker {
    studio: Arc<Studio>,
    tasks: TaskTracker,
}

impl Worker {
    /// Starts them.
    pub(crate) fn start(
        studio: Arc<Studio>,
        tickets: mpsc::Receiver<Ticket>,
        pulse: Pulse,
        alone: bool,
    ) -> Self {
        let tasks = TaskTracker::new();
        tasks.spawn(take_tickets(studio.clone(), tickets, tasks.clone()));
        tasks.spawn({
            let studio = studio.clone();
            async move { studio.save_answers().await }
        });
        tasks.spawn(beat(studio.clone(), pulse, alone));
        tasks.spawn(keep_house(studio.clone()));
        Self { studio, tasks }
    }

    /// Starts one more, which ends by itself when the process goes down.
    pub(crate) fn also(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Interrupts answers, lets them save themselves, and waits for every task.
    pub(crate) async fn stop(self) {
        self.studio.live.close();
        self.tasks.close();
        if tokio::time::timeout(GRACE, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                left = self.tasks.len(),
                "tasks did not end in time; their answers continue from rows"
            );
        }
        let worker = self.studio.worker();
        let retired = self
            .studio
            .store
            .write::<_, studio::ports::store::StoreError, _>(move |tx| {
                Box::pin(async move { tx.retire(worker).await })
            })
            .await;
        if let Err(fault) = retired {
            tracing::warn!(fault = %fault, "this process could not sign off");
        }
    }
}

async fn take_tickets(studio: Arc<Studio>, mut tickets: mpsc::Receiver<Ticket>, tasks: TaskTracker) {
    loop {
        let ticket = tokio::select! {
            () = studio.live.closed() => return,
            ticket = tickets.recv() => ticket,
        };
        let Some(ticket) = ticket else { return };
        let studio = studio.clone();
        let run = ticket.live.run;
        let trace_id = run.to_string().replace('-', "");
        let span = tracing::info_span!("run", %run, trace_id);
        tasks.spawn(TRACE.scope(trace_id, async move { answer(&studio, ticket).await }).instrument(span));
    }
}

/// Says that this process lives, and ends the runs of processes that do not.
async fn beat(studio: Arc<Studio>, pulse: Pulse, alone: bool) {
    let mut last_down = false;
    loop {
        let down = match once(&studio, alone).await {
            Ok(0) => false,
            Ok(interrupted) => {
                tracing::warn!(interrupted, "answers that nobody writes any more were kept and marked");
                false
            }
            Err(fault) => {
                if !last_down {
                    tracing::error!(fault = %fault, "the database cannot be written");
                }
                true
            }
        };
        pulse.set(down);
        last_down = down;
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(HEARTBEAT_EVERY) => {}
        }
    }
}

/// One beat: this process lives; answers of others that do not, of its own that nobody writes, and for who was shut out are ended. `alone`: no other
/// process can be using this database (SQLite), so whatever is not ours is an orphan.
pub(crate) async fn once(studio: &Studio, alone: bool) -> Result<u64, studio::ports::store::StoreError> {
    let (worker, now) = (studio.worker(), studio.now());
    let stale = if alone { now } else { now - HEARTBEAT_STALE };
    let orphans: u64 = studio
        .store
        .write::<_, studio::ports::store::StoreError, _>(move |tx| {
            Box::pin(async move {
                tx.heartbeat(worker, now).await?;
                tx.interrupt_orphans(worker, stale, now).await
            })
        })
        .await?;
    studio.stop_shut_out().await?;
    Ok(orphans + studio.interrupt_lost().await?)
}

async fn keep_house(studio: Arc<Studio>) {
    loop {
        match studio.empty_bin().await {
            // A full part: there may be more.
            Ok(100..) => continue,
            Ok(0) => {}
            Ok(conversations) => tracing::info!(conversations, "the bin was emptied"),
            Err(problem) => tracing::warn!(problem = %problem, "the bin could not be emptied"),
        }
        match studio.purge_sessions().await {
            Ok(100..) => continue,
            Ok(_) => {}
            Err(problem) => tracing::warn!(problem = %problem, "old sessions could not be removed"),
        }
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(HOUSEKEEPING_EVERY) => {}
            // Their answers end first.
            () = studio.live.bin_due() => tokio::time::sleep(BIN_AFTER_DELETION).await,
        }
    }
}
