//! Where a fault inside becomes a `Problem`, and is logged, once.

use crate::ports::store::StoreError;
use api_types::Problem;
use std::fmt::Display;
use tracing::Instrument as _;

tokio::task_local! {
    /// The trace id of the request or run that this task works on; set by the server's layers.
    pub static TRACE: String;
}

/// Logs a fault once and gives the `Problem` that names it.
pub fn broken(what: &str, fault: &dyn Display) -> Problem {
    let trace_id = TRACE.try_with(Clone::clone).unwrap_or_else(|_| "no-trace".to_owned());
    tracing::error!(trace_id, fault = %fault, "{what}");
    Problem::Broken { trace_id }
}

impl From<StoreError> for Problem {
    fn from(fault: StoreError) -> Self {
        match fault {
            StoreError::Full => {
                tracing::error!("the disk is full: nothing can be written until there is room");
                Self::TryLater {
                    detail: "The studio's disk is full, so nothing was saved. Ask its operator to make room, then try again."
                        .to_owned(),
                }
            }
            StoreError::Unavailable(why) => {
                tracing::error!(why, "the database cannot be reached");
                Self::TryLater {
                    detail:
                        "The studio cannot reach its database, so nothing was saved. Try again in a moment."
                            .to_owned(),
                }
            }
            other => broken("the store failed", &other),
        }
    }
}

/// What a request is called in the log, to be taken along into another task.
pub(crate) struct Traced {
    trace_id: Option<String>,
    span: tracing::Span,
}

/// What this request is called.
pub(crate) fn traced() -> Traced {
    Traced { trace_id: TRACE.try_with(Clone::clone).ok(), span: tracing::Span::current() }
}

impl Traced {
    /// Runs work under it.
    pub(crate) async fn scope<F: Future>(self, work: F) -> F::Output {
        let work = work.instrument(self.span);
        match self.trace_id {
            Some(trace_id) => TRACE.scope(trace_id, work).await,
            None => work.await,
        }
    }
}
