//! Lines as frames: what a server says in one breath.

use super::{Lines, WireFault};
use crate::limits::LINE_BYTES_MAX;

/// How frames are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events. Their names are ignored: all dialects repeat them in the JSON.
    Events,
    /// One JSON object a line.
    JsonLines,
}

/// The frames of a body.
pub(crate) struct Frames {
    lines: Lines,
    framing: Framing,
}

impl Frames {
    pub(crate) fn new(lines: Lines, framing: Framing) -> Self {
        Self { lines, framing }
    }

    /// The next frame, never empty. `None` at the end of the body.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, WireFault> {
        match self.framing {
            Framing::JsonLines => self.json_line().await,
            Framing::Events => self.event().await,
        }
    }

    async fn json_line(&mut self) -> Result<Option<String>, WireFault> {
        while let Some(line) = self.lines.next().await? {
            if !line.trim().is_empty() {
                return Ok(Some(line));
            }
        }
        Ok(None)
    }

    async fn event(&mut self) -> Result<Option<String>, WireFault> {
        let mut data = String::new();
        while let Some(line) = self.lines.next().await? {
            if line.is_empty() {
                if !data.is_empty() {
                    return Ok(Some(data));
                }
            } else if let Some(more) = line.strip_prefix("data:") {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(more.strip_prefix(' ').unwrap_or(more));
                if data.len() > LINE_BYTES_MAX {
                    return Err(WireFault::TooMuch);
                }
            }
        }
        // A server that closes without the last empty line has still said it.
        Ok((!data.is_empty()).then_some(data))
    }
}
