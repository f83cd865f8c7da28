//! A graph draws itself, with the path of a run lit.

mod layout;
mod mermaid;
mod svg;

use crate::{
    Event, Graph, Status, Thread, Wait, What,
    graph::{Exit, Work},
};
use std::collections::{BTreeMap, BTreeSet};

/// Where a run was and is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lit {
    visited: BTreeSet<String>,
    current: BTreeSet<String>,
    is_done: bool,
}

impl Lit {
    /// From what happened, and from where its threads stand.
    pub fn new(events: &[Event], threads: &BTreeMap<String, Thread>) -> Self {
        let left = |event: &Event| match &event.what {
            What::Left { node, .. } | What::Divided { node, .. } => Some(node.clone()),
            _ => None,
        };
        let status = |event: &Event| match event.what {
            What::Stands { status, .. } => Some(status),
            _ => None,
        };
        let stands = |thread: &&Thread| !matches!(thread.wait, Wait::Ended | Wait::Branches);
        Self {
            visited: events.iter().filter_map(left).collect(),
            current: threads.values().filter(stands).map(|thread| thread.node.clone()).collect(),
            is_done: events.iter().rev().find_map(status) == Some(Status::Done),
        }
    }

    /// How a node is shown.
    fn class(&self, name: &str) -> Light {
        match (self.current.contains(name), self.visited.contains(name)) {
            (true, _) => Light::Current,
            (false, true) => Light::Visited,
            (false, false) => Light::Ahead,
        }
    }

    /// Whether a way is part of the path, as far as the nodes at its ends tell.
    fn is_way(&self, from: &str, to: &str) -> bool {
        let is_there = if to == END { self.is_done } else { self.class(to) != Light::Ahead };
        self.visited.contains(from) && is_there
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Light {
    Ahead,
    Visited,
    Current,
}

impl Light {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Ahead => "ahead",
            Self::Visited => "visited",
            Self::Current => "current",
        }
    }
}

/// What is drawn: nodes in their order, and the ways between them.
struct Picture<'a> {
    name: &'a str,
    nodes: Vec<(&'a str, Shape)>,
    ways: Vec<Way<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Node,
    Fork,
    Join,
    End,
}

struct Way<'a> {
    from: &'a str,
    to: &'a str,
    word: Option<&'a str>,
}

/// The name under which the end is drawn. No node has it: nodes are named by code, and this is no word.
const END: &str = "●";

impl<S, W> Graph<S, W> {
    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self, lit: &Lit) -> String {
        mermaid::draw(&self.picture(), lit)
    }

    /// The graph as an SVG document: classes only, no styles of its own, readable for who hears it.
    pub fn svg(&self, lit: &Lit) -> String {
        svg::draw(&self.picture(), lit)
    }

    fn picture(&self) -> Picture<'_> {
        let mut picture = Picture { name: self.name, nodes: Vec::new(), ways: Vec::new() };
        let mut has_end = false;
        for name in &self.order {
            let Some(node) = self.nodes.get(name) else { continue };
            let shape = match &node.work {
                Work::Code(_) => Shape::Node,
                Work::Fork { .. } => Shape::Fork,
                Work::Join(_) => Shape::Join,
            };
            picture.nodes.push((name, shape));
            let mut way = |word, to| picture.ways.push(Way { from: name, to, word });
            if let Work::Fork { branches, .. } = &node.work {
                branches.iter().for_each(|branch| way(None, branch));
            }
            node.exit.targets().into_iter().for_each(|(word, to)| way(word, to));
            if matches!(node.exit, Exit::End) {
                has_end = true;
                way(None, END);
            }
        }
        if has_end {
            picture.nodes.push((END, Shape::End));
        }
        picture
    }
}
