//! What the studio remembers of people.

use crate::{
    database::Statements,
    exec::{Line, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::MemoryId;
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{MEMORY_SHOWN_CHARS, MemoryReads, MemoryRow, MemoryView, MemoryWrites, Owned, StoreError},
};

#[async_trait]
impl<L: Line> MemoryReads for Statements<L> {
    async fn memories(&self, owned: Owned, limit: u32) -> Result<Vec<MemoryView>, StoreError> {
        let asked = Statement::new(
            "SELECT m.id, m.kind, SUBSTR(m.content, 1, CAST($3 AS INTEGER)), SUBSTR(q.body, 1, CAST($3 AS INTEGER)), \
             SUBSTR(a.body, 1, CAST($3 AS INTEGER)), m.created_at \
             FROM memories m \
             LEFT JOIN messages a ON a.id = m.message_id AND a.conversation_id = m.conversation_id \
             LEFT JOIN messages q ON q.id = a.parent_id AND q.conversation_id = a.conversation_id \
             LEFT JOIN conversations c ON c.id = m.conversation_id AND c.owner_id = m.owner_id \
             AND c.organization_id = m.organization_id \
             WHERE m.organization_id = $1 AND m.owner_id = $2 AND c.deleted_at IS NULL \
             ORDER BY m.created_at DESC, m.id DESC LIMIT $4",
        );
        let rows = self.0.rows(asked.owned(owned).bind(MEMORY_SHOWN_CHARS + 1).bind(limit)).await?;
        let view = |row| {
            let mut cells = Cells::new(row, "memories");
            Ok(MemoryView {
                id: cells.take()?,
                kind: cells.take()?,
                content: cells.take()?,
                asked: cells.take_opt()?,
                answered: cells.take_opt()?,
                created_at: cells.take()?,
            })
        };
        rows.iter().map(view).collect()
    }

    async fn own_memories(
        &self,
        owned: Owned,
        after: Option<(Timestamp, MemoryId)>,
        limit: u32,
    ) -> Result<Vec<MemoryRow>, StoreError> {
        let asked = Statement::new(
            "SELECT organization_id, owner_id, id, kind, content, metadata, conversation_id, message_id, created_at \
             FROM memories WHERE organization_id = $1 AND owner_id = $2 AND (created_at, id) > ($3, $4) \
             ORDER BY created_at, id LIMIT $5",
        );
        let (at, id) = after.map_or((Timestamp(i64::MIN), String::new()), |(at, id)| (at, id.to_string()));
        let rows = self.0.rows(asked.owned(owned).bind(at).text(&id).bind(limit)).await?;
        let memory = |row| {
            let mut cells = Cells::new(row, "memories");
            Ok(MemoryRow {
                owned: cells.take_owned()?,
                id: cells.take()?,
                kind: cells.take()?,
                content: cells.take()?,
                metadata: cells.take()?,
                conversation: cells.take_opt()?,
                message: cells.take_opt()?,
                created_at: cells.take()?,
            })
        };
        rows.iter().map(memory).collect()
    }

    async fn count_notes(&self, owned: Owned) -> Result<u32, StoreError> {
        let asked = Statement::new(
            "SELECT COUNT(*) FROM memories WHERE organization_id = $1 AND owner_id = $2 AND kind = 'note'",
        );
        let row = self.0.row(asked.owned(owned)).await?;
        row.map_or(Ok(0), |row| Cells::new(&row, "memories").take())
    }
}

#[async_trait]
impl MemoryWrites for Statements<Unit> {
    async fn insert_memory(&mut self, memory: &MemoryRow) -> Result<(), StoreError> {
        let new = Statement::new(
            "INSERT INTO memories (organization_id, owner_id, id, kind, content, metadata, conversation_id, message_id, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .owned(memory.owned)
        .bind(memory.id)
        .bind(memory.kind)
        .text(&memory.content)
        .text(&memory.metadata)
        .bind_opt(memory.conversation)
        .bind_opt(memory.message)
        .bind(memory.created_at);
        self.0.later(new).await
    }

    async fn remove_memory(&mut self, owned: Owned, id: MemoryId) -> Result<bool, StoreError> {
        let gone =
            Statement::new("DELETE FROM memories WHERE organization_id = $1 AND owner_id = $2 AND id = $3");
        Ok(self.0.change(gone.owned(owned).bind(id)).await? == 1)
    }

    async fn remove_memories(&mut self, owned: Owned) -> Result<u64, StoreError> {
        let gone = Statement::new("DELETE FROM memories WHERE organization_id = $1 AND owner_id = $2");
        self.0.change(gone.owned(owned)).await
    }
}
