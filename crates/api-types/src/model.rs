//! Models, as a person chooses them.

use crate::AMOUNT_MAX;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A model's full name: `source/name`, for instance `local/smollm2-135m-instruct` or `openai/gpt-x`.
/// The source is the part before the first slash; the name may hold more of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelRef {
    text: String,
    slash: usize,
}

impl ModelRef {
    /// Longest full name, in bytes.
    pub const BYTES_MAX: usize = 200;

    /// Joins a source and a name. `None` when either is empty or the whole is not plain text.
    pub fn new(source: &str, name: &str) -> Option<Self> {
        format!("{source}/{name}").parse().ok()
    }

    /// Which source serves it: `local`, `mock`, `openai`, …
    pub fn source(&self) -> &str {
        &self.text[..self.slash]
    }

    /// Its name there.
    pub fn name(&self) -> &str {
        &self.text[self.slash + 1..]
    }

    /// The whole.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for ModelRef {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "a model is named like source/name".to_owned();
        let slash = text.find('/').ok_or_else(wrong)?;
        let plain = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if slash == 0 || slash + 1 == text.len() || text.len() > Self::BYTES_MAX || !plain {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), slash })
    }
}

impl TryFrom<String> for ModelRef {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<ModelRef> for String {
    fn from(model: ModelRef) -> Self {
        model.text
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What stands behind a model, so that the page can say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Runs inside this process.
    Local,
    /// Served on this machine by another program.
    Nearby,
    /// Runs on a server that is reached over the network.
    Remote,
    /// No model at all: scripted answers for tests and demonstrations.
    Mock,
}

/// What a model costs, in micro-dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Per million tokens read.
    pub prompt_micros_per_million: i64,
    /// Per million tokens written.
    pub completion_micros_per_million: i64,
}

impl Price {
    /// Costs nothing.
    pub const fn is_free(self) -> bool {
        self.prompt_micros_per_million == 0 && self.completion_micros_per_million == 0
    }

    /// What so many tokens cost in micro-dollars, rounded up; `None` beyond [`AMOUNT_MAX`], and for a price below nothing.
    ///
    /// The most that an answer can cost is that of as many tokens as its prompt has bytes: no token is shorter than a byte.
    pub fn cost(self, prompt_tokens: u64, completion_tokens: u64) -> Option<i64> {
        if self.prompt_micros_per_million < 0 || self.completion_micros_per_million < 0 {
            return None;
        }
        let part = |tokens: u64, per_million: i64| i128::from(tokens).checked_mul(i128::from(per_million));
        let sum = part(prompt_tokens, self.prompt_micros_per_million)?
            .checked_add(part(completion_tokens, self.completion_micros_per_million)?)?;
        let micros = sum.checked_add(999_999)?.div_euclid(1_000_000);
        i64::try_from(micros).ok().filter(|micros| *micros <= AMOUNT_MAX)
    }
}

/// A model that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Its full name.
    pub model: ModelRef,
    /// What people read in the picker.
    pub label: String,
    /// What stands behind it.
    pub kind: ModelKind,
    /// Tokens it can hold, prompt and answer together, where known.
    pub context_tokens: Option<u32>,
    /// What it costs, where known; local models cost nothing.
    pub price: Option<Price>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_named_source_slash_name() {
        let model: ModelRef = "openai/org/model-7b".parse().unwrap();
        assert_eq!((model.source(), model.name()), ("openai", "org/model-7b"));
        for wrong in ["", "gpt", "/x", "x/", "a/b c", "a/\u{0}"] {
            assert!(wrong.parse::<ModelRef>().is_err(), "{wrong:?}");
        }
    }
}
