//! Conversations.

use crate::{
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{ConversationId, ConversationSettings, MessageId, ModelRef, RunId};
use async_trait::async_trait;
use studio::ports::{
    Timestamp,
    store::{ConversationReads, ConversationRow, ConversationWrites, Owned, StoreError},
};

/// The columns of a conversation, in the order of [`conversation`].
macro_rules! columns {
    () => {
        "organization_id, owner_id, id, title, model, temperature, max_tokens, system_prompt, leaf_id, \
         created_at, updated_at, deleted_at"
    };
}

pub(crate) use columns as conversation_columns;

/// Whose, and not in the bin: what every query of one conversation asks.
macro_rules! this_one {
    () => {
        " WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND deleted_at IS NULL"
    };
}

/// Shows the branch that ends at message $4. leaf_id has no foreign key (the two tables would point at each other); the
/// second half is its check.
macro_rules! show {
    () => {
        concat!(
            "UPDATE conversations SET leaf_id = $4, updated_at = $5",
            this_one!(),
            " AND EXISTS (SELECT 1 FROM messages m WHERE m.conversation_id = $3 AND m.id = $4)"
        )
    };
}

/// The conversations that have $3 in them. LOWER is each engine's own: SQLite's knows ASCII.
macro_rules! with_words {
    () => {
        " FROM conversations c WHERE c.organization_id = $1 AND c.owner_id = $2 AND c.deleted_at IS NULL \
         AND (LOWER(c.title) LIKE LOWER($3) ESCAPE '!' OR EXISTS (SELECT 1 FROM messages m \
         WHERE m.conversation_id = c.id AND LOWER(m.body) LIKE LOWER($3) ESCAPE '!'))"
    };
}

pub(crate) fn conversation(cells: &mut Cells<'_>) -> Result<ConversationRow, StoreError> {
    Ok(ConversationRow {
        owned: cells.take_owned()?,
        id: cells.take()?,
        title: cells.take()?,
        settings: ConversationSettings {
            model: cells.take()?,
            temperature: cells.take_opt()?,
            max_tokens: cells.take_opt()?,
            system_prompt: cells.take()?,
        },
        leaf: cells.take_opt()?,
        created_at: cells.take()?,
        updated_at: cells.take()?,
        deleted_at: cells.take_opt()?,
    })
}

#[async_trait]
impl<L: Line> ConversationReads for Statements<L> {
    async fn conversation(
        &self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!("SELECT ", columns!(), " FROM conversations", this_one!()));
        let row = self.0.row(asked.owned(owned).bind(id)).await?;
        row.map(|row| conversation(&mut Cells::new(&row, "conversations"))).transpose()
    }

    async fn conversations(
        &self,
        owned: Owned,
        after: Option<(Timestamp, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM conversations WHERE organization_id = $1 AND owner_id = $2 AND deleted_at IS NULL \
             AND (updated_at, id) < ($3, $4) ORDER BY updated_at DESC, id DESC LIMIT $5"
        ));
        let (updated_at, id) = before(after);
        let asked = asked.owned(owned).bind(updated_at).text(&id).bind(limit);
        conversation_rows(&self.0, asked).await
    }

    async fn find_conversations(
        &self,
        owned: Owned,
        words: &str,
        after: Option<(Timestamp, ConversationId)>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            with_words!(),
            " AND (updated_at, id) < ($4, $5) ORDER BY updated_at DESC, id DESC LIMIT $6"
        ));
        let (updated_at, id) = before(after);
        let asked = asked.owned(owned).text(&anywhere(words)).bind(updated_at).text(&id).bind(limit);
        conversation_rows(&self.0, asked).await
    }

    async fn deleted_conversation(
        &self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM conversations \
             WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND deleted_at IS NOT NULL"
        ));
        Ok(conversation_rows(&self.0, asked.owned(owned).bind(id)).await?.pop())
    }

    async fn deleted_conversations(
        &self,
        owned: Owned,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM conversations WHERE organization_id = $1 AND owner_id = $2 AND deleted_at IS NOT NULL \
             ORDER BY deleted_at DESC, id DESC LIMIT $3"
        ));
        conversation_rows(&self.0, asked.owned(owned).bind(limit)).await
    }
}

async fn conversation_rows<L: Line>(line: &L, asked: Statement) -> Result<Vec<ConversationRow>, StoreError> {
    let rows = line.rows(asked).await?;
    rows.iter().map(|row| conversation(&mut Cells::new(row, "conversations"))).collect()
}

/// Where a part of the list begins: below its last one before, or below everything; every id begins with a digit or a letter
/// up to f.
fn before(after: Option<(Timestamp, ConversationId)>) -> (Timestamp, String) {
    after.map_or_else(|| (Timestamp(i64::MAX), "g".to_owned()), |(at, id)| (at, id.to_string()))
}

/// A pattern that finds these words anywhere, whatever signs are in them.
pub(crate) fn anywhere(words: &str) -> String {
    let plain = words.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}

#[async_trait]
impl ConversationWrites for Statements<Unit> {
    async fn insert_conversation(&mut self, conversation: &ConversationRow) -> Result<(), StoreError> {
        let new = Statement::new(concat!(
            "INSERT INTO conversations (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ))
        .owned(conversation.owned)
        .bind(conversation.id)
        .text(&conversation.title)
        .bind(conversation.settings.model.clone())
        .bind_opt(conversation.settings.temperature)
        .bind_opt(conversation.settings.max_tokens)
        .text(&conversation.settings.system_prompt)
        .bind_opt(conversation.leaf)
        .bind(conversation.created_at)
        .bind(conversation.updated_at)
        .bind_opt(conversation.deleted_at);
        self.0.later(new).await
    }

    async fn hold_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
    ) -> Result<Option<ConversationRow>, StoreError> {
        // Takes the row's lock; what it returns is the row as the one who held it before has left it.
        let held = Statement::new(concat!(
            "UPDATE conversations SET title = title",
            this_one!(),
            " RETURNING ",
            columns!()
        ));
        let row = self.0.row(held.owned(owned).bind(id)).await?;
        row.map(|row| conversation(&mut Cells::new(&row, "conversations"))).transpose()
    }

    async fn rename_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        title: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let renamed =
            Statement::new(concat!("UPDATE conversations SET title = $4, updated_at = $5", this_one!()));
        Ok(self.0.change(renamed.owned(owned).bind(id).text(title).bind(now)).await? == 1)
    }

    async fn configure_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        settings: &ConversationSettings,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let configured = Statement::new(concat!(
            "UPDATE conversations \
             SET model = $4, temperature = $5, max_tokens = $6, system_prompt = $7, updated_at = $8",
            this_one!()
        ))
        .owned(owned)
        .bind(id)
        .bind(settings.model.clone())
        .bind_opt(settings.temperature)
        .bind_opt(settings.max_tokens)
        .text(&settings.system_prompt)
        .bind(now);
        Ok(self.0.change(configured).await? == 1)
    }

    async fn choose_model(
        &mut self,
        owned: Owned,
        id: ConversationId,
        model: &ModelRef,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let chosen =
            Statement::new(concat!("UPDATE conversations SET model = $4, updated_at = $5", this_one!()));
        Ok(self.0.change(chosen.owned(owned).bind(id).bind(model.clone()).bind(now)).await? == 1)
    }

    async fn bin_conversation(
        &mut self,
        owned: Owned,
        id: ConversationId,
        deleted_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        let moved = match deleted_at {
            Some(now) => {
                let binned = Statement::new(concat!("UPDATE conversations SET deleted_at = $4", this_one!()));
                binned.owned(owned).bind(id).bind(now)
            }
            None => Statement::new(
                "UPDATE conversations SET deleted_at = NULL \
                 WHERE organization_id = $1 AND owner_id = $2 AND id = $3 AND deleted_at IS NOT NULL",
            )
            .owned(owned)
            .bind(id),
        };
        Ok(self.0.change(moved).await? == 1)
    }

    async fn set_leaf(
        &mut self,
        owned: Owned,
        id: ConversationId,
        leaf: MessageId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let shown = Statement::new(show!());
        Ok(self.0.change(shown.owned(owned).bind(id).bind(leaf).bind(now)).await? == 1)
    }

    async fn advance_leaf(
        &mut self,
        owned: Owned,
        id: ConversationId,
        from: Option<MessageId>,
        leaf: MessageId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        // PostgreSQL locks the row and looks at it again: of two that read the same leaf, one advances it.
        let shown = Statement::new(concat!(show!(), " AND leaf_id IS NOT DISTINCT FROM $6"));
        let shown = shown.owned(owned).bind(id).bind(leaf).bind(now).bind_opt(from);
        Ok(self.0.change(shown).await? == 1)
    }

    async fn empty_bin(&mut self, before: Timestamp) -> Result<u64, StoreError> {
        let due = Statement::new(
            // An answer under way has rows to write: its conversation waits for its end. The rows are locked, and looked at again
            // where somebody else had them: whoever was restored meanwhile stays, and nobody is restored from here on.
            "UPDATE conversations SET deleted_at = deleted_at \
             WHERE deleted_at IS NOT NULL AND deleted_at < $1 AND id IN ( \
             SELECT c.id FROM conversations c WHERE c.deleted_at IS NOT NULL AND c.deleted_at < $1 \
             AND NOT EXISTS (SELECT 1 FROM answers r \
             WHERE r.conversation_id = c.id AND r.state IN ('queued', 'running')) \
             ORDER BY c.deleted_at LIMIT $2) RETURNING id",
        );
        let limit = u32::try_from(ROWS_MAX).unwrap_or(u32::MAX);
        let rows = self.0.rows(due.bind(before).bind(limit)).await?;
        let due: Vec<ConversationId> =
            rows.iter().map(|row| Cells::new(row, "conversations").take()).collect::<Result<_, _>>()?;
        if due.is_empty() {
            return Ok(0);
        }
        // Runs are named by answers, which go before them.
        let runs = list("SELECT run_id FROM answers WHERE conversation_id IN", &due, "");
        let runs: Vec<RunId> = self
            .0
            .rows(runs)
            .await?
            .iter()
            .map(|row| Cells::new(row, "answers").take())
            .collect::<Result<_, _>>()?;
        // First the run's row, as everybody does: whoever ends or resumes an answer has it before the answer and its message.
        for some in runs.chunks(ROWS_MAX) {
            let held = Statement::with_list("UPDATE runs SET reason = reason WHERE id IN", some.len(), "");
            self.0.change(some.iter().fold(held, |held, run| held.bind(*run))).await?;
        }
        // From the leaves to the root. No cascade in the schema: nothing goes that is not named here.
        for head in [
            "DELETE FROM answer_parts WHERE run_id IN (SELECT run_id FROM answers WHERE conversation_id IN",
            "DELETE FROM memories WHERE (conversation_id IN",
            "DELETE FROM answers WHERE (conversation_id IN",
            "DELETE FROM messages WHERE (conversation_id IN",
        ] {
            self.0.change(list(head, &due, ")")).await?;
        }
        for some in runs.chunks(ROWS_MAX) {
            for head in [
                "DELETE FROM requests WHERE run_id IN",
                "DELETE FROM run_questions WHERE run_id IN",
                "DELETE FROM run_commits WHERE run_id IN",
                "DELETE FROM runs WHERE id IN",
            ] {
                let gone = Statement::with_list(head, some.len(), "");
                self.0.change(some.iter().fold(gone, |gone, run| gone.bind(*run))).await?;
            }
        }
        self.0
            .change(list("DELETE FROM conversations WHERE deleted_at IS NOT NULL AND id IN", &due, ""))
            .await
    }
}

fn list(head: &'static str, ids: &[ConversationId], tail: &'static str) -> Statement {
    ids.iter().fold(Statement::with_list(head, ids.len(), tail), |statement, id| statement.bind(*id))
}
