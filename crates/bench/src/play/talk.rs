//! Rows of conversations that were had before: questions, answers, the runs that wrote them.

use crate::clock;
use anyhow::Result;
use api_types::{AnswerState, ConversationId, ConversationSettings, MessageId, MessageRole, RunId, Usage};
use std::time::Duration;
use studio::{
    CHAT,
    ports::{
        Timestamp,
        store::{AnswerRow, ConversationRow, MessageRow, Owned, owner_of},
    },
};
use workflow::{Author, Commit, CommitId, Event, Opens, Revision, Status, What};

/// An answer as models like to give it: a paragraph, a list, code.
const ANSWER: &str = include_str!("answer.md");
const QUESTION: &str = "How do I keep a list of measurements sorted while new ones arrive?";

/// The rows of one conversation.
pub(super) struct Talk {
    pub(super) conversation: ConversationRow,
    pub(super) messages: Vec<MessageRow>,
    pub(super) runs: Vec<AnswerRow>,
}

/// Questions and answers in turn, each below the one before.
pub(super) fn talk(owned: Owned, messages: usize, at: Timestamp) -> Result<Talk> {
    let model = "mock/echo".parse().map_err(anyhow::Error::msg)?;
    let settings =
        ConversationSettings { model, temperature: None, max_tokens: None, system_prompt: String::new() };
    let mut talk =
        Talk { conversation: conversation(owned, settings, at), messages: Vec::new(), runs: Vec::new() };
    for number in 0..messages {
        let is_question = number % 2 == 0;
        let message = MessageRow {
            id: MessageId(clock::new_id()),
            owned,
            conversation: talk.conversation.id,
            parent: talk.conversation.leaf,
            role: if is_question { MessageRole::User } else { MessageRole::Assistant },
            body: if is_question { QUESTION } else { ANSWER }.to_owned(),
            marks: Vec::new(),
            created_at: at,
        };
        talk.conversation.leaf = Some(message.id);
        if !is_question {
            talk.runs.push(finished(&message, &talk.conversation.settings));
        }
        talk.messages.push(message);
    }
    Ok(talk)
}

pub(super) fn conversation(owned: Owned, settings: ConversationSettings, at: Timestamp) -> ConversationRow {
    ConversationRow {
        id: ConversationId(clock::new_id()),
        owned,
        title: "Measurements that stay sorted".to_owned(),
        settings,
        leaf: None,
        created_at: at,
        updated_at: at,
        deleted_at: None,
    }
}

/// The run that wrote this answer.
fn finished(answer: &MessageRow, settings: &ConversationSettings) -> AnswerRow {
    AnswerRow {
        run: RunId(clock::new_id()),
        owned: answer.owned,
        conversation: answer.conversation,
        message: answer.id,
        model: settings.model.clone(),
        state: AnswerState::Finished,
        failure: None,
        usage: Usage { prompt_tokens: Some(12), completion_tokens: Some(150) },
        cost_micros: Some(810),
        cut_short: false,
        created_at: answer.created_at,
        first_token_at: Some(answer.created_at),
        ended_at: Some(answer.created_at),
    }
}

/// The run of an answer that was had before: nobody drives it, and its steps were not kept.
pub(super) fn opening(answer: &AnswerRow) -> Commit<()> {
    let at = workflow::Timestamp(answer.created_at.0);
    Commit {
        id: CommitId(clock::new_id()),
        run: workflow::RunId(answer.run.0),
        opens: Some(Opens { kind: CHAT.to_owned(), owner: owner_of(answer.owned), forked_from: None }),
        expected: Revision::NONE,
        by: Author::Operator,
        at,
        checkpoint: None,
        opened: Vec::new(),
        closed: Vec::new(),
        events: vec![Event { seq: 1, at, what: What::Opened }],
        status: Status::Done,
        reason: None,
        wake_at: None,
        held: false,
        cancel_heard: false,
        writes: Vec::new(),
    }
}

pub(super) fn minutes_before(now: Timestamp, minutes: usize) -> Timestamp {
    let before = Duration::from_secs(60) * u32::try_from(minutes).unwrap_or(u32::MAX);
    now - before
}
