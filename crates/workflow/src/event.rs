//! What happened in a run, one thing after the other.

use crate::{InterruptId, Revision, RunId, Status, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
