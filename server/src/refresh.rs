//! What other processes and other services decide is looked at again and again.

use std::sync::Arc;
use studio::{FLAGS_LOOKED_AT_EVERY, Studio};

/// Keeps what this process knows by heart as it is in the database and at a remote flag service.
pub(crate) async fn keep_fresh(studio: Arc<Studio>) {
    let mut was_said = false;
    loop {
        tokio::select! {
            () = studio.live.closed() => return,
            () = tokio::time::sleep(FLAGS_LOOKED_AT_EVERY) => {}
        }
        match studio.refresh_flags().await {
            Ok(()) => was_said = false,
            // Twice a second would fill the log.
            Err(problem) if !was_said => {
                was_said = true;
                tracing::warn!(%problem, "the switches of flags could not be read: what was known still counts");
            }
            Err(_) => {}
        }
    }
}
