//! `/api/events` as a page hears it, and what the page then shows.

use anyhow::{Context, Result};
use api_types::{AnswerEvent, RunId};
use reqwest::Response;

/// A stream of events.
pub(crate) struct Events {
    response: Response,
    buffer: Vec<u8>,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// The next event about an answer.
    pub(crate) async fn next(&mut self) -> Result<AnswerEvent> {
        loop {
            while let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let frame: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(event) = read(&String::from_utf8_lossy(&frame))? {
                    return Ok(event);
                }
            }
            let chunk = self.response.chunk().await?.context("the stream of events ended")?;
            self.buffer.extend_from_slice(&chunk);
        }
    }

    /// The next event about this answer.
    pub(crate) async fn next_of(&mut self, run: RunId) -> Result<AnswerEvent> {
        loop {
            let event = self.next().await?;
            if event.run == run {
                return Ok(event);
            }
        }
    }

    /// Waits for the end of this answer; its last event.
    pub(crate) async fn end_of(&mut self, run: RunId) -> Result<AnswerEvent> {
        loop {
            let event = self.next_of(run).await?;
            if !event.state.is_active() {
                return Ok(event);
            }
        }
    }
}

/// What a frame says of an answer, if it is about one.
fn read(frame: &str) -> Result<Option<AnswerEvent>> {
    let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name));
    match (field("event: "), field("data: ")) {
        (Some("answer"), Some(data)) => Ok(Some(serde_json::from_str(data)?)),
        _ => Ok(None),
    }
}

/// What a page shows of one answer, in words.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Words of each finished block.
    blocks: Vec<usize>,
    tail: String,
}

impl Shown {
    /// Does what the page does with an event.
    pub(crate) fn apply(&mut self, event: &AnswerEvent) {
        self.blocks.truncate(event.from as usize);
        self.blocks.extend(event.blocks.iter().map(|html| words(html)));
        let kept =
            self.tail.char_indices().nth(event.tail_from as usize).map_or(self.tail.len(), |(at, _)| at);
        self.tail.truncate(kept);
        self.tail.push_str(&event.tail);
    }

    /// How many words it has.
    pub(crate) fn words(&self) -> usize {
        self.blocks.iter().sum::<usize>() + self.tail.split_whitespace().count()
    }
}

/// Words between tags.
fn words(html: &str) -> usize {
    let text: String =
        html.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text)).collect();
    text.split_whitespace().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;
    use api_types::{AnswerState, ConversationId, MessageId};

    fn event(from: u32, blocks: &[&str], tail_from: u32, tail: &str) -> AnswerEvent {
        AnswerEvent {
            conversation: ConversationId(clock::new_id()),
            message: MessageId(clock::new_id()),
            run: RunId(clock::new_id()),
            state: AnswerState::Running,
            from,
            blocks: blocks.iter().map(|&html| html.to_owned()).collect(),
            frame: None,
            tail_from,
            tail: tail.to_owned(),
            note: None,
            ended_at: None,
            foot: None,
            spent: None,
        }
    }

    #[test]
    fn words_are_counted_as_a_page_shows_them_and_telling_the_same_again_changes_nothing() {
        let mut shown = Shown::default();
        shown.apply(&event(0, &[], 0, "one twö "));
        shown.apply(&event(0, &[], 8, "three"));
        assert_eq!(shown.words(), 3);
        shown.apply(&event(0, &["<p>one twö <strong>three</strong></p>\n"], 0, "four"));
        assert_eq!(shown.words(), 4);
        shown.apply(&event(0, &["<p>one twö <strong>three</strong></p>\n"], 0, "four five"));
        assert_eq!(shown.words(), 5);
    }

    #[test]
    fn only_answers_are_read() {
        let answer = serde_json::to_string(&event(0, &[], 0, "x")).unwrap();
        assert_eq!(read(&format!("event: answer\nid: 7\ndata: {answer}\n\n")).unwrap().unwrap().tail, "x");
        assert!(read("event: hello\ndata: {}\n\n").unwrap().is_none());
        assert!(read(":\n\n").unwrap().is_none(), "a sign of life");
        assert!(read("event: answer\ndata: nonsense\n\n").is_err());
    }
}
