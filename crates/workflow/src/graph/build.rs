//! Puts a graph together.

use super::{
    Code, CodeWith, Exit, Graph, GraphError, Mirror, NODE_TIME_MAX, Node, Work, check, node::CodeFn,
};
use crate::{Backoff, NodeError, RunId, Status};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// A graph that is being put together. Methods about time and tries are about the node named last.
pub struct Builder<S, W> {
    name: &'static str,
    entry: Option<String>,
    nodes: Vec<(String, Node<S, W>)>,
    exits: Vec<(String, Exit<S>)>,
    groups: Vec<Group>,
    after_cancel: Option<String>,
    mirror: Option<Mirror<S, W>>,
}

/// A sub-graph that was taken in.
struct Group {
    name: String,
    entry: String,
    members: Vec<String>,
}

impl<S, W> Builder<S, W> {
    pub(super) fn new(name: &'static str) -> Self {
        let (nodes, exits, groups) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, entry: None, nodes, exits, groups, after_cancel: None, mirror: None }
    }

    /// Adds a node. The first one is where runs begin.
    #[must_use]
    pub fn node<F>(self, name: &'static str, code: F) -> Self
    where
        S: 'static,
        W: 'static,
        F: for<'a> Code<'a, S, W> + Send + Sync + 'static,
    {
        self.code(name, Arc::new(move |state, ctx| Box::pin(code(state, ctx))))
    }

    /// Adds a node whose code is given something of the product's.
    #[must_use]
    pub fn node_with<E, F>(self, name: &'static str, given: E, code: F) -> Self
    where
        S: 'static,
        W: 'static,
        E: Clone + Send + Sync + 'static,
        F: for<'a> CodeWith<'a, E, S, W> + Send + Sync + 'static,
    {
        self.code(name, Arc::new(move |state, ctx| Box::pin(code(given.clone(), state, ctx))))
    }

    fn code(self, name: &str, code: CodeFn<S, W>) -> Self {
        self.add(name, Work::Code(code))
    }

    /// Adds a place where a run divides: each branch begins with a state of its own, equal to the others, at the node named
    /// here, and goes on until it comes to the join.
    #[must_use]
    pub fn fork(self, name: &'static str, branches: &[&'static str], join: &'static str) -> Self {
        let branches = branches.iter().map(|branch| (*branch).to_owned()).collect();
        self.add(name, Work::Fork { branches, join: join.to_owned() })
    }

    /// Adds the place where branches come together. The author's function is given the state from before the fork, and those
    /// of the branches in the order in which the fork names them, whoever came first.
    #[must_use]
    pub fn join<F>(self, name: &'static str, merge: F) -> Self
    where
        F: Fn(&mut S, Vec<S>) -> Result<(), NodeError> + Send + Sync + 'static,
    {
        self.add(name, Work::Join(Arc::new(merge)))
    }

    /// Takes another graph in, over a part of this state. Its nodes are called `name/node`; `name` is led to like a node, and
    /// its edge is where the other graph's end leads.
    #[must_use]
    pub fn graph<T>(
        mut self,
        name: &'static str,
        inner: Graph<T, W>,
        get: fn(&S) -> &T,
        get_mut: fn(&mut S) -> &mut T,
    ) -> Self
    where
        S: 'static,
        T: Clone + 'static,
        W: 'static,
    {
        let within = |node: &str| format!("{name}/{node}");
        let mut inner_nodes = inner.nodes;
        let mut members = Vec::new();
        for node in &inner.order {
            let Some(found) = inner_nodes.remove(node) else { continue };
            members.push(within(node));
            self.nodes.push((within(node), found.over(&within, get, get_mut)));
        }
        self.entry.get_or_insert_with(|| within(&inner.entry));
        self.groups.push(Group { name: name.to_owned(), entry: within(&inner.entry), members });
        self
    }

    /// From one node to another.
    #[must_use]
    pub fn edge(mut self, from: &'static str, to: &'static str) -> Self {
        self.exits.push((from.to_owned(), Exit::To(to.to_owned())));
        self
    }

    /// From one node to one of several, by a word that a function says of the state.
    #[must_use]
    pub fn route<F>(mut self, from: &'static str, ways: &[(&'static str, &'static str)], choose: F) -> Self
    where
        F: Fn(&S) -> &'static str + Send + Sync + 'static,
    {
        let targets = ways.iter().map(|(word, target)| (*word, (*target).to_owned())).collect();
        self.exits.push((from.to_owned(), Exit::Route { choose: Arc::new(choose), targets }));
        self
    }

    /// After this node the run is done.
    #[must_use]
    pub fn end(mut self, node: &'static str) -> Self {
        self.exits.push((node.to_owned(), Exit::End));
        self
    }

    /// The longest that a visit of this node may take, effects apart. [`NODE_TIME_MAX`] unless said.
    #[must_use]
    pub fn time_max(mut self, time: Duration) -> Self {
        if let Some((_, node)) = self.nodes.last_mut() {
            node.time_max = time;
        }
        self
    }

    /// When this node fails it is visited again like this. Once unless said.
    #[must_use]
    pub fn retried(mut self, backoff: Backoff) -> Self {
        if let Some((_, node)) = self.nodes.last_mut() {
            node.backoff = backoff;
        }
        self
    }

    /// Where a run goes on when it is cancelled, so that what it used is settled. Without it, it just ends.
    #[must_use]
    pub fn after_cancel(mut self, node: &'static str) -> Self {
        self.after_cancel = Some(node.to_owned());
        self
    }

    /// What the product writes whenever a run comes to stand elsewhere (waits, needs attention, fails, ends), in the same
    /// transaction. The function is given the run and the state of its root.
    #[must_use]
    pub fn mirror<F>(mut self, mirror: F) -> Self
    where
        F: Fn(RunId, &S, Status, Option<&str>) -> Vec<W> + Send + Sync + 'static,
    {
        self.mirror = Some(Arc::new(mirror));
        self
    }

    fn add(mut self, name: &str, work: Work<S, W>) -> Self {
        self.entry.get_or_insert_with(|| name.to_owned());
        self.nodes.push((name.to_owned(), Node::new(work)));
        self
    }

    /// Checks it.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn build(self) -> Result<Graph<S, W>, GraphError> {
        let Self { name, entry, nodes, exits, groups, after_cancel, mirror } = self;
        let order: Vec<String> = nodes.iter().map(|(name, _)| name.clone()).collect();
        let group_names: Vec<String> = groups.iter().map(|group| group.name.clone()).collect();
        check::names(order.iter().chain(&group_names), exits.iter().map(|(from, _)| from))?;
        let mut nodes: BTreeMap<String, Node<S, W>> = nodes.into_iter().collect();
        for (from, exit) in exits {
            match groups.iter().find(|group| group.name == from) {
                Some(group) => {
                    for member in &group.members {
                        nodes.entry(member.clone()).and_modify(|node| node.leave_by(&exit));
                    }
                }
                None => nodes.get_mut(&from).ok_or(GraphError::UnknownNode(from))?.exit = exit,
            }
        }
        let entry_of = |target: &mut String| {
            if let Some(group) = groups.iter().find(|group| group.name == *target) {
                target.clone_from(&group.entry);
            }
        };
        nodes.values_mut().for_each(|node| node.retarget(&entry_of));
        let mut after_cancel = after_cancel;
        after_cancel.iter_mut().for_each(&entry_of);
        let entry = entry.ok_or(GraphError::Empty)?;
        let mut graph = Graph { name, entry, nodes, order, after_cancel, mirror };
        for (node, join) in check::ways(&graph)? {
            graph.nodes.entry(node).and_modify(|node| node.come_to(&join));
        }
        Ok(graph)
    }
}

impl<S, W> Node<S, W> {
    fn new(work: Work<S, W>) -> Self {
        let (exit, done) = (Exit::Nowhere, Exit::End);
        Self { work, exit, done, time_max: NODE_TIME_MAX, backoff: Backoff::ONCE }
    }

    /// Where its graph ends, it goes on like this.
    fn leave_by(&mut self, exit: &Exit<S>) {
        for own in [&mut self.exit, &mut self.done] {
            if matches!(own, Exit::End) {
                *own = exit.clone();
            }
        }
    }

    /// Inside a branch, `Done` leads to the join.
    fn come_to(&mut self, join: &str) {
        if matches!((&self.work, &self.done), (Work::Code(_), Exit::End)) {
            self.done = Exit::To(join.to_owned());
        }
    }

    pub(super) fn retarget(&mut self, change: &impl Fn(&mut String)) {
        for exit in [&mut self.exit, &mut self.done] {
            match exit {
                Exit::To(target) => change(target),
                Exit::Route { targets, .. } => targets.iter_mut().for_each(|(_, target)| change(target)),
                Exit::Nowhere | Exit::End => {}
            }
        }
        if let Work::Fork { branches, join } = &mut self.work {
            branches.iter_mut().chain([join]).for_each(change);
        }
    }
}
