//! Texts inside a text: hidden, escaped, encoded. Each is a view of its own, and is looked into in its turn.

mod encoded;
mod escaped;
mod hidden;

pub(crate) use hidden::{selectors, tags};

use crate::{Layer, view::View};

/// How deep texts are looked for in texts.
pub const LAYERS_DEEP_MAX: usize = 3;

/// How many bytes all that is decoded may have, for each byte of the text. What is beyond is not looked into.
pub const DECODED_BYTES_PER_BYTE: usize = 2;

/// A run of fewer letters or digits is not taken for an encoded text.
const ENCODED_BYTES_MIN: usize = 16;

/// The texts inside a clean one.
pub(crate) fn inside(clean: &View) -> Vec<(Layer, View)> {
    let escaped = escaped::read(clean).map(|view| (Layer::Escaped, view));
    let encoded = encoded::read(clean).into_iter().map(|view| (Layer::Encoded, view));
    escaped.into_iter().chain(encoded).collect()
}
