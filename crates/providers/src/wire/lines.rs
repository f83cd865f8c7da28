//! A body as lines.

use crate::limits::LINE_BYTES_MAX;
use reqwest::Response;
use tokio::task::coop::consume_budget;

/// Why there are no more lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireFault {
    /// The connection broke.
    Broken,
    /// A line, a frame or the whole is longer than any answer.
    TooMuch,
}

/// The lines of a response's body.
pub(crate) struct Lines {
    response: Response,
    /// What has arrived and is not handed out; `[start..]` is live.
    buffer: Vec<u8>,
    start: usize,
    /// No newline before this index.
    searched: usize,
    bytes_left: u64,
    ended: bool,
}

impl Lines {
    /// Reads at most `bytes_max` bytes in all.
    pub(crate) fn new(response: Response, bytes_max: u64) -> Self {
        Self { response, buffer: Vec::new(), start: 0, searched: 0, bytes_left: bytes_max, ended: false }
    }

    /// The next line without its end; bytes that are not UTF-8 become U+FFFD. `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, WireFault> {
        loop {
            if let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let end = self.searched + at;
                let line = text(&self.buffer[self.start..end]);
                self.start = end + 1;
                self.searched = self.start;
                return Ok(Some(line));
            }
            self.searched = self.buffer.len();
            if self.buffer.len() - self.start > LINE_BYTES_MAX {
                return Err(WireFault::TooMuch);
            }
            if self.ended {
                let rest = text(&self.buffer[self.start..]);
                self.start = self.buffer.len();
                return Ok((!rest.is_empty()).then_some(rest));
            }
            self.read().await?;
        }
    }

    /// Takes one more piece of the body.
    async fn read(&mut self) -> Result<(), WireFault> {
        // A server that sends faster than we read would never let this task go: time-outs and Stop need it to.
        consume_budget().await;
        self.buffer.drain(..self.start);
        self.searched -= self.start;
        self.start = 0;
        match self.response.chunk().await {
            Ok(Some(piece)) => {
                self.bytes_left =
                    self.bytes_left.checked_sub(piece.len() as u64).ok_or(WireFault::TooMuch)?;
                self.buffer.extend_from_slice(&piece);
            }
            Ok(None) => self.ended = true,
            Err(_) => return Err(WireFault::Broken),
        }
        Ok(())
    }
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}
