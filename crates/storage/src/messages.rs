//! Messages: a tree by `parent_id`, read as one branch at a time.

use crate::{
    answers::{answer, answer_columns},
    database::Statements,
    exec::{Line, ROWS_MAX, Statement},
    row::Cells,
    unit::Unit,
};
use api_types::{ConversationId, MessageId};
use async_trait::async_trait;
use std::collections::HashMap;
use studio::ports::store::{MessageReads, MessageRow, MessageWrites, Owned, StoreError, Taken, TurnRow};

/// The columns of a message, in the order of [`message`]; `m` is the table.
macro_rules! columns {
    () => {
        "m.organization_id, m.owner_id, m.conversation_id, m.id, m.parent_id, m.role, m.body, m.marks, m.created_at"
    };
}
pub(crate) use columns as message_columns;

/// `branch`: the path from message $4 towards the root, at most $5 long. One step is one look-up by primary key.
///
/// Only the first step asks for conversation and owner; a parent is in the same conversation by foreign key. Asked again
/// at each step, PostgreSQL took the conversation's index instead and read 2,000 messages 2,000 times. `MAX(id || '')`
/// below is of the same kind: `MAX(id)` may be read off the end of the primary key, until a row happens to fit.
macro_rules! with_branch {
    () => {
        "WITH RECURSIVE branch (id, parent_id, step) AS ( \
           SELECT m.id, m.parent_id, 1 FROM messages m \
           WHERE m.organization_id = $1 AND m.owner_id = $2 AND m.conversation_id = $3 AND m.id = $4 \
           UNION ALL \
           SELECT m.id, m.parent_id, b.step + 1 FROM branch b \
           JOIN messages m ON m.id = b.parent_id \
           WHERE b.step < $5) "
    };
}

/// A sum over the runs of message b before its last one, r. Most have none, and then it is one look into an index.
macro_rules! earlier {
    ($what:literal) => {
        concat!(
            "CAST((SELECT SUM(",
            $what,
            ") FROM answers e WHERE e.conversation_id = $3 AND e.message_id = b.id AND e.run_id < r.run_id) AS BIGINT)"
        )
    };
}

/// Longest path from a message down to its youngest leaf. A damaged tree with a circle in it ends here.
const DEPTH_MAX: u32 = 100_000;

/// Reads `message_columns!`.
pub(crate) fn message(cells: &mut Cells<'_>) -> Result<MessageRow, StoreError> {
    Ok(MessageRow {
        owned: cells.take_owned()?,
        conversation: cells.take()?,
        id: cells.take()?,
        parent: cells.take_opt()?,
        role: cells.take()?,
        body: cells.take()?,
        marks: marks(cells.take_opt()?),
        created_at: cells.take()?,
    })
}

/// Names of rules with a space between.
fn marks(words: Option<String>) -> Vec<String> {
    words.iter().flat_map(|words| words.split(' ')).map(str::to_owned).collect()
}

fn words(marks: &[String]) -> Option<String> {
    (!marks.is_empty()).then(|| marks.join(" "))
}

fn taken(cells: &mut Cells<'_>) -> Result<Taken, StoreError> {
    Ok(Taken {
        tokens: cells.take_opt()?,
        cost_micros: cells.take_opt()?,
        whole_us: cells.take_opt()?.unwrap_or_default(),
        writing_us: cells.take_opt()?.unwrap_or_default(),
    })
}

#[async_trait]
impl<L: Line> MessageReads for Statements<L> {
    async fn message(
        &self,
        owned: Owned,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<MessageRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            columns!(),
            " FROM messages m \
             WHERE m.organization_id = $1 AND m.owner_id = $2 AND m.conversation_id = $3 AND m.id = $4"
        ));
        let row = self.0.row(asked.owned(owned).bind(conversation).bind(id)).await?;
        row.map(|row| message(&mut Cells::new(&row, "messages"))).transpose()
    }

    async fn branch(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<Vec<TurnRow>, StoreError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let asked = |sql| Statement::new(sql).owned(owned).bind(conversation).bind(leaf).bind(limit);
        let rows = self
            .0
            .rows(asked(concat!(
                with_branch!(),
                "SELECT ",
                columns!(),
                ", ",
                answer_columns!(),
                ", ",
                earlier!("e.completion_tokens"),
                ", ",
                earlier!("e.cost_micros"),
                ", ",
                earlier!("e.ended_at - e.created_at"),
                ", ",
                earlier!("e.ended_at - e.first_token_at"),
                // Of a stopped answer its person is told.
                ", CASE WHEN r.state = 'stopped' THEN CAST((SELECT SUM(g.amount) FROM ledger g WHERE g.run_id = r.run_id \
                 AND g.organization_id = $1 AND g.owner_id = $2 AND g.kind = 'release') AS BIGINT) END",
                " FROM branch b JOIN messages m ON m.id = b.id \
                 LEFT JOIN answers r ON r.run_id = \
                   (SELECT MAX(l.run_id || '') FROM answers l WHERE l.conversation_id = $3 AND l.message_id = b.id) \
                 ORDER BY b.step DESC"
            )))
            .await?;
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        // The others with the same parent; most messages have none, so this is a short answer.
        let others = self
            .0
            .rows(asked(concat!(
                with_branch!(),
                "SELECT b.id, s.id FROM branch b \
                 JOIN messages s ON s.parent_id = b.parent_id AND s.id <> b.id \
                 UNION ALL \
                 SELECT b.id, s.id FROM branch b \
                 JOIN messages s ON s.conversation_id = $3 AND s.parent_id IS NULL AND s.id <> b.id \
                 WHERE b.parent_id IS NULL"
            )))
            .await?;
        let mut siblings: HashMap<MessageId, Vec<MessageId>> = HashMap::new();
        for row in &others {
            let mut cells = Cells::new(row, "messages");
            siblings.entry(cells.take()?).or_default().push(cells.take()?);
        }
        rows.iter()
            .map(|row| {
                let mut cells = Cells::new(row, "messages");
                let message = message(&mut cells)?;
                let (run, earlier, given_back) = if cells.is_empty()? {
                    (None, Taken::default(), None)
                } else {
                    (Some(answer(&mut cells)?), taken(&mut cells)?, cells.take_opt()?)
                };
                let mut siblings = siblings.remove(&message.id).unwrap_or_default();
                siblings.push(message.id);
                siblings.sort_unstable();
                Ok(TurnRow { message, run, earlier, given_back, siblings })
            })
            .collect()
    }

    async fn spoken(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let asked = Statement::new(concat!(
            with_branch!(),
            "SELECT ",
            columns!(),
            " FROM branch b JOIN messages m ON m.id = b.id ORDER BY b.step DESC"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(conversation).bind(leaf).bind(limit)).await?;
        rows.iter().map(|row| message(&mut Cells::new(row, "messages"))).collect()
    }

    async fn spoken_bytes(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: MessageId,
        limit: u32,
    ) -> Result<(u64, u64), StoreError> {
        let asked = Statement::new(concat!(
            with_branch!(),
            "SELECT COUNT(*), CAST(COALESCE(SUM(OCTET_LENGTH(m.body)), 0) AS BIGINT) \
             FROM branch b JOIN messages m ON m.id = b.id"
        ));
        let row = self.0.row(asked.owned(owned).bind(conversation).bind(leaf).bind(limit)).await?;
        let Some(row) = row else { return Ok((0, 0)) };
        let mut cells = Cells::new(&row, "messages");
        Ok((cells.take()?, cells.take()?))
    }

    async fn youngest_leaf(
        &self,
        owned: Owned,
        conversation: ConversationId,
        from: MessageId,
    ) -> Result<Option<MessageId>, StoreError> {
        let asked = Statement::new(
            "WITH RECURSIVE down (id, step) AS ( \
               SELECT m.id, 1 FROM messages m \
               WHERE m.organization_id = $1 AND m.owner_id = $2 AND m.conversation_id = $3 AND m.id = $4 \
               UNION ALL \
               SELECT (SELECT MAX(c.id || '') FROM messages c WHERE c.parent_id = d.id), \
                 d.step + 1 \
               FROM down d WHERE d.id IS NOT NULL AND d.step < $5) \
             SELECT id FROM down WHERE id IS NOT NULL ORDER BY step DESC LIMIT 1",
        );
        let asked = asked.owned(owned).bind(conversation).bind(from).bind(DEPTH_MAX);
        self.0.row(asked).await?.map(|row| Cells::new(&row, "messages").take()).transpose()
    }
}

#[async_trait]
impl MessageWrites for Statements<Unit> {
    async fn insert_messages(&mut self, messages: &[MessageRow]) -> Result<(), StoreError> {
        for some in messages.chunks(ROWS_MAX) {
            let head = "INSERT INTO messages \
                        (organization_id, owner_id, conversation_id, id, parent_id, role, body, marks, created_at) VALUES";
            let new =
                some.iter().fold(Statement::with_rows(head, some.len(), 9, ""), |statement, message| {
                    statement
                        .owned(message.owned)
                        .bind(message.conversation)
                        .bind(message.id)
                        .bind_opt(message.parent)
                        .bind(message.role)
                        .text(&message.body)
                        .bind_opt(words(&message.marks))
                        .bind(message.created_at)
                });
            self.0.later(new).await?;
        }
        Ok(())
    }
}
