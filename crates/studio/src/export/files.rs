//! The files of an export: names and shapes that others may rely on.

use crate::{
    SignedIn,
    ports::{
        Timestamp,
        store::{
            AccountEventRow, AnswerRow, ConversationRow, MemoryRow, MessageRow, OwnPasskey, OwnSession,
            OwnToken,
        },
    },
};
use serde_json::{Value, json};

/// What is in it, for whoever unpacks it.
pub(super) const README: &str = "\
Everything you own in Vobio AI Studio, as it was when this was made.

account.json
    Your name and role; your passkeys, sessions and API tokens as far as they can be told:
    no key and no token is in here. And what happened to your account.

conversations/ID.json
    One file for each conversation, those in the bin among them. \"messages\" is the whole
    tree: every question and every version of every answer. \"parent\" says what a message
    follows, \"shown\" the end of the branch that the studio shows. \"runs\" says how an answer
    was made: model, tokens, cost in millionths of a dollar.

memories.json
    What the studio remembers of you, oldest first: notes with their text and metadata, and
    interactions, whose texts stand in the message that \"message\" names and its parent.

Times are in UTC. Texts are Markdown, as they were written.
";

/// The end of a conversation's file.
pub(super) const FOOT: &str = "\n]}\n";

fn time(at: Timestamp) -> Value {
    jiff::Timestamp::from_microsecond(at.0).map_or(Value::Null, |at| at.to_string().into())
}

fn time_if_any(at: Option<Timestamp>) -> Value {
    at.map_or(Value::Null, time)
}

/// `account.json`.
pub(super) fn account(
    by: &SignedIn,
    now: Timestamp,
    passkeys: Vec<OwnPasskey>,
    sessions: Vec<OwnSession>,
    tokens: Vec<OwnToken>,
    events: Vec<AccountEventRow>,
) -> String {
    let passkeys: Vec<Value> = passkeys
        .iter()
        .map(|key| {
            json!({
                "name": key.name, "created_at": time(key.created_at),
                "last_used_at": time_if_any(key.last_used_at), "synced": key.synced,
            })
        })
        .collect();
    let sessions: Vec<Value> = sessions
        .iter()
        .map(|session| {
            json!({
                "user_agent": session.user_agent, "created_at": time(session.created_at),
                "last_seen_at": time(session.last_seen_at), "ended_at": time_if_any(session.ended_at),
            })
        })
        .collect();
    let tokens: Vec<Value> = tokens
        .iter()
        .map(|token| {
            json!({
                "name": token.name, "scopes": token.scopes, "created_at": time(token.created_at),
                "expires_at": time(token.expires_at), "last_used_at": time_if_any(token.last_used_at),
                "revoked_at": time_if_any(token.revoked_at),
            })
        })
        .collect();
    let events: Vec<Value> = events
        .iter()
        .map(|event| json!({ "kind": event.kind, "detail": event.detail, "at": time(event.at) }))
        .collect();
    let whole = json!({
        "exported_at": time(now),
        "person": { "id": by.person(), "name": by.name(), "role": by.role(), "reviewer": by.reviewer().is_ok() },
        "passkeys": passkeys, "sessions": sessions, "tokens": tokens, "events": events,
    });
    format!("{whole:#}\n")
}

/// A part of `memories.json`.
pub(super) fn memories(read: &[MemoryRow], is_first: bool, is_last: bool) -> String {
    let mut text = if is_first { "[".to_owned() } else { String::new() };
    for (at, memory) in read.iter().enumerate() {
        // As it was stored; what is no JSON any more is text all the same.
        let metadata: Value =
            serde_json::from_str(&memory.metadata).unwrap_or_else(|_| memory.metadata.clone().into());
        let memory = json!({
            "id": memory.id, "kind": memory.kind, "content": memory.content, "metadata": metadata,
            "conversation": memory.conversation, "message": memory.message,
            "created_at": time(memory.created_at),
        });
        text.push_str(if is_first && at == 0 { "\n" } else { ",\n" });
        text.push_str(&memory.to_string());
    }
    if is_last {
        text.push_str("\n]\n");
    }
    text
}

/// The head of a conversation's file, up to its messages.
pub(super) fn head(conversation: &ConversationRow) -> String {
    let settings = &conversation.settings;
    let head = json!({
        "id": conversation.id, "title": conversation.title, "model": settings.model,
        "temperature": settings.temperature, "max_tokens": settings.max_tokens,
        "system_prompt": settings.system_prompt, "created_at": time(conversation.created_at),
        "updated_at": time(conversation.updated_at), "in_bin_since": time_if_any(conversation.deleted_at),
        "shown": conversation.leaf,
    })
    .to_string();
    // The object stays open: the messages are its last entry.
    format!("{},\n\"messages\": [", head.strip_suffix('}').unwrap_or(&head))
}

/// One message. `under_way` is its text where it is still being written.
pub(super) fn message(message: &MessageRow, under_way: Option<&str>, runs: &[&AnswerRow]) -> String {
    let runs: Vec<Value> = runs
        .iter()
        .map(|run| {
            json!({
                "id": run.run, "model": run.model, "state": run.state, "failure": run.failure,
                "prompt_tokens": run.usage.prompt_tokens, "completion_tokens": run.usage.completion_tokens,
                "cost_micros": run.cost_micros, "created_at": time(run.created_at),
                "ended_at": time_if_any(run.ended_at),
            })
        })
        .collect();
    json!({
        "id": message.id, "parent": message.parent, "role": message.role,
        "created_at": time(message.created_at), "text": under_way.unwrap_or(&message.body), "marks": message.marks, "runs": runs,
    })
    .to_string()
}
