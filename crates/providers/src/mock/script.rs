//! The script language: one JSON object with optional fields.

use crate::DETAIL_CHARS_MAX;
use serde::Deserialize;
use std::time::Duration;
use studio::ports::{FinishReason, ModelError};

/// How a line of a message that is a script begins.
const MARK: &str = "!mock";

/// What the mock does. Every field may be left out; [`Script::default`] leaves all to the model.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// The whole answer.
    pub text: Option<String>,
    /// How many tokens (words) the answer has: its text is cut, or repeated, to that many. At most 100,000.
    pub tokens: Option<u32>,
    /// Milliseconds until the first token.
    pub first_ms: Option<u64>,
    /// Tokens a second after it; without it they come as fast as they are read.
    pub per_s: Option<f64>,
    /// How many others wait before this one; counted down to none while `first_ms` passes.
    pub waiting: Option<u32>,
    /// Fail after this many tokens, counted from the answer's beginning: an answer that is continued behind that point
    /// does not fail again. With no `error`, `broke_off`.
    pub fail_after: Option<u32>,
    /// Fail with this; at once unless `fail_after` says when.
    pub error: Option<Failure>,
    /// Milliseconds the server asks to wait, for `busy`.
    pub retry_after_ms: Option<u64>,
    /// Why the answer ends: `stop`, `length` or `filter`.
    pub finish: Option<Finish>,
    /// Tokens read, instead of the count of words.
    pub prompt_tokens: Option<u32>,
    /// Tokens written, instead of the count of words.
    pub completion_tokens: Option<u32>,
}

/// A failure by name: the variants of [`ModelError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the variants of ModelError, and documented there")]
pub enum Failure {
    NoSuchModel,
    Unreachable,
    KeyRefused,
    Busy,
    Refused,
    TooLong,
    Nonsense,
    TimedOut,
    BrokeOff,
    NotLoaded,
}

/// Why an answer ends: the variants of [`FinishReason`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the variants of FinishReason, and documented there")]
pub enum Finish {
    Stop,
    Length,
    Filter,
}

impl From<Finish> for FinishReason {
    fn from(finish: Finish) -> Self {
        match finish {
            Finish::Stop => Self::Stop,
            Finish::Length => Self::Length,
            Finish::Filter => Self::Filter,
        }
    }
}

impl Script {
    /// Most tokens a script may ask for.
    const TOKENS_MAX: u32 = 100_000;

    /// Fields that are not set here, taken from there.
    pub(super) fn or(self, other: &Self) -> Self {
        Self {
            text: self.text.or_else(|| other.text.clone()),
            tokens: self.tokens.or(other.tokens),
            first_ms: self.first_ms.or(other.first_ms),
            per_s: self.per_s.or(other.per_s),
            waiting: self.waiting.or(other.waiting),
            fail_after: self.fail_after.or(other.fail_after),
            error: self.error.or(other.error),
            retry_after_ms: self.retry_after_ms.or(other.retry_after_ms),
            finish: self.finish.or(other.finish),
            prompt_tokens: self.prompt_tokens.or(other.prompt_tokens),
            completion_tokens: self.completion_tokens.or(other.completion_tokens),
        }
    }

    fn check(&self) -> Result<(), String> {
        if self.tokens.is_some_and(|tokens| tokens > Self::TOKENS_MAX) {
            return Err(format!("tokens is at most {}", Self::TOKENS_MAX));
        }
        if self.per_s.is_some_and(|per_s| !per_s.is_finite() || per_s <= 0.0) {
            return Err("per_s is a number above 0".to_owned());
        }
        Ok(())
    }

    /// After how many tokens it fails, and with what.
    pub(super) fn failure(&self, source_name: &str, model: &str) -> Option<(u32, ModelError)> {
        let failure = self.error.or(self.fail_after.map(|_| Failure::BrokeOff))?;
        let source_name = source_name.to_owned();
        let error = match failure {
            Failure::NoSuchModel => ModelError::NoSuchModel { model: model.to_owned() },
            Failure::Unreachable => ModelError::Unreachable { source_name },
            Failure::KeyRefused => ModelError::KeyRefused { source_name },
            Failure::Busy => {
                ModelError::Busy { source_name, retry_after: self.retry_after_ms.map(Duration::from_millis) }
            }
            Failure::Refused => ModelError::Refused { source_name, detail: "the script says so".to_owned() },
            Failure::TooLong => ModelError::TooLong,
            Failure::Nonsense => ModelError::Nonsense { source_name },
            Failure::TimedOut => {
                let stage =
                    if self.fail_after.is_some_and(|after| after > 0) { "next word" } else { "first word" };
                ModelError::TimedOut { source_name, stage }
            }
            Failure::BrokeOff => ModelError::BrokeOff { source_name },
            Failure::NotLoaded => ModelError::NotLoaded {
                detail: "The mock's weights are scripted to be unreadable. Choose another model.".to_owned(),
            },
        };
        Some((self.fail_after.unwrap_or(0), error))
    }
}

/// The script in a message and the message without it; `Err` is what is wrong with the script.
pub(super) fn in_message(message: &str) -> Result<(Script, String), String> {
    let is_script = |line: &&str| {
        line.trim_start().strip_prefix(MARK).is_some_and(|rest| rest.trim_start().starts_with('{'))
    };
    let Some(line) = message.lines().find(is_script) else {
        return Ok((Script::default(), message.to_owned()));
    };
    let json = line.trim_start().strip_prefix(MARK).unwrap_or_default().trim();
    let script: Script = serde_json::from_str(json).map_err(|error| wrong(&error.to_string()))?;
    script.check().map_err(|why| wrong(&why))?;
    let rest: Vec<&str> = message.lines().filter(|line| !is_script(line)).collect();
    Ok((script, rest.join("\n").trim().to_owned()))
}

fn wrong(why: &str) -> String {
    format!("its script is wrong: {why}").chars().filter(|c| !c.is_control()).take(DETAIL_CHARS_MAX).collect()
}
