//! One answer of the mock, on its way.

use super::{LABEL, script::Script};
use api_types::Usage;
use std::{collections::VecDeque, time::Duration};
use studio::ports::{ChatEvent, ChatRequest, FinishReason, ModelError};
use tokio::{
    task::coop::consume_budget,
    time::{Instant, sleep_until},
};

/// What is still to be played, and when.
pub(super) struct Performance {
    /// Each with its time after the beginning.
    acts: VecDeque<(Duration, Result<ChatEvent, ModelError>)>,
    begun: Option<Instant>,
}

impl Performance {
    /// Plans the whole answer; `text` is what the model says when the script does not.
    pub(super) fn new(script: Script, request: &ChatRequest, text: String) -> Self {
        let text = script.text.clone().unwrap_or(text);
        let text = match script.tokens {
            Some(tokens) => repeated(&text, tokens as usize),
            None => text,
        };
        // A continued answer begins where the text it shares with the broken-off one ends.
        let prefix = request.prefix.as_deref().filter(|prefix| text.starts_with(prefix)).unwrap_or_default();
        let before = words(prefix).count();
        let first = Duration::from_millis(script.first_ms.unwrap_or(0));
        let mut plan = Plan { acts: VecDeque::new(), first, per_s: script.per_s };
        plan.waiting(script.waiting.unwrap_or(0));

        let failure = script.failure(LABEL, request.model.as_str());
        // One that fails before the first token fails each time; a later one not behind its own point.
        let failure = failure.map(|(after, error)| (after as usize, error));
        let failure = failure.filter(|(after, _)| *after == 0 || *after > before);
        let length = request.max_tokens as usize;
        let read = read(request);
        let mut written = 0;
        for word in words(&text[prefix.len()..]) {
            if written == length || failure.as_ref().is_some_and(|(after, _)| before + written == *after) {
                break;
            }
            plan.at(written, Ok(ChatEvent::Delta(word.to_owned())));
            written += 1;
            plan.at(written - 1, Ok(ChatEvent::Used(used(&script, read, written))));
        }
        let whole = words(&text[prefix.len()..]).count() == written;
        let end = match failure {
            Some((after, error)) if after <= before + written => Err(error),
            _ => {
                let reason = if whole {
                    script.finish.map_or(FinishReason::Stop, FinishReason::from)
                } else {
                    FinishReason::Length
                };
                Ok(ChatEvent::End { reason, usage: used(&script, read, written) })
            }
        };
        plan.at(written, end);
        Self { acts: plan.acts, begun: None }
    }

    /// The next event, at its time.
    pub(super) async fn step(mut self) -> Option<(Result<ChatEvent, ModelError>, Self)> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        let (at, act) = self.acts.pop_front()?;
        if at.is_zero() {
            // Acts without a pause in between still let others run.
            consume_budget().await;
        } else {
            sleep_until(begun + at).await;
        }
        Some((act, self))
    }
}

struct Plan {
    acts: VecDeque<(Duration, Result<ChatEvent, ModelError>)>,
    first: Duration,
    per_s: Option<f64>,
}

impl Plan {
    /// Those who wait before this one leave at equal times until the first token.
    fn waiting(&mut self, ahead: u32) {
        for left in (1..=ahead).rev() {
            let at = self.first.mul_f64(f64::from(ahead - left) / f64::from(ahead));
            self.acts.push_back((at, Ok(ChatEvent::Waiting { ahead: left })));
        }
    }

    /// An act at the time of this token.
    fn at(&mut self, token: usize, act: Result<ChatEvent, ModelError>) {
        let after_first = self.per_s.map_or(Duration::ZERO, |per_s| {
            Duration::try_from_secs_f64(token as f64 / per_s).unwrap_or(Duration::MAX)
        });
        self.acts.push_back((self.first.saturating_add(after_first), act));
    }
}

/// The mock's tokens: words, each with the white space behind it.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let word = rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len());
        let gap = rest[word..].find(char::is_whitespace).map_or(rest.len(), |at| word + at);
        let end = rest[gap..].find(|c: char| !c.is_whitespace()).map_or(rest.len(), |at| gap + at);
        let (token, after) = rest.split_at(end);
        rest = after;
        (!token.is_empty()).then_some(token)
    })
}

/// A text of exactly so many words, begun again as often as needed.
fn repeated(text: &str, tokens: usize) -> String {
    let text = if text.trim().is_empty() { "word" } else { text };
    let spaced = format!("{} ", text.trim_end());
    let count = words(&spaced).count();
    let mut all = spaced.repeat(tokens / count);
    all.extend(words(&spaced).take(tokens % count));
    all.truncate(all.trim_end().len());
    all
}

/// What the script says that the answer used, or what was counted.
fn used(script: &Script, read: usize, written: usize) -> Usage {
    Usage {
        prompt_tokens: script.prompt_tokens.or_else(|| u32::try_from(read).ok()),
        completion_tokens: script.completion_tokens.or_else(|| u32::try_from(written).ok()),
    }
}

/// How many tokens the model was given to read.
fn read(request: &ChatRequest) -> usize {
    let turns = request.turns.iter().map(|turn| turn.text.as_str());
    turns.chain([request.system_prompt.as_str()]).map(|text| words(text).count()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_whole_text_and_begin_where_words_begin() {
        let text = "  one two\n\nthree ";
        let all: Vec<_> = words(text).collect();
        assert_eq!(all, ["  one ", "two\n\n", "three "]);
        assert_eq!(words("").count() + words("   ").count(), 1);
    }

    #[test]
    fn a_text_is_cut_and_repeated_to_any_length() {
        assert_eq!(repeated("a b", 5), "a b a b a");
        assert_eq!(repeated("a b", 1), "a");
        assert_eq!(repeated("a b", 0), "");
        assert_eq!(words(&repeated("", 3)).count(), 3);
    }
}
