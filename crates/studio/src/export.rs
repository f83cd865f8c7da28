//! Everything somebody owns, as files of text, read page by page.
//!
//! # Design
//! A large account is never in memory as a whole: whoever writes the archive asks for the next part when the last has
//! gone out. It is no snapshot: what is written while an export runs may be in it or not.

mod files;

use crate::{
    EXPORT_CONVERSATIONS_AT_ONCE, EXPORT_MEMORIES_AT_ONCE, EXPORT_MESSAGES_AT_ONCE, EXPORT_ROWS_MAX,
    EXPORTS_OF_ONE_PERSON_MAX, InSession, SignedIn, Studio, owned,
    ports::{
        Timestamp,
        store::{AnswerRow, ConversationRow},
    },
};
use api_types::{ConversationId, MemoryId, MessageId, PersonId, Problem};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

/// What comes next in an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportPart {
    /// The name of the file that begins with it; `None` where it goes on.
    pub file: Option<String>,
    /// Text of the file.
    pub text: String,
}

impl ExportPart {
    fn new(file: impl Into<String>, text: String) -> Self {
        Self { file: Some(file.into()), text }
    }
}

/// Who is exporting.
#[derive(Debug, Default)]
pub(crate) struct Exports(Arc<Mutex<HashMap<PersonId, usize>>>);

impl Exports {
    fn enter(&self, person: PersonId) -> Result<Place, Problem> {
        let mut exports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = exports.entry(person).or_default();
        if *count >= EXPORTS_OF_ONE_PERSON_MAX {
            return Err(Problem::RateLimited {
                detail: "An export of yours is under way. Wait until it is done, then try again.".to_owned(),
                retry_after_s: 10,
                refusal: None,
            });
        }
        *count += 1;
        Ok(Place { exports: self.0.clone(), person })
    }
}

/// A place among the exports of one person; given back when it is dropped.
struct Place {
    exports: Arc<Mutex<HashMap<PersonId, usize>>>,
    person: PersonId,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut exports = self.exports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = exports.get_mut(&self.person) {
            *count -= 1;
            if *count == 0 {
                exports.remove(&self.person);
            }
        }
    }
}

/// How far the file of memories is.
#[derive(Debug, Clone, Copy)]
enum Memories {
    ToCome,
    After(Timestamp, MemoryId),
    Written,
}

/// An export under way.
pub struct Export {
    by: SignedIn,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Files that need no reading.
    ready: VecDeque<ExportPart>,
    /// Conversations that were read and are not written yet.
    waiting: VecDeque<ConversationRow>,
    /// The last conversation that was read.
    after: Option<ConversationId>,
    /// The conversation whose messages are written, and the last of them.
    open: Option<(ConversationId, MessageId)>,
    memories: Memories,
    _place: Place,
}

impl Studio {
    /// Begins an export.
    ///
    /// # Errors
    /// `RateLimited` while another of the same person runs; `TryLater` or `Broken`.
    pub async fn begin_export(&self, by: &InSession<'_>) -> Result<Export, Problem> {
        let by = by.signed_in();
        let place = self.exports.enter(by.person())?;
        let (own, now) = (owned(by), self.now());
        let account = files::account(
            by,
            now,
            self.store.own_passkeys(own).await?,
            self.store.own_sessions(own, EXPORT_ROWS_MAX).await?,
            self.store.own_tokens(own, EXPORT_ROWS_MAX).await?,
            self.store.account_events(own, None, EXPORT_ROWS_MAX).await?,
        );
        let ready = [
            ExportPart::new("README.txt", files::README.to_owned()),
            ExportPart::new("account.json", account),
        ];
        Ok(Export {
            by: by.clone(),
            begun_at: now,
            ready: ready.into(),
            waiting: VecDeque::new(),
            after: None,
            open: None,
            memories: Memories::ToCome,
            _place: place,
        })
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    /// `SignIn` when the session ended in the meantime; `TryLater` or `Broken`.
    pub async fn export_part(&self, export: &mut Export) -> Result<Option<ExportPart>, Problem> {
        if let Some(part) = export.ready.pop_front() {
            return Ok(Some(part));
        }
        // Whoever is shut out in the middle gets no more of it.
        export.by = self.signed_in(export.by.session()).await?;
        if let Some((conversation, after)) = export.open {
            let (text, last) = self.export_messages(&export.by, conversation, Some(after)).await?;
            export.open = last.map(|last| (conversation, last));
            return Ok(Some(ExportPart { file: None, text }));
        }
        // A conversation that is begun from here on is not in it: its file would begin within that of the memories.
        if !matches!(export.memories, Memories::ToCome) {
            return self.export_memories(export).await;
        }
        if export.waiting.is_empty() {
            let own = owned(&export.by);
            let read = self.store.own_conversations(own, export.after, EXPORT_CONVERSATIONS_AT_ONCE).await?;
            export.after = read.last().map(|last| last.id);
            export.waiting = read.into();
        }
        let Some(conversation) = export.waiting.pop_front() else {
            return self.export_memories(export).await;
        };
        let (messages, last) = self.export_messages(&export.by, conversation.id, None).await?;
        export.open = last.map(|last| (conversation.id, last));
        let name = format!("conversations/{}.json", conversation.id);
        Ok(Some(ExportPart::new(name, files::head(&conversation) + &messages)))
    }

    /// The next part of the file of memories; `None` when it is written.
    async fn export_memories(&self, export: &mut Export) -> Result<Option<ExportPart>, Problem> {
        let after = match export.memories {
            Memories::ToCome => None,
            Memories::After(at, id) => Some((at, id)),
            Memories::Written => return Ok(None),
        };
        let read = self.store.own_memories(owned(&export.by), after, EXPORT_MEMORIES_AT_ONCE).await?;
        export.memories = match read.last() {
            Some(last) if read.len() == EXPORT_MEMORIES_AT_ONCE as usize => {
                Memories::After(last.created_at, last.id)
            }
            _ => Memories::Written,
        };
        let is_last = matches!(export.memories, Memories::Written);
        let text = files::memories(&read, after.is_none(), is_last);
        let file = after.is_none().then(|| "memories.json".to_owned());
        Ok(Some(ExportPart { file, text }))
    }

    /// The next messages of a conversation as text, and the last of them where there are more; else the text ends the file.
    async fn export_messages(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        after: Option<MessageId>,
    ) -> Result<(String, Option<MessageId>), Problem> {
        let own = owned(by);
        let mut messages =
            self.store.own_messages(own, conversation, after, EXPORT_MESSAGES_AT_ONCE + 1).await?;
        let has_more = messages.len() > EXPORT_MESSAGES_AT_ONCE as usize;
        messages.truncate(EXPORT_MESSAGES_AT_ONCE as usize);
        let mut text = String::new();
        if let (Some(first), Some(last)) = (messages.first(), messages.last()) {
            let runs = self.store.own_runs(own, conversation, first.id, last.id).await?;
            for (at, message) in messages.iter().enumerate() {
                let of_it: Vec<&AnswerRow> = runs.iter().filter(|run| run.message == message.id).collect();
                // Of an answer under way there is more than its row says.
                let under_way = match of_it.iter().find(|run| run.state.is_active()) {
                    Some(run) => Some(self.answer_text(by, run).await?),
                    None => None,
                };
                text.push_str(if after.is_none() && at == 0 { "\n" } else { ",\n" });
                text.push_str(&files::message(message, under_way.as_deref(), &of_it));
            }
        }
        let last = messages.last().filter(|_| has_more).map(|last| last.id);
        if last.is_none() {
            text.push_str(files::FOOT);
        }
        Ok((text, last))
    }
}
