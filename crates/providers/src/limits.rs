//! Every limit on what a model server may take from us: time, memory, patience.

use std::time::Duration;

/// Longest answer, in bytes of text. More is no answer: `Nonsense`.
pub const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of text that one token can be at most; an answer longer than `max_tokens` of these is cut, as `Length`.
/// Real vocabularies average 4 and hold a few long runs of spaces.
pub const BYTES_PER_TOKEN_MAX: usize = 64;

/// What an answer may always have, however few tokens were asked for, in bytes.
pub(crate) const ANSWER_BYTES_MIN: usize = 4 * 1024;

/// Longest line and longest frame on the wire, in bytes. It bounds what one answer holds in memory.
pub const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Everything one answer may send (text, thoughts, keep-alives, JSON around them): this many bytes …
pub(crate) const WIRE_BYTES_MIN: u64 = 16 * 1024 * 1024;
/// … and so many more for each token that was asked for.
pub(crate) const WIRE_BYTES_PER_TOKEN: u64 = 2 * 1024;

/// What is read of a refusal, in bytes.
pub(crate) const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// What is shown of a refusal, in characters.
pub const DETAIL_CHARS_MAX: usize = 300;

/// Longest list of models, in bytes.
pub(crate) const LIST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most models of one server.
pub const MODELS_MAX: usize = 1_000;

/// A server's list of models is remembered for this long …
pub const MODELS_KEPT: Duration = Duration::from_secs(60);
/// … and after a failure it is not asked again for this long, so that a dead server does not slow down each page.
pub(crate) const MODELS_FAILED_KEPT: Duration = Duration::from_secs(5);

/// How long to wait for a model server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands. It belongs to the client: [`crate::http_client`] reads it.
    pub connect: Duration,
    /// From asking to the first word, waits between tries included.
    pub first_token: Duration,
    /// From one sign of life to the next. Keep-alives without content are none.
    pub idle: Duration,
    /// From the last word to the server's own end, where it adds how much was used.
    pub after_last_token: Duration,
    /// For the list of models.
    pub list: Duration,
    /// How often to ask, at most.
    pub tries_max: u32,
    /// The first wait between two tries; it doubles, and a part of it is chance.
    pub wait_first: Duration,
    /// All waits between tries together. A server that wants more is `Busy`.
    pub wait_total_max: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_token: Duration::from_secs(60),
            idle: Duration::from_secs(30),
            after_last_token: Duration::from_secs(2),
            list: Duration::from_secs(2),
            tries_max: 3,
            wait_first: Duration::from_millis(500),
            wait_total_max: Duration::from_secs(10),
        }
    }
}

/// How many bytes of text an answer of so many tokens may have before it is cut.
pub(crate) fn answer_bytes_max(max_tokens: u32) -> usize {
    ANSWER_BYTES_MIN.saturating_add(BYTES_PER_TOKEN_MAX.saturating_mul(max_tokens as usize))
}

/// How many bytes an answer of so many tokens may take on the wire.
pub(crate) fn wire_bytes_max(max_tokens: u32) -> u64 {
    WIRE_BYTES_MIN.saturating_add(WIRE_BYTES_PER_TOKEN.saturating_mul(u64::from(max_tokens)))
}
