//! How much HTML a text may become: a few bytes of Markdown can ask for a page of tags.

/// The HTML that a block, and a message up to its last block, may become: so many bytes for each of its own …
///
/// A table of single digits aligned to the right comes to eleven and a half, a list of single letters to nine, dense code
/// to eight. A block that only names tags (`|` without words, one fence under the other) comes to 24 and more.
pub const HTML_BYTES_PER_BYTE: usize = 12;

/// … and so many besides.
pub const HTML_BYTES_MIN: usize = 4_096;

/// The HTML that all messages of a page together may become.
pub const PAGE_HTML_BYTES_MAX: usize = 2_000_000;

/// The room on a page, and in the message that is being written to it. What finds no room is shown as it was written.
#[derive(Debug)]
pub struct Room {
    page: usize,
    message: usize,
}

impl Default for Room {
    /// A page with nothing on it.
    fn default() -> Self {
        Self { page: PAGE_HTML_BYTES_MAX, message: HTML_BYTES_MIN }
    }
}

impl Room {
    /// Begins the next message of the page.
    pub(super) fn next_message(&mut self) {
        self.message = HTML_BYTES_MIN;
    }

    /// The HTML that the next block, of so many bytes, may become. To be asked once a block.
    pub(super) fn of_block(&mut self, bytes: usize) -> usize {
        let earned = bytes.saturating_mul(HTML_BYTES_PER_BYTE);
        self.message = self.message.saturating_add(earned);
        self.page.min(self.message).min(earned.saturating_add(HTML_BYTES_MIN))
    }

    /// So much HTML was made.
    pub(super) fn take(&mut self, html: usize) {
        self.page = self.page.saturating_sub(html);
        self.message = self.message.saturating_sub(html);
    }
}
