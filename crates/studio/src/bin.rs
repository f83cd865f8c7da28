//! The bin: where deleted conversations wait, to be restored or to go for good.

use crate::{
    BIN_LIFE, DELETED_SHOWN_MAX, SignedIn, Studio, WRITTEN_LATE_MAX, conversation::found, owned,
    ports::store::ConversationRow,
};
use api_types::{ConversationId, Problem};

impl Studio {
    /// The person's conversations in the bin, at most [`DELETED_SHOWN_MAX`], those deleted last first.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn deleted_conversations(&self, by: &SignedIn) -> Result<Vec<ConversationRow>, Problem> {
        Ok(self.store.deleted_conversations(owned(by), DELETED_SHOWN_MAX).await?)
    }

    /// A conversation in the bin.
    ///
    /// # Errors
    /// `NotFound` when there is none, or it is another person's.
    pub async fn deleted_conversation(
        &self,
        by: &SignedIn,
        id: ConversationId,
    ) -> Result<ConversationRow, Problem> {
        self.store.deleted_conversation(owned(by), id).await?.ok_or(Problem::NotFound)
    }

    /// Puts a conversation into the bin, from where it can be restored. An answer under way is stopped.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_conversation(&self, by: &SignedIn, id: ConversationId) -> Result<(), Problem> {
        let (owned, now) = (owned(by), self.now());
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move { found(tx.bin_conversation(owned, id, Some(now)).await?) })
            })
            .await?;
        for live in self.live.of(owned.owner).into_iter().filter(|live| live.conversation == id) {
            // One that opens only now finds the conversation gone.
            self.cancel_if_there(live.run).await?;
        }
        Ok(())
    }

    /// Takes it out of the bin.
    ///
    /// # Errors
    /// `NotFound` when it is not in the bin any more.
    pub async fn restore_conversation(&self, by: &SignedIn, id: ConversationId) -> Result<(), Problem> {
        let owned = owned(by);
        self.store
            .write(move |tx| Box::pin(async move { found(tx.bin_conversation(owned, id, None).await?) }))
            .await
    }

    /// Removes for good what has been in the bin for [`BIN_LIFE`], and what was written of somebody after their
    /// deletion. For the worker.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn empty_bin(&self) -> Result<u64, Problem> {
        let (before, lately) = (self.now() - BIN_LIFE, self.now() - WRITTEN_LATE_MAX);
        self.store
            .write::<_, Problem, _>(move |tx| {
                Box::pin(async move {
                    tx.erase_late(lately).await?;
                    Ok(tx.empty_bin(before).await?)
                })
            })
            .await
    }
}
