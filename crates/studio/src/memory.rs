//! What the studio remembers of somebody: interactions, which chats write by themselves, and notes.
//!
//! Whose it is comes from the proof alone; what stands in metadata is data and nothing else.

use crate::{
    MEMORIES_MAX, MEMORIES_SHOWN, MEMORY_BYTES_MAX, MEMORY_CONTEXT_BYTES_MAX, METADATA_BYTES_MAX,
    METADATA_KEYS_MAX, SignedIn, Studio, owned,
    ports::store::{MEMORY_SHOWN_CHARS, MemoryRow, MemoryView, StoreError},
    screening::note_marked,
    text,
};
use api_types::{MemoryId, MemoryKind, Problem};
use serde_json::{Map, Value};

impl Studio {
    /// Remembers a note.
    ///
    /// # Errors
    /// `Invalid` naming the field, `Changed` when there are [`MEMORIES_MAX`] already, `SignIn` for who was shut out meanwhile.
    pub async fn store_memory(
        &self,
        by: &SignedIn,
        content: &str,
        metadata: &Map<String, Value>,
    ) -> Result<MemoryId, Problem> {
        if text::is_blank(content) {
            return Err(Problem::field("content", "Say what is to be remembered."));
        }
        if content.len() > MEMORY_BYTES_MAX {
            let detail =
                format!("At most {MEMORY_BYTES_MAX} bytes can be remembered at once. Store it in parts.");
            return Err(Problem::field("content", detail));
        }
        text::no_nul("content", content)?;
        if metadata.len() > METADATA_KEYS_MAX {
            let detail = format!("At most {METADATA_KEYS_MAX} entries of metadata are kept with a note.");
            return Err(Problem::field("metadata", detail));
        }
        let metadata =
            serde_json::to_string(metadata).map_err(|error| crate::broken("metadata are no JSON", &error))?;
        if metadata.len() > METADATA_BYTES_MAX {
            let detail = format!("At most {METADATA_BYTES_MAX} bytes of metadata are kept with a note.");
            return Err(Problem::field("metadata", detail));
        }
        let marked = self.screen_kept(by, ("memory", None), content).await?;
        self.screen_kept(by, ("memory", None), &metadata).await?;
        let (owned, now, id) = (owned(by), self.now(), MemoryId(self.ids.next()));
        let memory = MemoryRow {
            id,
            owned,
            kind: MemoryKind::Note,
            content: content.to_owned(),
            metadata,
            conversation: None,
            message: None,
            created_at: now,
        };
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    if tx.hold_person(owned).await?.is_none_or(|person| person.is_shut_out()) {
                        return Err(Problem::SignIn);
                    }
                    if tx.count_notes(owned).await? >= MEMORIES_MAX {
                        return Err(Problem::Changed {
                            detail: format!(
                                "{MEMORIES_MAX} notes of yours are kept already. Remove some first."
                            ),
                        });
                    }
                    tx.insert_memory(&memory).await?;
                    note_marked(tx, marked).await
                })
            })
            .await?;
        Ok(id)
    }

    /// The latest memories, newest first, at most [`MEMORIES_SHOWN`].
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn memories(&self, by: &SignedIn) -> Result<Vec<MemoryView>, Problem> {
        Ok(self.store.memories(owned(by), MEMORIES_SHOWN).await?)
    }

    /// The latest memories as text: a title line, then a bullet each.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn memory_context(&self, by: &SignedIn) -> Result<String, Problem> {
        let memories = self.memories(by).await?;
        let mut text = format!("What the studio remembers of {}:", text::one_line(by.name()));
        if memories.is_empty() {
            text.push_str("\n- nothing yet");
        }
        for memory in &memories {
            let line = match (&memory.asked, &memory.answered) {
                (Some(asked), Some(answered)) => {
                    format!("\n- Asked: {} Answered: {}", shown(asked), shown(answered))
                }
                _ => format!("\n- {}", shown(&memory.content)),
            };
            if text.len() + line.len() > MEMORY_CONTEXT_BYTES_MAX {
                break;
            }
            text.push_str(&line);
        }
        Ok(text)
    }

    /// Forgets one.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn forget_memory(&self, by: &SignedIn, id: MemoryId) -> Result<(), Problem> {
        let owned = owned(by);
        let is_gone = self
            .store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.remove_memory(owned, id).await }))
            .await?;
        if is_gone { Ok(()) } else { Err(Problem::NotFound) }
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn forget_memories(&self, by: &SignedIn) -> Result<u64, Problem> {
        let owned = owned(by);
        Ok(self
            .store
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.remove_memories(owned).await }))
            .await?)
    }
}

fn shown(text: &str) -> String {
    text::shown(text, MEMORY_SHOWN_CHARS as usize)
}
