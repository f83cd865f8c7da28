//! SVG text.

use super::{
    Lit, Picture, Shape,
    layout::{END_RADIUS, HEIGHT, Layout, WIDTH, lay},
};
use std::fmt::Write as _;

/// Letters that fit into a node.
const LABEL_MAX: usize = 20;

pub(super) fn draw(picture: &Picture<'_>, lit: &Lit) -> String {
    let layout = lay(picture);
    let (width, height) = (layout.width, layout.height);
    let name = escaped(picture.name);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"graph\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"graph-title graph-desc\">\n\
         <title id=\"graph-title\">{name}</title>\n<desc id=\"graph-desc\">{}</desc>\n",
        escaped(&described(picture, lit))
    );
    for way in &picture.ways {
        draw_way(&mut svg, &layout, way, lit.is_way(way.from, way.to));
    }
    for (name, shape) in &picture.nodes {
        draw_node(&mut svg, &layout, name, *shape, lit);
    }
    svg.push_str("</svg>\n");
    svg
}

/// In words, for who hears it.
fn described(picture: &Picture<'_>, lit: &Lit) -> String {
    let list = |names: &std::collections::BTreeSet<String>| {
        let in_order = picture.nodes.iter().map(|(name, _)| *name).filter(|name| names.contains(*name));
        in_order.collect::<Vec<_>>().join(", ")
    };
    let mut words =
        format!("{} nodes.", picture.nodes.iter().filter(|(_, shape)| *shape != Shape::End).count());
    for (word, names) in [("Visited", &lit.visited), ("Now at", &lit.current)] {
        let names = list(names);
        if !names.is_empty() {
            let _infallible = write!(words, " {word}: {names}.");
        }
    }
    words
}

fn draw_node(svg: &mut String, layout: &Layout<'_>, name: &str, shape: Shape, lit: &Lit) {
    let Some((x, y)) = layout.at.get(name).copied() else { return };
    if shape == Shape::End {
        let class = if lit.is_done { "end visited" } else { "end" };
        let y = y - HEIGHT / 2 + END_RADIUS;
        let _infallible =
            writeln!(svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{END_RADIUS}\"/>");
        return;
    }
    let (left, top) = (x - WIDTH / 2, y - HEIGHT / 2);
    let kind = if shape == Shape::Node { "node" } else { "node gate" };
    let round = if shape == Shape::Node { 8 } else { HEIGHT / 2 };
    let _infallible = writeln!(
        svg,
        "<g class=\"{kind} {}\"><title>{}</title><rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         rx=\"{round}\"/><text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" dominant-baseline=\"central\">{}</text></g>",
        lit.class(name).as_str(),
        escaped(name),
        escaped(&shortened(name)),
    );
}

fn draw_way(svg: &mut String, layout: &Layout<'_>, way: &super::Way<'_>, is_lit: bool) {
    let (Some(from), Some(to)) = (layout.at.get(way.from), layout.at.get(way.to)) else { return };
    let class = if is_lit { "way visited" } else { "way" };
    let half = HEIGHT / 2;
    let (path, word_at) = if from.1 < to.1 {
        let ((x, y), (end_x, end_y)) = ((from.0, from.1 + half), (to.0, to.1 - half));
        let middle = y.midpoint(end_y);
        let curve = format!("M{x} {y}C{x} {middle} {end_x} {middle} {end_x} {end_y}");
        (curve, (x.midpoint(end_x) + 6, middle))
    } else {
        // Back, or to its own layer: round by the right side.
        let ((x, y), (end_x, end_y)) = ((from.0 + WIDTH / 2, from.1), (to.0 + WIDTH / 2, to.1));
        let out = x.max(end_x) + 20;
        let curve = format!("M{x} {y}C{out} {y} {out} {end_y} {end_x} {end_y}");
        (curve, (out - 6, y.midpoint(end_y)))
    };
    let _infallible = writeln!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
    if let Some(word) = way.word {
        let (x, y) = word_at;
        let _infallible = writeln!(svg, "<text class=\"word\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(word));
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LABEL_MAX {
        return name.to_owned();
    }
    name.chars().take(LABEL_MAX - 1).chain(['…']).collect()
}

/// Text that is text inside elements and attributes. Characters that no XML has become a mark.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            other if other.is_control() || matches!(other, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
