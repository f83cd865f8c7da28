//! Where things are: layers from top to bottom, a node below all that lead to it except over ways back.

use super::{END, Picture};
use std::collections::{BTreeMap, BTreeSet};

/// A node takes this much room.
pub(super) const WIDTH: usize = 160;
pub(super) const HEIGHT: usize = 40;
const GAP_X: usize = 40;
const GAP_Y: usize = 28;
/// Beside the nodes, where ways back go round; above and below them there is nothing.
const EDGE_X: usize = 24;
const EDGE_Y: usize = 4;
/// Half as wide as the end, which hangs at the top of its layer.
pub(super) const END_RADIUS: usize = 8;

/// Where everything is.
pub(super) struct Layout<'a> {
    /// The middle of each node.
    pub(super) at: BTreeMap<&'a str, (usize, usize)>,
    pub(super) width: usize,
    pub(super) height: usize,
}

pub(super) fn lay<'a>(picture: &Picture<'a>) -> Layout<'a> {
    let mut layers: Vec<Vec<&str>> = Vec::new();
    let layer = layer(picture);
    for (name, _) in &picture.nodes {
        let n = layer.get(name).copied().unwrap_or(0);
        layers.resize(layers.len().max(n + 1), Vec::new());
        layers[n].push(name);
    }
    let most = layers.iter().map(Vec::len).max().unwrap_or(1);
    let row = |nodes: usize| nodes * WIDTH + nodes.saturating_sub(1) * GAP_X;
    let width = row(most) + 2 * EDGE_X;
    let mut at = BTreeMap::new();
    for (n, nodes) in layers.iter().enumerate() {
        let first = (width - row(nodes.len())) / 2 + WIDTH / 2;
        for (m, name) in nodes.iter().enumerate() {
            at.insert(*name, (first + m * (WIDTH + GAP_X), EDGE_Y + HEIGHT / 2 + n * (HEIGHT + GAP_Y)));
        }
    }
    let height = 2 * EDGE_Y + layers.len() * (HEIGHT + GAP_Y) - GAP_Y.min(layers.len() * GAP_Y);
    let has_end_below = layers.last().is_some_and(|last| last.as_slice() == [END]);
    let height = if has_end_below { height - HEIGHT + 2 * END_RADIUS } else { height };
    Layout { at, width, height }
}

/// The layer of each node: one more than the lowest that leads to it. Ways back do not count; there are no others that could
/// go round, so as many rounds as there are nodes suffice.
fn layer<'a>(picture: &Picture<'a>) -> BTreeMap<&'a str, usize> {
    let back = ways_back(picture);
    let mut layer: BTreeMap<&str, usize> = picture.nodes.iter().map(|(name, _)| (*name, 0)).collect();
    for _ in 0..picture.nodes.len() {
        for way in picture.ways.iter().filter(|way| !back.contains(&(way.from, way.to))) {
            let below = layer.get(way.from).copied().unwrap_or(0) + 1;
            layer.entry(way.to).and_modify(|own| *own = below.max(*own));
        }
    }
    layer
}

/// Ways that lead back to a node one has come from.
fn ways_back<'a>(picture: &Picture<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let ways = |from: &str| -> Vec<&'a str> {
        picture.ways.iter().filter(|way| way.from == from).map(|way| way.to).collect()
    };
    let (mut back, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for (start, _) in &picture.nodes {
        if !seen.insert(*start) {
            continue;
        }
        // Nodes on the way from the start, each with the ways out of it that were not taken yet.
        let mut path: Vec<(&str, Vec<&str>)> = vec![(start, ways(start))];
        while let Some((from, left)) = path.last_mut() {
            let from = *from;
            match left.pop() {
                None => {
                    path.pop();
                }
                Some(to) if path.iter().any(|(name, _)| *name == to) => {
                    back.insert((from, to));
                }
                Some(to) if seen.insert(to) => path.push((to, ways(to))),
                Some(_) => {}
            }
        }
    }
    back
}
