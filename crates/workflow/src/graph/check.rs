//! What a graph must not be.

use super::{Exit, Graph, Work};
use std::collections::BTreeSet;

/// Why this is no graph.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// It has no node.
    #[error("it has no node")]
    Empty,
    /// Two nodes have the same name.
    #[error("two nodes are called `{0}`")]
    DoubleName(String),
    /// A way leads from a node that is not there.
    #[error("there is no node `{0}`")]
    UnknownNode(String),
    /// Two ways lead on from the same node.
    #[error("two ways lead on from `{0}`: make it one route")]
    DoubleExit(String),
    /// A way leads to a node that is not there.
    #[error("`{from}` leads to `{to}`, which is not there")]
    UnknownTarget {
        /// From.
        from: String,
        /// To.
        to: String,
    },
    /// No way leads on from a node, and it is no end.
    #[error("no way leads on from `{0}`, and it is not said to be an end")]
    DeadEnd(String),
    /// Nothing leads to a node.
    #[error("nothing leads to `{0}`")]
    Unreachable(String),
    /// It never ends.
    #[error("nothing leads to an end")]
    NoEnd,
    /// A run that has not divided comes to a join.
    #[error("`{0}` is come to by a run that has not divided")]
    JoinWithoutFork(String),
    /// A fork has no branches, or what it names as its join is none.
    #[error("`{0}` divides into nothing, or into what does not come together")]
    ForkWithoutJoin(String),
    /// A branch can leave its fork by another way than the join.
    #[error("a branch of `{fork}` comes to `{at}` without its join")]
    Astray {
        /// Whose branch.
        fork: String,
        /// Where.
        at: String,
    },
    /// A cancelled run would go on inside a branch.
    #[error("a cancelled run cannot go on at `{0}`, which is inside a branch")]
    CancelInBranch(String),
}

/// Checks that names are given once.
pub(super) fn names<'a>(
    names: impl Iterator<Item = &'a String>,
    exits: impl Iterator<Item = &'a String>,
) -> Result<(), GraphError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(GraphError::DoubleName(name.clone()));
        }
    }
    let mut left = BTreeSet::new();
    for from in exits {
        if !seen.contains(from) {
            return Err(GraphError::UnknownNode(from.clone()));
        }
        if !left.insert(from) {
            return Err(GraphError::DoubleExit(from.clone()));
        }
    }
    Ok(())
}

/// Checks where ways lead. The nodes inside branches, each with the join of its branch.
pub(super) fn ways<S, W>(graph: &Graph<S, W>) -> Result<Vec<(String, String)>, GraphError> {
    for (name, node) in &graph.nodes {
        let mut targets: Vec<&str> = node.exit.targets().into_iter().map(|(_, to)| to).collect();
        targets.extend(node.done.targets().into_iter().map(|(_, to)| to));
        if let Work::Fork { branches, join } = &node.work {
            targets.extend(branches.iter().map(String::as_str).chain([join.as_str()]));
            let is_join = graph.nodes.get(join).is_none_or(|node| matches!(node.work, Work::Join(_)));
            if branches.is_empty() || !is_join {
                return Err(GraphError::ForkWithoutJoin(name.clone()));
            }
            if !matches!(node.exit, Exit::Nowhere) {
                return Err(GraphError::DoubleExit(name.clone()));
            }
        } else if matches!(node.exit, Exit::Nowhere) {
            return Err(GraphError::DeadEnd(name.clone()));
        }
        if let Some(to) = targets.into_iter().find(|to| !graph.nodes.contains_key(*to)) {
            return Err(GraphError::UnknownTarget { from: name.clone(), to: to.to_owned() });
        }
    }
    if let Some(name) = graph.after_cancel.as_ref().filter(|name| !graph.nodes.contains_key(*name)) {
        return Err(GraphError::UnknownNode(name.clone()));
    }
    let mut walk = Walk { graph, seen: BTreeSet::new(), has_end: false };
    walk.from(&graph.entry, None)?;
    if !walk.has_end {
        return Err(GraphError::NoEnd);
    }
    if let Some(name) = &graph.after_cancel {
        if matches!(graph.nodes.get(name), Some(node) if matches!(node.work, Work::Join(_)))
            || walk.seen.iter().any(|(node, fork)| node == name && fork.is_some())
        {
            return Err(GraphError::CancelInBranch(name.clone()));
        }
        walk.from(name, None)?;
    }
    match graph.order.iter().find(|name| !walk.seen.iter().any(|(node, _)| node == *name)) {
        Some(name) => Err(GraphError::Unreachable(name.clone())),
        None => Ok(walk.inside()),
    }
}

/// A walk over all ways, that knows in which fork's branch it is.
struct Walk<'a, S, W> {
    graph: &'a Graph<S, W>,
    seen: BTreeSet<(&'a str, Option<&'a str>)>,
    has_end: bool,
}

impl<'a, S, W> Walk<'a, S, W> {
    fn inside(&self) -> Vec<(String, String)> {
        let join = |fork: &str| match self.graph.nodes.get(fork).map(|node| &node.work) {
            Some(Work::Fork { join, .. }) => Some(join.clone()),
            _ => None,
        };
        self.seen.iter().filter_map(|(node, fork)| Some(((*node).to_owned(), join((*fork)?)?))).collect()
    }

    fn from(&mut self, start: &'a str, within: Option<(&'a str, &'a str)>) -> Result<(), GraphError> {
        let fork = within.map(|(fork, _)| fork);
        let mut waiting = vec![start];
        while let Some(name) = waiting.pop() {
            if !self.seen.insert((name, fork)) {
                continue;
            }
            let Some(node) = self.graph.nodes.get(name) else { continue };
            let mut exit = &node.exit;
            match &node.work {
                Work::Join(_) => match within {
                    Some((_, join)) if join == name => continue,
                    Some((fork, _)) => return Err(astray(fork, name)),
                    None => return Err(GraphError::JoinWithoutFork(name.to_owned())),
                },
                Work::Fork { branches, join } => {
                    for branch in branches {
                        self.from(branch, Some((name, join)))?;
                    }
                    self.seen.insert((join, fork));
                    if let Some(join) = self.graph.nodes.get(join) {
                        exit = &join.exit;
                    }
                }
                Work::Code(_) => {}
            }
            match (exit, within) {
                (Exit::End, Some((fork, _))) => return Err(astray(fork, name)),
                (Exit::End, None) => self.has_end = true,
                _ => waiting.extend(exit.targets().into_iter().map(|(_, to)| to)),
            }
            waiting.extend(node.done.targets().into_iter().map(|(_, to)| to));
        }
        Ok(())
    }
}

fn astray(fork: &str, at: &str) -> GraphError {
    GraphError::Astray { fork: fork.to_owned(), at: at.to_owned() }
}
