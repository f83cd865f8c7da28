//! What the studio writes in the same transaction as a commit of the engine.

use crate::{
    Once,
    budget::{self, Used},
    gate::Admission,
    ports::{
        Timestamp,
        store::{AnswerEnd, Change, MemoryRow, Owned, RequestRow, StoreError, Tx},
    },
};
use api_types::{AnswerState, ConversationId, MemoryId, MemoryKind, MessageId, RunId, Usage};
use async_trait::async_trait;

/// One of the studio's own writes.
#[derive(Debug, Clone, PartialEq)]
pub enum StudioChange {
    /// An answer ends, unless it has ended already.
    EndAnswer(AnswerEnded),
    /// An answer that was broken off is written on.
    ResumeAnswer {
        /// Whose.
        owned: Owned,
        /// Where.
        conversation: ConversationId,
    },
    /// A question and its answer are remembered.
    Remember {
        /// Whose.
        owned: Owned,
        /// Where.
        conversation: ConversationId,
        /// The answer.
        message: MessageId,
    },
    /// What its admission has to take is taken: a call of the rate, and the hold.
    Admit(Box<Admission>),
    /// What it cost is booked, and the rest of its hold given back. Nothing where nothing is held.
    SettleCost {
        /// Whose.
        owned: Owned,
        /// What came of it.
        used: Used,
    },
    /// A request with a key was carried out.
    KeepRequest {
        /// Whose.
        owned: Owned,
        /// The key, and what was asked with it.
        once: Once,
    },
}

/// How an answer ended; its run and the time are the commit's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerEnded {
    pub(crate) owned: Owned,
    pub(crate) state: AnswerState,
    pub(crate) failure: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) cost_micros: Option<i64>,
    pub(crate) cut_short: bool,
    pub(crate) first_token_at: Option<Timestamp>,
    /// The message's whole text. `None`: what it has, and what rows have of this run.
    pub(crate) body: Option<String>,
}

#[async_trait]
impl Change for StudioChange {
    async fn apply(&self, run: RunId, at: Timestamp, tx: &mut dyn Tx) -> Result<(), StoreError> {
        match self {
            Self::EndAnswer(ended) => {
                let ended = ended.clone();
                let end = AnswerEnd {
                    run,
                    owned: ended.owned,
                    state: ended.state,
                    failure: ended.failure,
                    usage: ended.usage,
                    cost_micros: ended.cost_micros,
                    cut_short: ended.cut_short,
                    first_token_at: ended.first_token_at,
                    at,
                    body: ended.body,
                };
                tx.end_answer(&end).await.map(drop)
            }
            Self::ResumeAnswer { owned, conversation } => {
                if tx.resume_answer(*owned, run, *conversation).await? {
                    Ok(())
                } else {
                    Err(StoreError::Conflict(MOVED_ON.to_owned()))
                }
            }
            Self::Remember { owned, conversation, message } => {
                // One interaction is remembered once: it is called like its run.
                let memory = MemoryRow {
                    id: MemoryId(run.0),
                    owned: *owned,
                    kind: MemoryKind::Interaction,
                    content: String::new(),
                    metadata: "{}".to_owned(),
                    conversation: Some(*conversation),
                    message: Some(*message),
                    created_at: at,
                };
                tx.insert_memory(&memory).await
            }
            Self::Admit(admission) => admission.take(tx).await,
            Self::SettleCost { owned, used } => {
                let Some(hold) = tx.end_hold(*owned, run).await? else { return Ok(()) };
                let written = if used.asks_rows() { tx.answer_text(*owned, run).await?.len() } else { 0 };
                tx.book(&budget::settled(&hold, *used, written as u64, at)).await
            }
            Self::KeepRequest { owned, once: Once { key, digest } } => {
                let (key, digest) = (key.clone(), digest.clone());
                tx.insert_request(&RequestRow { owned: *owned, key, digest, run, created_at: at }).await
            }
        }
    }
}

/// The rule by which an answer is refused that the chat went on after.
pub(crate) const MOVED_ON: &str = "answers_resumed_at_the_leaf";
