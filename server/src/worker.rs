//! The work that no request waits for. Every task the process starts is started here and waited for here.

use crate::http::{Beat, Pulse, switched};
use std::{sync::Arc, time::Duration};
use studio::ports::store::RunListener;
use studio::{
    AUDIT_SEALED_AT_ONCE, AUDIT_SEALED_EVERY, BIN_AFTER_DELETION, GRACE, SHUT_OUT_LOOKED_AT_EVERY, Studio,
};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

/// Runs have [`GRACE`] to come to rest when the process goes down; what is left after that is told off here.
const PATIENCE: Duration = GRACE.saturating_add(Duration::from_secs(2));
/// How things are is told to `/health` this often.
const PULSE_EVERY: Duration = Duration::from_millis(500);
/// What was deleted or ended long ago is looked for this often.
const HOUSEKEEPING_EVERY: Duration = Duration::from_secs(3600);

/// The tasks of this process.
pub(crate) struct Worker {
    studio: Arc<Studio>,
    tasks: TaskTracker,
}

impl Worker {
    /// Starts them.
    pub(crate) fn start(studio: Arc<Studio>, pulse: Pulse, listener: Box<dyn RunListener>) -> Self {
        let tasks = TaskTracker::new();
        tasks.spawn({
            let studio = studio.clone();
            async move { studio.drive().await }
        });
        tasks.spawn({
            let studio = studio.clone();
            async move { studio.save_answers().await }
        });
        tasks.spawn({
            let studio = studio.clone();
            async move { studio.hear_of_runs(listener).await }
        });
        tasks.spawn(watch(studio.clone(), pulse));
        tasks.spawn(keep_house(studio.clone()));
        tasks.spawn(seal_audit(studio.clone()));
        Self { studio, tasks }
    }

    /// Starts one more, which ends by itself when the process goes down.
    pub(crate) fn also(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(work);
    }

    /// Lets runs come to rest, and waits for every task.
    pub(crate) async fn stop(self) {
        self.studio.close();
        self.tasks.close();
        if tokio::time::timeout(PATIENCE, self.tasks.wait()).await.is_err() {
            tracing::warn!(
                left = self.tasks.len(),
                "tasks did not end in time; their runs go on from their checkpoints"
            );
        }
    }
}

/// Tells `/health` how things are, and sees to what other processes did to people and runs.
async fn watch(studio: Arc<Studio>, pulse: Pulse) {
    let mut looked: Option<Instant> = None;
    loop {
        pulse.set(Beat {
            is_down: !studio.is_writing(),
            is_stuck: studio.is_stuck(),
            flag_service: studio.remote_flags().map(|remote| remote.failure),
            features: switched(&studio, None).await,
        });
        if looked.is_none_or(|at| at.elapsed() >= SHUT_OUT_LOOKED_AT_EVERY) {
            looked = Some(Instant::now());
            let seen = async {
                studio.stop_shut_out().await?;
                studio.end_left_open().await
            };
            if let Err(problem) = seen.await {
                tracing::warn!(%problem, "what other processes did could not be looked at");
            }
        }
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(PULSE_EVERY) => {}
        }
    }
}

/// Chains new rows of the audit log. What is written after the last look is sealed at the next start.
async fn seal_audit(studio: Arc<Studio>) {
    let mut was_said = false;
    loop {
        match studio.seal_audit().await {
            // A full part: there may be more.
            Ok(rows) if rows >= u64::from(AUDIT_SEALED_AT_ONCE) => continue,
            Ok(_) => was_said = false,
            // Twice a second would fill the log.
            Err(problem) if !was_said => {
                was_said = true;
                tracing::warn!(problem = %problem, "the audit log could not be sealed");
            }
            Err(_) => {}
        }
        tokio::select! {
            () = studio.live.closed() => break,
            () = tokio::time::sleep(AUDIT_SEALED_EVERY) => {}
        }
    }
    let _at_the_next_start = studio.seal_audit().await;
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
        match studio.purge_requests().await {
            Ok(1000..) => continue,
            Ok(_) => {}
            Err(problem) => tracing::warn!(problem = %problem, "old keys of requests could not be removed"),
        }
        match studio.purge_answer_parts().await {
            Ok(1..) => continue,
            Ok(0) => {}
            Err(problem) => tracing::warn!(problem = %problem, "parts of answers could not be removed"),
        }
        match studio.purge_refusals().await {
            Ok(1000..) => continue,
            Ok(_) => {}
            Err(problem) => tracing::warn!(problem = %problem, "old refusals could not be removed"),
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
