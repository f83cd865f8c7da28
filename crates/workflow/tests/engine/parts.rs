//! A small state, and a world outside that counts what is asked of it.

use crate::world::Note;
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;
use workflow::{Call, Ctx, Effect, Failure, Graph, NodeError, Request, State, Step};

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Log {
    pub(crate) lines: Vec<String>,
}

impl Log {
    pub(crate) fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }
}

impl State for Log {
    const NAME: &'static str = "log";
    const VERSION: u32 = 1;
}

/// The world outside: how often each key was asked for, and what it answers next.
#[derive(Clone)]
pub(crate) struct Outside {
    asked: Arc<Mutex<BTreeMap<String, u32>>>,
    answers: Arc<Mutex<Vec<Result<String, Failure>>>>,
    /// Calls come back while there are places.
    pub(crate) open: Arc<Semaphore>,
}

impl Outside {
    pub(crate) fn new(is_open: bool) -> Self {
        let open = Arc::new(Semaphore::new(if is_open { Semaphore::MAX_PERMITS } else { 0 }));
        Self { asked: Arc::default(), answers: Arc::default(), open }
    }

    pub(crate) fn answers(self, answers: impl IntoIterator<Item = Result<String, Failure>>) -> Self {
        self.answers.lock().unwrap().extend(answers);
        self
    }

    pub(crate) async fn call(self, call: Call) -> Result<String, Failure> {
        *self.asked.lock().unwrap().entry(call.key().to_owned()).or_default() += 1;
        let _place = self.open.acquire().await;
        let mut answers = self.answers.lock().unwrap();
        if answers.is_empty() { Ok(format!("did {}", call.key())) } else { answers.remove(0) }
    }

    /// How often each key was asked for.
    pub(crate) fn asked(&self) -> Vec<u32> {
        self.asked.lock().unwrap().values().copied().collect()
    }

    /// Waits until something was asked for.
    pub(crate) async fn was_asked(&self, times: usize) {
        while self.asked().iter().sum::<u32>() < u32::try_from(times).unwrap() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// A node that calls the world outside, and writes down what came of it.
pub(crate) async fn charge(
    (outside, how): (Outside, Effect),
    log: &mut Log,
    ctx: &Ctx<Note>,
) -> Result<Step, NodeError> {
    let _result: String = ctx.effect("charge", how, |call| outside.call(call)).await?;
    log.add("charged");
    Ok(Step::Next)
}

/// A node that does nothing but say that it was there.
pub(crate) async fn note(name: &'static str, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    log.add(name);
    ctx.write(name.to_owned());
    Ok(Step::Next)
}

/// A node that asks, and goes on with the answer.
pub(crate) async fn ask(what: &'static str, log: &mut Log, ctx: &Ctx<Note>) -> Result<Step, NodeError> {
    match ctx.reply() {
        None => Ok(Step::Interrupt(Request::new(what)?)),
        Some(reply) => {
            log.add(format!("{what}: {reply:?}"));
            Ok(Step::Next)
        }
    }
}

/// A graph of one node that charges.
pub(crate) fn charging(outside: &Outside, deadline: Duration) -> Arc<Graph<Log, Note>> {
    let graph = Graph::builder("charging")
        .node_with("charge", (outside.clone(), Effect::once(deadline)), charge)
        .end("charge")
        .build();
    Arc::new(graph.unwrap())
}
