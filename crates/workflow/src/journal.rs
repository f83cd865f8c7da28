//! What is known of each effect of a node that is not left yet.

use crate::{Backoff, Timestamp, What};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How an effect behaves when nobody knows whether it took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// It is never called again unasked: the run stops and says so.
    Never,
    /// Calling it twice with the same key is the same as calling it once.
    Idempotent,
}

/// When an effect without a result counts as lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lost {
    /// At its deadline: what was asked for may still be going on outside.
    AtDeadline,
    /// With the process that called it, whose connection it was. Until then, at its deadline too.
    WithItsProcess,
}

/// What an author promises of an effect.
#[derive(Debug, Clone, Copy)]
pub struct Effect {
    pub(crate) repeat: Repeat,
    pub(crate) lost: Lost,
    pub(crate) deadline: Duration,
    pub(crate) grace: Duration,
    pub(crate) backoff: Backoff,
}

impl Effect {
    /// One that must not happen twice, and takes at most so long.
    pub const fn once(deadline: Duration) -> Self {
        Self {
            repeat: Repeat::Never,
            lost: Lost::AtDeadline,
            deadline,
            grace: Duration::from_secs(2),
            backoff: Backoff::ONCE,
        }
    }

    /// One that may be called again with the same key, and takes at most so long.
    pub const fn idempotent(deadline: Duration) -> Self {
        Self { repeat: Repeat::Idempotent, backoff: Backoff::USUAL, ..Self::once(deadline) }
    }

    /// It ends when the process that called it ends, as a streamed answer does.
    #[must_use]
    pub const fn lost_with_its_process(self) -> Self {
        Self { lost: Lost::WithItsProcess, ..self }
    }

    /// When it says that it did not take place, it is tried again like this.
    #[must_use]
    pub const fn retried(self, backoff: Backoff) -> Self {
        Self { backoff, ..self }
    }

    /// Told to stop, it has so long to hand over what it has. 2 s unless said otherwise.
    #[must_use]
    pub const fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }
}

/// One effect of the node that is being visited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What its node calls it.
    pub name: String,
    /// `run/step/n`: the same for every try, so that the other side can tell a repetition.
    pub key: String,
    /// What its author promised.
    pub repeat: Repeat,
    /// When it counts as lost.
    pub lost: Lost,
    /// Tries that have begun.
    pub tries: u32,
    /// How often at most.
    pub tries_max: u32,
    /// When it began.
    pub begun_at: Timestamp,
    /// By when it has a result, or is lost.
    pub deadline: Timestamp,
    /// What is known.
    pub known: Known,
    /// Since when the intent is there and the call was not made: only in the memory of the process that made it, and by a
    /// clock that never goes back.
    #[serde(skip)]
    pub(crate) fresh: Option<Instant>,
    /// The call is being made, in this process.
    #[serde(skip)]
    pub(crate) calling: bool,
}

/// What is known of an effect.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Known {
    /// It may take place from now on.
    Begun,
    /// It did not take place, and may be called.
    Due,
    /// It took place: its result.
    Finished(Value),
    /// It did not take place, and will not: why.
    Failed(String),
    /// Whether it took place nobody knows, and it must not be called again unasked.
    Unknown,
}

impl Entry {
    /// One that a node asks for, and that has not begun.
    pub(crate) fn due(name: &str, key: String, how: Effect, now: Timestamp) -> Self {
        Self {
            name: name.to_owned(),
            key,
            repeat: how.repeat,
            lost: how.lost,
            tries: 0,
            tries_max: how.backoff.tries,
            begun_at: now,
            deadline: now,
            known: Known::Due,
            fresh: None,
            calling: false,
        }
    }

    /// More is known of it.
    pub(crate) fn word(&self, word: &str) -> What {
        What::Known { key: self.key.clone(), word: word.to_owned() }
    }

    /// Whether its call is the business of an earlier process, or of a call that was dropped.
    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.known, Known::Begun) && self.fresh.is_none() && !self.calling
    }

    /// When it may be judged, where it has no result.
    pub(crate) const fn judged_at(&self) -> Timestamp {
        match self.lost {
            Lost::AtDeadline => self.deadline,
            Lost::WithItsProcess => self.begun_at,
        }
    }

    /// Judges it lost.
    pub(crate) fn judge(&mut self) {
        self.known = match self.repeat {
            Repeat::Never => Known::Unknown,
            Repeat::Idempotent if self.tries < self.tries_max => Known::Due,
            Repeat::Idempotent => Known::Failed(format!("no result came in {} tries", self.tries)),
        };
    }

    /// What is unknown, as a sentence for a person.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "`{}` was begun and gave no result in its time; whether it took place is not known. Its key is {}.",
            self.name, self.key
        )
    }
}
