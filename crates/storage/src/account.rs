//! What one person owns, counted and handed out.

use crate::{
    answers::{answer, answer_columns},
    conversations::{conversation, conversation_columns},
    database::Statements,
    exec::{Line, Statement},
    messages::{message, message_columns},
    row::Cells,
};
use api_types::{ConversationId, MessageId};
use async_trait::async_trait;
use studio::ports::store::{
    AccountReads, AnswerRow, Belongings, ConversationRow, MessageRow, OwnPasskey, OwnSession, OwnToken,
    Owned, StoreError,
};

#[async_trait]
impl<L: Line> AccountReads for Statements<L> {
    async fn belongings(&self, owned: Owned) -> Result<Belongings, StoreError> {
        let asked = Statement::new(
            "SELECT (SELECT COUNT(*) FROM conversations c WHERE c.organization_id = $1 AND c.owner_id = $2), \
             (SELECT COUNT(*) FROM memories m WHERE m.organization_id = $1 AND m.owner_id = $2), \
             (SELECT COUNT(*) FROM passkeys k WHERE k.organization_id = $1 AND k.owner_id = $2), \
             (SELECT COUNT(*) FROM tokens t WHERE t.organization_id = $1 AND t.owner_id = $2 \
             AND t.revoked_at IS NULL)",
        );
        let Some(row) = self.0.row(asked.owned(owned)).await? else { return Ok(Belongings::default()) };
        let mut cells = Cells::new(&row, "belongings");
        Ok(Belongings {
            conversations: cells.take()?,
            memories: cells.take()?,
            passkeys: cells.take()?,
            tokens: cells.take()?,
        })
    }

    async fn own_passkeys(&self, owned: Owned) -> Result<Vec<OwnPasskey>, StoreError> {
        let asked = Statement::new(
            "SELECT name, created_at, last_used_at, synced FROM passkeys \
             WHERE organization_id = $1 AND owner_id = $2 ORDER BY created_at, credential_id",
        );
        let rows = self.0.rows(asked.owned(owned)).await?;
        rows.iter()
            .map(|row| {
                let mut cells = Cells::new(row, "passkeys");
                Ok(OwnPasskey {
                    name: cells.take()?,
                    created_at: cells.take()?,
                    last_used_at: cells.take_opt()?,
                    synced: cells.take_opt()?,
                })
            })
            .collect()
    }

    async fn own_sessions(&self, owned: Owned, limit: u32) -> Result<Vec<OwnSession>, StoreError> {
        let asked = Statement::new(
            "SELECT user_agent, created_at, last_seen_at, ended_at FROM sessions \
             WHERE organization_id = $1 AND owner_id = $2 ORDER BY id DESC LIMIT $3",
        );
        let rows = self.0.rows(asked.owned(owned).bind(limit)).await?;
        rows.iter()
            .map(|row| {
                let mut cells = Cells::new(row, "sessions");
                Ok(OwnSession {
                    user_agent: cells.take()?,
                    created_at: cells.take()?,
                    last_seen_at: cells.take()?,
                    ended_at: cells.take_opt()?,
                })
            })
            .collect()
    }

    async fn own_tokens(&self, owned: Owned, limit: u32) -> Result<Vec<OwnToken>, StoreError> {
        let asked = Statement::new(
            "SELECT name, scopes, created_at, expires_at, last_used_at, revoked_at FROM tokens \
             WHERE organization_id = $1 AND owner_id = $2 ORDER BY id DESC LIMIT $3",
        );
        let rows = self.0.rows(asked.owned(owned).bind(limit)).await?;
        rows.iter()
            .map(|row| {
                let mut cells = Cells::new(row, "tokens");
                Ok(OwnToken {
                    name: cells.take()?,
                    scopes: cells.take()?,
                    created_at: cells.take()?,
                    expires_at: cells.take()?,
                    last_used_at: cells.take_opt()?,
                    revoked_at: cells.take_opt()?,
                })
            })
            .collect()
    }

    async fn own_conversations(
        &self,
        owned: Owned,
        after: Option<ConversationId>,
        limit: u32,
    ) -> Result<Vec<ConversationRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            conversation_columns!(),
            " FROM conversations WHERE organization_id = $1 AND owner_id = $2 AND id > $3 ORDER BY id LIMIT $4"
        ));
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows = self.0.rows(asked.owned(owned).text(&after).bind(limit)).await?;
        rows.iter().map(|row| conversation(&mut Cells::new(row, "conversations"))).collect()
    }

    async fn own_messages(
        &self,
        owned: Owned,
        conversation: ConversationId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            message_columns!(),
            " FROM messages m WHERE m.organization_id = $1 AND m.owner_id = $2 AND m.conversation_id = $3 \
             AND m.id > $4 ORDER BY m.id LIMIT $5"
        ));
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        let rows = self.0.rows(asked.owned(owned).bind(conversation).text(&after).bind(limit)).await?;
        rows.iter().map(|row| message(&mut Cells::new(row, "messages"))).collect()
    }

    async fn own_runs(
        &self,
        owned: Owned,
        conversation: ConversationId,
        first: MessageId,
        last: MessageId,
    ) -> Result<Vec<AnswerRow>, StoreError> {
        let asked = Statement::new(concat!(
            "SELECT ",
            answer_columns!(),
            " FROM answers r WHERE r.organization_id = $1 AND r.owner_id = $2 AND r.conversation_id = $3 \
             AND r.message_id >= $4 AND r.message_id <= $5 ORDER BY r.message_id, r.run_id"
        ));
        let rows = self.0.rows(asked.owned(owned).bind(conversation).bind(first).bind(last)).await?;
        rows.iter().map(|row| answer(&mut Cells::new(row, "answers"))).collect()
    }
}
