//! A thread of control: visits its nodes one after the other, divides, and comes together.

use super::{
    Drive,
    lead::{again, apply, guarded},
    ready::Ready,
    visit::{Ended, visit},
};
use crate::{
    Graph, NodeError, State, Thread, Wait, What,
    graph::{VISITS_MAX, Work},
    state,
    thread::branch,
};
use futures::future::{BoxFuture, join_all};
use std::sync::Arc;

/// Goes on until the thread comes to its join or to the end. While it may not go on, it stays, and counts as resting.
pub(super) fn thread<'a, S: State, W: Send + Sync + 'static>(
    graph: &'a Graph<S, W>,
    drive: &'a Arc<Drive<W>>,
    path: String,
) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        let _busy = drive.busy();
        loop {
            match drive.ready(&path).await {
                Ready::Over => return,
                Ready::Divided(thread) => {
                    let paths = drive.book().body.branches(&path);
                    {
                        let _idle = drive.idle();
                        join_all(paths.iter().map(|path| self::thread(graph, drive, path.clone()))).await;
                    }
                    let merged = guarded(|| merge(graph, drive, &path, &thread, &paths));
                    if let Err(error) = merged {
                        drive.book().fail(&path, error.0);
                    }
                }
                Ready::Visit(thread) => go(graph, drive, &path, &thread).await,
            }
        }
    })
}

/// Visits a thread's node, and leads the thread on.
async fn go<S: State, W: Send + Sync + 'static>(
    graph: &Graph<S, W>,
    drive: &Arc<Drive<W>>,
    path: &str,
    thread: &Thread,
) {
    let went = match graph.nodes.get(&thread.node).map(|node| (node, &node.work)) {
        _ if drive.book().body.visits >= VISITS_MAX => {
            Err(NodeError(format!("{} nodes were visited, more than one run may", VISITS_MAX)))
        }
        Some((node, Work::Code(code))) => {
            drive.book().body.visits += 1;
            let ended = visit(drive, path, thread, node.time_max, code).await;
            {
                let mut book = drive.book();
                let is_spent = book.is_halted() && matches!(ended, Ended::Dropped);
                book.forget_intents(path, drive.host.now());
                book.change(path, |thread| thread.is_spent = is_spent);
            }
            match ended {
                Ended::Step { step, state, ctx } => {
                    guarded(|| apply(graph, drive, path, thread, step, state, &ctx))
                }
                Ended::Failed(error) => match node.backoff.pause(thread.failed + 1, drive.host.jitter()) {
                    Some(pause) => {
                        again(drive, path, thread, pause, &error.0);
                        Ok(())
                    }
                    None => Err(error),
                },
                Ended::Until(at) => {
                    drive.book().change(path, |thread| thread.wait = Wait::Until(at));
                    Ok(())
                }
                Ended::Dropped => Ok(()),
            }
        }
        Some((_, Work::Fork { branches, .. })) => {
            divide(drive, path, thread, branches);
            Ok(())
        }
        Some((_, Work::Join(_))) | None => Err(NodeError::new("nothing can be done here")),
    };
    if let Err(error) = went {
        drive.book().fail(path, error.0);
    }
}

fn divide<W>(drive: &Drive<W>, path: &str, thread: &Thread, branches: &[String]) {
    let mut book = drive.book();
    let (node, now) = (thread.node.clone(), drive.host.now());
    book.tell(now, What::Divided { thread: path.to_owned(), node });
    for (n, first) in branches.iter().enumerate() {
        let own = Thread::at(first, 0, thread.state.clone());
        book.body.threads.insert(branch(path, thread.step, n), own);
    }
    book.change(path, |thread| thread.wait = Wait::Branches);
}

/// Brings branches together, in the order in which the fork names them.
fn merge<S: State, W: Send + Sync + 'static>(
    graph: &Graph<S, W>,
    drive: &Drive<W>,
    path: &str,
    thread: &Thread,
    paths: &[String],
) -> Result<(), NodeError> {
    let Some(Work::Fork { join, .. }) = graph.nodes.get(&thread.node).map(|node| &node.work) else {
        return Err(NodeError::new("it does not divide any more"));
    };
    let Some((at, Work::Join(merge))) = graph.nodes.get(join).map(|node| (node, &node.work)) else {
        return Err(NodeError::new("it does not come together any more"));
    };
    let mut states = Vec::new();
    for path in paths {
        let branch = drive.book().body.threads.get(path).map(|thread| thread.state.clone());
        states.push(state::closed::<S>(branch.unwrap_or_default())?);
    }
    let mut whole: S = state::closed(thread.state.clone())?;
    merge(&mut whole, states)?;
    let target = at.exit.target(&whole)?;
    let value = state::write(&whole)?;
    let mut book = drive.book();
    book.body.threads.retain(|other, _| !paths.contains(other));
    book.tell(drive.host.now(), What::Left { thread: path.to_owned(), node: join.clone() });
    let is_join =
        |target: &str| matches!(graph.nodes.get(target), Some(node) if matches!(node.work, Work::Join(_)));
    book.change(path, |thread| {
        thread.go(target.unwrap_or(join), value);
        thread.wait = match target {
            None => Wait::Ended,
            Some(target) if is_join(target) => Wait::Join,
            Some(_) => Wait::Nothing,
        };
    });
    Ok(())
}
