//! One visit of one node.

use super::{Ctx, Drive, ctx::Suspended};
use crate::{NodeError, State, Step, Thread, Timestamp, graph::CodeFn, state};
use futures::FutureExt as _;
use std::{future::poll_fn, panic::AssertUnwindSafe, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::time::Instant;

/// After so many visits a run lets others have their turn.
const YIELD_EVERY: u32 = 16;

/// How a visit ended.
pub(super) enum Ended<S, W> {
    /// The node answered.
    Step { step: Step, state: S, ctx: Box<Ctx<W>> },
    /// It failed.
    Failed(NodeError),
    /// Not before then.
    Until(Timestamp),
    /// Nothing came of it: it was stopped, or an effect has to be decided first.
    Dropped,
}

enum Met {
    Answer(Result<Step, NodeError>),
    Suspended(Suspended),
    TooLong,
    Halted,
}

/// Visits a node with a copy of the thread's state.
pub(super) async fn visit<S: State, W: Send + Sync + 'static>(
    drive: &Arc<Drive<W>>,
    path: &str,
    thread: &Thread,
    time_max: Duration,
    code: &CodeFn<S, W>,
) -> Ended<S, W> {
    if drive.book().body.visits.is_multiple_of(YIELD_EVERY) {
        // Others have their turn, also beside a graph whose nodes never wait.
        tokio::task::yield_now().await;
    }
    let mut state: S = match state::closed(thread.state.clone()) {
        Ok(state) => state,
        Err(error) => return Ended::Failed(error.into()),
    };
    let ctx = Ctx::new(Arc::clone(drive), path, thread);
    let met = meet(drive, &ctx, time_max, code, &mut state).await;
    match met {
        Met::Answer(Ok(step)) => Ended::Step { step, state, ctx: Box::new(ctx) },
        Met::Answer(Err(error)) => Ended::Failed(error),
        Met::Suspended(Suspended::Until(at)) => Ended::Until(at),
        Met::Suspended(Suspended::Undecided) | Met::Halted => Ended::Dropped,
        Met::TooLong => Ended::Failed(NodeError(format!("it took longer than {time_max:?}"))),
    }
}

async fn meet<S: State, W: Send + Sync + 'static>(
    drive: &Arc<Drive<W>>,
    ctx: &Ctx<W>,
    time_max: Duration,
    code: &CodeFn<S, W>,
    state: &mut S,
) -> Met {
    let halt = drive.book().halt.clone();
    let begun = Instant::now();
    let mut may_halt = true;
    let mut node = pin!(AssertUnwindSafe(async { code(state, ctx).await }).catch_unwind());
    let mut answer = poll_fn(|cx| match node.as_mut().poll(cx) {
        Poll::Ready(Ok(answer)) => Poll::Ready(Met::Answer(answer)),
        Poll::Ready(Err(_panic)) => Poll::Ready(Met::Answer(Err(NodeError::new("it panicked")))),
        Poll::Pending => match ctx.visit().suspended.take() {
            Some(why) => Poll::Ready(Met::Suspended(why)),
            None => Poll::Pending,
        },
    });
    loop {
        let own = begun.elapsed().saturating_sub(ctx.took());
        tokio::select! {
            biased;
            met = &mut answer => return met,
            () = halt.cancelled(), if may_halt => {
                if drive.may_drop(ctx) {
                    return Met::Halted;
                }
                // An effect is under way or decided: the node goes on to its end with what it has.
                may_halt = false;
            }
            () = tokio::time::sleep(time_max.saturating_sub(own).max(Duration::from_millis(1))) => {
                if begun.elapsed().saturating_sub(ctx.took()) >= time_max && !ctx.is_in_effect() {
                    return Met::TooLong;
                }
            }
        }
    }
}
