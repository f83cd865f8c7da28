//! A text as it was made from another, which knows where each of its bytes comes from.

use std::ops::Range;

/// A text and, for each of its bytes, the range of the first text that it was made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct View {
    text: String,
    from: Vec<(u32, u32)>,
}

impl View {
    /// A text as it is. Longer ones than [`crate::SCREENED_BYTES_MAX`] do not come here, so that offsets fit.
    pub(crate) fn of(text: &str) -> Self {
        let mut view = Self::with_room(text.len());
        for (at, c) in text.char_indices() {
            view.push(c, (at as u32, (at + c.len_utf8()) as u32));
        }
        view
    }

    /// An empty one.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), from: Vec::with_capacity(bytes) }
    }

    /// One more character, made from there.
    pub(crate) fn push(&mut self, c: char, from: (u32, u32)) {
        self.text.push(c);
        self.from.resize(self.text.len(), from);
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Its characters, with what each was made from.
    pub(crate) fn chars(&self) -> impl DoubleEndedIterator<Item = (char, (u32, u32))> + '_ {
        self.text.char_indices().map(|(at, c)| (c, self.from[at]))
    }

    /// What so many of its bytes were made from; an empty range for an empty one.
    pub(crate) fn source(&self, range: Range<usize>) -> (u32, u32) {
        let from = self.from.get(range).unwrap_or_default();
        match (from.first(), from.last()) {
            // A reversed view runs backwards.
            (Some(first), Some(last)) => (first.0.min(last.0), first.1.max(last.1)),
            _ => (0, 0),
        }
    }
}
