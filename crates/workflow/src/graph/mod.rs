//! A graph: nodes, and the ways between them. Checked when it is built.

mod build;
mod check;
mod inner;
mod node;

pub use build::Builder;
pub use check::GraphError;
pub use node::{Code, CodeWith};

use crate::{Backoff, NodeError, RunId, State, StateError, Status, Thread};
use crate::{Sealed, thread::Body};
pub(crate) use node::CodeFn;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The longest that a node may take, effects apart, unless it says otherwise.
pub const NODE_TIME_MAX: Duration = Duration::from_secs(60);

/// Nodes that one run may visit.
pub const VISITS_MAX: u32 = 10_000;

pub(crate) type Choose<S> = Arc<dyn Fn(&S) -> &'static str + Send + Sync>;
pub(crate) type Merge<S> = Arc<dyn Fn(&mut S, Vec<S>) -> Result<(), NodeError> + Send + Sync>;
pub(crate) type Mirror<S, W> = Arc<dyn Fn(RunId, &S, Status, Option<&str>) -> Vec<W> + Send + Sync>;

/// A graph over a state `S`, whose nodes write `W` for the product.
pub struct Graph<S, W> {
    pub(crate) name: &'static str,
    pub(crate) entry: String,
    pub(crate) nodes: BTreeMap<String, Node<S, W>>,
    /// Names in the order they were given, for drawing.
    pub(crate) order: Vec<String>,
    pub(crate) after_cancel: Option<String>,
    pub(crate) mirror: Option<Mirror<S, W>>,
}

pub(crate) struct Node<S, W> {
    pub(crate) work: Work<S, W>,
    /// Where `Next` leads.
    pub(crate) exit: Exit<S>,
    /// Where `Done` leads.
    pub(crate) done: Exit<S>,
    pub(crate) time_max: Duration,
    pub(crate) backoff: Backoff,
}

pub(crate) enum Work<S, W> {
    Code(CodeFn<S, W>),
    Fork { branches: Vec<String>, join: String },
    Join(Merge<S>),
}

pub(crate) enum Exit<S> {
    Nowhere,
    To(String),
    Route { choose: Choose<S>, targets: Vec<(&'static str, String)> },
    End,
}

impl<S> Clone for Exit<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Nowhere => Self::Nowhere,
            Self::To(target) => Self::To(target.clone()),
            Self::Route { choose, targets } => {
                Self::Route { choose: Arc::clone(choose), targets: targets.clone() }
            }
            Self::End => Self::End,
        }
    }
}

impl<S> Exit<S> {
    /// Where it may lead, with the word of a route.
    pub(crate) fn targets(&self) -> Vec<(Option<&'static str>, &str)> {
        match self {
            Self::Nowhere | Self::End => Vec::new(),
            Self::To(target) => vec![(None, target)],
            Self::Route { targets, .. } => {
                targets.iter().map(|(word, target)| (Some(*word), target.as_str())).collect()
            }
        }
    }

    /// Where it leads now: to a node, or to the end.
    pub(crate) fn target(&self, state: &S) -> Result<Option<&str>, NodeError> {
        match self {
            Self::Nowhere | Self::End => Ok(None),
            Self::To(target) => Ok(Some(target)),
            Self::Route { choose, targets } => {
                let word = choose(state);
                let found = targets.iter().find(|(other, _)| *other == word);
                let (_, target) =
                    found.ok_or_else(|| NodeError(format!("its route knows no way `{word}`")))?;
                Ok(Some(target))
            }
        }
    }
}

impl<S, W> Graph<S, W> {
    /// Begins a graph. The name is the kind of its runs, and never changes.
    pub fn builder(name: &'static str) -> Builder<S, W> {
        Builder::new(name)
    }

    /// The kind of its runs.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The names of its nodes, in the order they were given.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.order.iter().map(String::as_str)
    }
}

impl<S: State, W> Graph<S, W> {
    /// Reads a checkpoint: the threads of the run by their paths, with every state in its present version.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn threads(&self, sealed: &Sealed) -> Result<BTreeMap<String, Thread>, StateError> {
        Ok(self.read(sealed)?.threads)
    }

    /// The state of a run at a checkpoint. While it is divided, as it was before it divided.
    ///
    /// # Errors
    /// What is wrong with the checkpoint.
    pub fn state_at(&self, sealed: &Sealed) -> Result<S, StateError> {
        let mut threads = self.threads(sealed)?;
        let root = threads.remove("").ok_or_else(|| StateError::Shape("it has no root".into()))?;
        crate::state::closed(root.state)
    }

    pub(crate) fn read(&self, sealed: &Sealed) -> Result<Body, StateError> {
        if sealed.schema != S::NAME {
            return Err(StateError::UnknownSchema { found: sealed.schema.clone(), wanted: S::NAME });
        }
        let body = Body::read::<S>(&sealed.schema, sealed.version, sealed.body()?)?;
        match body.threads.values().find(|thread| !self.nodes.contains_key(&thread.node)) {
            Some(thread) => Err(StateError::UnknownNode(thread.node.clone())),
            None => Ok(body),
        }
    }
}
