//! What administrators set in another process reaches this one within a second: one statement, twice a second, on PostgreSQL. And what
//! a flag service says.

use std::sync::Arc;
use studio::{SETTINGS_LOOKED_AT_EVERY, Studio};

/// Takes up what was set elsewhere until the process goes down.
pub(crate) async fn keep_fresh(studio: Arc<Studio>) {
    let mut was_said = false;
    loop {
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(SETTINGS_LOOKED_AT_EVERY) => {}
        }
        studio.poll_flags().await;
        match studio.refresh().await {
            Ok(()) => was_said = false,
            // Twice a second would fill the log.
            Err(problem) if !was_said => {
                was_said = true;
                tracing::warn!(%problem, "what administrators set could not be read again; what was known holds");
            }
            Err(_) => {}
        }
    }
}
