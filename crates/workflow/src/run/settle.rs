//! Drives a run until it rests, and says where it stands then.

use super::{Book, Drive, Fault, lead::guarded, thread::thread};
use crate::{Commit, Graph, Known, NodeError, State, Status, StoreError, Timestamp, state, thread::Wait};
use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll};

/// How a run comes to rest: what is new of its row.
pub(crate) struct Rest<W> {
    pub(crate) status: Status,
    pub(crate) reason: Option<String>,
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) is_held: bool,
    pub(crate) writes: Vec<W>,
}

impl<W> Rest<W> {
    /// It does not rest.
    pub(crate) const fn working() -> Self {
        Self { status: Status::Running, reason: None, wake_at: None, is_held: true, writes: Vec::new() }
    }

    pub(crate) const fn at(status: Status, reason: Option<String>, wake_at: Option<Timestamp>) -> Self {
        Self { status, reason, wake_at, is_held: false, writes: Vec::new() }
    }
}

/// Why driving paused.
enum Pause {
    /// The root came to the end.
    Ended,
    /// No thread can go on now.
    Quiet,
    /// A commit is due, and this is only a preparation.
    Prepared,
    Fault(Fault),
}

/// Drives a run until it rests. When it rests: at its next wait.
pub(crate) async fn run<S: State, W: Send + Sync + 'static>(
    graph: Arc<Graph<S, W>>,
    drive: Arc<Drive<W>>,
) -> Option<Timestamp> {
    let fault = loop {
        let rest = match pause(&graph, &drive).await {
            Pause::Fault(fault) => break fault,
            Pause::Prepared => return None,
            Pause::Ended => drive.book().ended(),
            Pause::Quiet => match drive.quiet(&graph) {
                Some(rest) => rest,
                None => continue,
            },
        };
        let rest = mirrored(&graph, &drive, rest);
        let wake_at = rest.wake_at;
        match drive.commit(rest).await {
            Ok(()) => return wake_at,
            Err(fault) => break fault,
        }
    };
    match fault {
        Fault::Store(StoreError::Superseded | StoreError::Conflict | StoreError::NotFound) => {
            tracing::info!(run = %drive.run, %fault, "a run goes on elsewhere, or was never opened");
        }
        Fault::Store(StoreError::Refused(why)) => {
            give_up(&graph, &drive, format!("What this run was to keep was refused: {why}.")).await;
        }
        Fault::Store(_) => tracing::error!(run = %drive.run, %fault, "a run is left as it was"),
        Fault::State(_) => give_up(&graph, &drive, fault.to_string()).await,
    }
    None
}

/// Ends a run as failed that cannot be kept as it is: with what the product writes then, or without it where that is refused too.
async fn give_up<S: State, W: Send + Sync + 'static>(
    graph: &Arc<Graph<S, W>>,
    drive: &Arc<Drive<W>>,
    why: String,
) {
    tracing::error!(run = %drive.run, why, "a run cannot be kept");
    let failed = || Rest::at(Status::Failed, Some(why.clone()), None);
    let mut kept = drive.hand_in(Arc::new(drive.let_go(mirrored(graph, drive, failed())))).await;
    if matches!(kept, Err(StoreError::Refused(_))) {
        kept = drive.hand_in(Arc::new(drive.let_go(failed()))).await;
    }
    if let Err(error) = kept {
        tracing::error!(run = %drive.run, %error, "nor could that be said");
    }
}

/// Goes on until the first commit is due, and gives it instead of making it. Whether the run goes on after it.
pub(crate) async fn prepare<S: State, W: Send + Sync + 'static>(
    graph: &Arc<Graph<S, W>>,
    drive: &Arc<Drive<W>>,
) -> Result<(Commit<W>, bool), Fault> {
    drive.book().is_preparing = true;
    let (rest, goes_on) = loop {
        match pause(graph, drive).await {
            Pause::Fault(fault) => return Err(fault),
            Pause::Prepared => break (Rest::working(), true),
            Pause::Ended => break (drive.book().ended(), false),
            Pause::Quiet => {
                if let Some(rest) = drive.quiet(graph) {
                    break (rest, false);
                }
            }
        }
    };
    let rest = if goes_on { rest } else { mirrored(graph, drive, rest) };
    let (commit, change) = drive.draw_up(rest)?;
    let mut book = drive.book();
    book.is_preparing = false;
    book.is_prepared = false;
    book.revision = book.revision.next();
    book.kept = change;
    Ok((commit, goes_on))
}

/// Lets the threads go on for as long as one of them can.
async fn pause<S: State, W: Send + Sync + 'static>(graph: &Graph<S, W>, drive: &Arc<Drive<W>>) -> Pause {
    let mut root = pin!(thread(graph, drive, String::new()));
    let mut keeping = pin!(drive.keep_results());
    let mut is_over = false;
    poll_fn(|cx| {
        is_over = is_over || root.as_mut().poll(cx).is_ready();
        let _never_ends = keeping.as_mut().poll(cx);
        let mut book = drive.book();
        if let Some(fault) = book.fault.take() {
            Poll::Ready(Pause::Fault(fault))
        } else if book.is_prepared {
            Poll::Ready(Pause::Prepared)
        } else if book.active > 0 {
            Poll::Pending
        } else {
            Poll::Ready(if is_over { Pause::Ended } else { Pause::Quiet })
        }
    })
    .await
}

/// With what the product writes where a run comes to rest.
fn mirrored<S: State, W: Send + Sync + 'static>(
    graph: &Graph<S, W>,
    drive: &Drive<W>,
    mut rest: Rest<W>,
) -> Rest<W> {
    let Some(mirror) = &graph.mirror else { return rest };
    if rest.status == Status::Running {
        return rest;
    }
    let state = drive.book().body.threads.get("").map(|root| root.state.clone()).unwrap_or_default();
    let written = guarded(|| {
        let state: S = state::closed(state)?;
        Ok::<_, NodeError>(mirror(drive.run, &state, rest.status, rest.reason.as_deref()))
    });
    match written {
        Ok(writes) => rest.writes.extend(writes),
        Err(error) => tracing::error!(run = %drive.run, %error, "the product could not say what it writes"),
    }
    rest
}

impl<W> Book<W> {
    fn ended(&self) -> Rest<W> {
        Rest::at(if self.cancel { Status::Cancelled } else { Status::Done }, None, None)
    }

    /// What nobody knows, in sentences.
    fn unknown(&self) -> Option<String> {
        let entries = self.body.threads.values().flat_map(|thread| &thread.journal);
        let sentences: Vec<String> =
            entries.filter(|entry| entry.known == Known::Unknown).map(crate::Entry::sentence).collect();
        if sentences.is_empty() { None } else { Some(sentences.join(" ")) }
    }

    /// Whether every thread that is not over waits for a moment or an answer.
    fn waits_only(&self) -> bool {
        let may_go_on = |thread: &crate::Thread| thread.wait == Wait::Nothing;
        !self.body.threads.values().any(may_go_on)
    }

    fn waits_for_answer(&self) -> bool {
        self.body.threads.values().any(|thread| matches!(thread.wait, Wait::Answer { .. }))
    }
}

impl<W: Send + Sync + 'static> Drive<W> {
    /// Where a run stands in which no thread can go on. `None`: it goes on by the way of a cancelled run.
    fn quiet<S>(&self, graph: &Graph<S, W>) -> Option<Rest<W>> {
        let now = self.host.now();
        let mut book = self.book();
        book.active = 0;
        let judged_at = book.body.next_judged_at();
        let wake_at = if book.is_halted() {
            judged_at
        } else {
            [judged_at, book.body.wake_at()].into_iter().flatten().min()
        };
        if let Some(sentence) = book.unknown() {
            return Some(Rest::at(Status::NeedsAttention, Some(sentence), wake_at));
        }
        if judged_at.is_some() {
            // Whatever else is to be said, what is under way outside is waited for first.
            return Some(Rest::at(Status::Sleeping, None, wake_at));
        }
        if let Some(why) = book.failed() {
            return Some(Rest::at(Status::Failed, Some(why.to_owned()), None));
        }
        if book.cancel && !book.body.cancelling {
            return match &graph.after_cancel {
                Some(node) => {
                    book.redirect(now, node);
                    None
                }
                None => {
                    book.drop_questions(now);
                    Some(Rest::at(Status::Cancelled, None, None))
                }
            };
        }
        if book.closing && !book.waits_only() {
            return Some(Rest::at(Status::Running, None, Some(now)));
        }
        let status = if book.waits_for_answer() { Status::Waiting } else { Status::Sleeping };
        let wake_at = [judged_at, book.body.wake_at()].into_iter().flatten().min();
        Some(Rest::at(status, None, wake_at))
    }
}
