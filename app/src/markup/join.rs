//! Puts the blocks of a finished message together.

use super::{text::PLAIN, wall};

/// The wall sees so many bytes at a time, and what the last block has over: it makes a tree of them, which takes 25
/// times their memory.
const CLEANED_AT_ONCE: usize = 64 * 1024;

/// A finished block, still on this side of the wall.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) html: String,
    pub(super) joint: Joint,
}

/// What a block is to the one before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Joint {
    /// Nothing.
    #[default]
    None,
    /// It goes on with its list.
    List,
    /// Both are plain text where there was no room for more.
    Plain,
}

/// The blocks as one piece of safe HTML: lists that came item by item are whole again.
pub(super) fn join(blocks: impl IntoIterator<Item = Block>) -> String {
    let (mut whole, mut stretch) = (String::new(), Block { html: String::new(), joint: Joint::None });
    for block in blocks {
        if stretch.html.len() >= CLEANED_AT_ONCE {
            append(&mut whole, &wall::clean(&stretch.html), stretch.joint);
            let joint = if block.joint == Joint::List { Joint::List } else { Joint::None };
            stretch = Block { html: String::new(), joint };
        }
        append(&mut stretch.html, &block.html, block.joint);
    }
    append(&mut whole, &wall::clean(&stretch.html), stretch.joint);
    whole
}

fn append(html: &mut String, next: &str, joint: Joint) {
    let (end, begin) = match joint {
        Joint::None => (None, None),
        Joint::List => {
            let ends = ["</ul>", "</ol>"];
            (ends.iter().find_map(|end| html.strip_suffix(end)), next.find('>').map(|open| &next[open + 1..]))
        }
        Joint::Plain => (html.strip_suffix("</p>"), next.strip_prefix(PLAIN)),
    };
    match (end.map(str::len), begin) {
        (Some(end), Some(begin)) => {
            html.truncate(end);
            if joint == Joint::Plain {
                html.push_str("\n\n");
            }
            html.push_str(begin);
        }
        _ => html.push_str(next),
    }
}
