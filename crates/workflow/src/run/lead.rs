//! What comes of a visit: where the thread is led.

use super::{Book, Ctx, Drive};
use crate::{
    Graph, Interrupt, InterruptId, Known, NodeError, Request, State, Step, Thread, Timestamp, Wait, What,
    graph::Work, seal, state,
};
use serde_json::Value;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Does what a node answered.
pub(super) fn apply<S: State, W: Send + Sync + 'static>(
    graph: &Graph<S, W>,
    drive: &Drive<W>,
    path: &str,
    thread: &Thread,
    step: Step,
    state: S,
    ctx: &Ctx<W>,
) -> Result<(), NodeError> {
    let now = drive.host.now();
    let Some(node) = graph.nodes.get(&thread.node) else { return Ok(()) };
    let is_undecided = |thread: &Thread| thread.journal.iter().any(|entry| entry.known == Known::Begun);
    if drive.book().body.threads.get(path).is_some_and(is_undecided) {
        // The node went on without waiting for an effect of its own. It is visited again when that is decided.
        return Ok(());
    }
    let (target, until) = match step {
        Step::Retry { after } => {
            again(drive, path, thread, after, "it asked for it");
            return Ok(());
        }
        Step::Interrupt(request) => {
            let value = state::write(&state)?;
            let mut book = drive.book();
            take_over(&mut book, now, ctx);
            ask(&mut book, drive, path, thread, request, value);
            return Ok(());
        }
        Step::Next => (node.exit.target(&state)?, None),
        Step::Done => (node.done.target(&state)?, None),
        Step::Sleep { until } => (node.exit.target(&state)?, Some(until)),
    };
    let value = state::write(&state)?;
    let mut book = drive.book();
    take_over(&mut book, now, ctx);
    book.tell(now, What::Left { thread: path.to_owned(), node: thread.node.clone() });
    let is_join =
        |target: &str| matches!(graph.nodes.get(target), Some(node) if matches!(node.work, Work::Join(_)));
    book.change(path, |thread| match target {
        Some(target) => {
            thread.go(target, value);
            if is_join(target) {
                thread.wait = Wait::Join;
            } else if let Some(until) = until {
                thread.wait = Wait::Until(until);
            }
        }
        None => {
            let node = thread.node.clone();
            thread.go(&node, value);
            thread.wait = Wait::Ended;
        }
    });
    Ok(())
}

/// What a completed visit told and wrote.
fn take_over<W>(book: &mut Book<W>, now: Timestamp, ctx: &Ctx<W>) {
    let (told, writes) = {
        let mut visit = ctx.visit();
        (std::mem::take(&mut visit.told), std::mem::take(&mut visit.writes))
    };
    for (name, body) in told {
        book.tell(now, What::Told { name, body });
    }
    book.writes.extend(writes);
}

fn ask<W>(book: &mut Book<W>, drive: &Drive<W>, path: &str, thread: &Thread, request: Request, state: Value) {
    let interrupt = InterruptId(drive.host.id());
    let Request { asked, until } = request;
    book.opened.push(Interrupt {
        id: interrupt,
        node: thread.node.clone(),
        digest: seal::digest(&asked.to_string()),
        asked: asked.clone(),
        until,
    });
    book.tell(drive.host.now(), What::Asked { interrupt, node: thread.node.clone() });
    book.change(path, |thread| {
        thread.state = state;
        thread.reply = None;
        thread.wait = Wait::Answer { interrupt, asked, until };
    });
}

/// The same node again, after a while. What failed is called again, what finished is not.
pub(super) fn again<W>(drive: &Drive<W>, path: &str, thread: &Thread, pause: Duration, why: &str) {
    let now = drive.host.now();
    let at = now + pause;
    let mut book = drive.book();
    book.tell(now, What::Again { node: thread.node.clone(), why: why.to_owned(), at });
    book.change(path, |thread| {
        thread.failed += 1;
        thread.forget_failures();
        thread.wait = Wait::Until(at);
    });
}

/// Runs what an author wrote for between nodes. A panic in it is a failure of the node.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, NodeError>) -> Result<T, NodeError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| Err(NodeError::new("it panicked")))
}
