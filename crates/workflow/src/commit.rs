//! Everything durable, as one plain value.

use crate::{CommitId, Epoch, InterruptId, OwnerId, Revision, RunId, Sealed, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where a run stands, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A process works on it, or will.
    Running,
    /// It waits for an answer.
    Waiting,
    /// It waits for a moment.
    Sleeping,
    /// It waits for a person: nobody knows whether an effect took place.
    NeedsAttention,
    /// Its checkpoint cannot be read by the program that took it up. Nobody takes it up again unasked.
    Unreadable,
    /// It came to its end.
    Done,
    /// A node failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

impl Status {
    const ALL: [Self; 8] = [
        Self::Running,
        Self::Waiting,
        Self::Sleeping,
        Self::NeedsAttention,
        Self::Unreadable,
        Self::Done,
        Self::Failed,
        Self::Cancelled,
    ];

    /// Its word, where it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Sleeping => "sleeping",
            Self::NeedsAttention => "needs_attention",
            Self::Unreadable => "unreadable",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads [`Status::as_str`] back.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Whether nothing happens any more unless somebody asks for it.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// Who commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The process that holds the run, in this life of it.
    Worker(Epoch),
    /// Somebody from outside, while no process holds the run.
    Operator,
}

/// What is new of a run with its first commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opens {
    /// The name of its graph.
    pub kind: String,
    /// Whose it is.
    pub owner: OwnerId,
    /// The checkpoint it was forked from.
    pub forked_from: Option<(RunId, Revision)>,
}

/// One transaction: all of it is kept, or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit<W> {
    /// Names it: handed in again it is applied once and accepted both times.
    pub id: CommitId,
    /// Of which run.
    pub run: RunId,
    /// With the first one.
    pub opens: Option<Opens>,
    /// The revision it was made on; afterwards the run has the next.
    pub expected: Revision,
    /// Who makes it.
    pub by: Author,
    /// When.
    pub at: Timestamp,
    /// The new checkpoint; none where only the row of the run changes.
    pub checkpoint: Option<Sealed>,
    /// Questions that are open from now on.
    pub opened: Vec<Interrupt>,
    /// Questions that are settled, answered or not.
    pub closed: Vec<InterruptId>,
    /// What happened, with numbers that go on from the last commit's.
    pub events: Vec<Event>,
    /// Where it stands now.
    pub status: Status,
    /// Why, where a person should know.
    pub reason: Option<String>,
    /// From then on it may be taken up, by anybody if nobody holds it: timers, and the deadlines of effects.
    pub wake_at: Option<Timestamp>,
    /// Whether its process keeps it; else anybody may take it up when it is time.
    pub held: bool,
    /// The request to cancel it was heard.
    pub cancel_heard: bool,
    /// The product's own writes, for the same transaction.
    pub writes: Vec<W>,
}

/// A question that a run waits on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interrupt {
    /// Which.
    pub id: InterruptId,
    /// At which node.
    pub node: String,
    /// What is asked.
    pub asked: Value,
    /// SHA-256 of what is asked, in hexadecimal. An answer has to bring it: it answers this and nothing else.
    pub digest: String,
    /// From then on the run goes on without an answer.
    pub until: Option<Timestamp>,
}

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// From 1, without gaps.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// It was opened.
    Opened,
    /// It was forked from a checkpoint of another.
    Forked {
        /// Which run.
        from: RunId,
        /// Which checkpoint.
        revision: Revision,
    },
    /// A thread left a node.
    Left {
        /// Which thread.
        thread: String,
        /// Which node.
        node: String,
    },
    /// A thread divided at a fork.
    Divided {
        /// Which thread.
        thread: String,
        /// Which node.
        node: String,
    },
    /// A node failed and is visited again later.
    Again {
        /// Which node.
        node: String,
        /// Why.
        why: String,
        /// When.
        at: Timestamp,
    },
    /// An effect may take place from now on.
    Begun {
        /// At which node.
        node: String,
        /// What its node calls it.
        name: String,
        /// Its key.
        key: String,
        /// By when it has a result, or is lost.
        deadline: Timestamp,
    },
    /// More is known of an effect.
    Known {
        /// Its key.
        key: String,
        /// `finished`, `failed`, `unknown` or `due`.
        word: String,
    },
    /// A question was asked.
    Asked {
        /// Which.
        interrupt: InterruptId,
        /// At which node.
        node: String,
    },
    /// A question is settled.
    Settled {
        /// Which.
        interrupt: InterruptId,
        /// `answered`, `expired` or `dropped`.
        word: String,
    },
    /// It stands elsewhere now.
    Stands {
        /// Where.
        status: Status,
        /// Why.
        reason: Option<String>,
    },
    /// What a node told.
    Told {
        /// The product's word for it.
        name: String,
        /// The product's data.
        body: Value,
    },
}
