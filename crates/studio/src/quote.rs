//! What an answer would cost, before it is asked for.

use crate::{
    ANSWER_TOKENS_DEFAULT, OpenConversation, PROMPT_TURNS_MAX, SignedIn, Studio,
    gate::{turn_bytes, unseen_bytes},
    owned,
};
use api_types::{ConversationSettings, Flag, Price, Problem};

/// What is known of the next answer of a conversation before its question is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quote {
    /// At this price.
    pub price: Price,
    /// Bytes that the model reads besides the turns that the page shows, and what is typed.
    pub bytes: u64,
    /// The longest answer, in tokens.
    pub max_tokens: u32,
}

impl Studio {
    /// What the next answer would cost; `None` where nothing is counted, or nobody knows the price.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn quote(
        &self,
        by: &SignedIn,
        settings: &ConversationSettings,
        open: Option<&OpenConversation>,
    ) -> Result<Option<Quote>, Problem> {
        let price = self.catalog.find(&settings.model).await.and_then(|info| info.price);
        let Some(price) = price.filter(|price| !price.is_free()) else { return Ok(None) };
        if !self.is_on(Flag::CostTracking, by).await {
            return Ok(None);
        }
        let mut bytes = settings.system_prompt.len() as u64 + unseen_bytes();
        if let Some(open) = open.filter(|open| open.earlier.is_some())
            && let Some(leaf) = open.conversation.leaf
        {
            let spoken = self.store.spoken_bytes(owned(by), open.conversation.id, leaf, PROMPT_TURNS_MAX);
            let (turns, texts) = spoken.await?;
            let all = texts + turns * turn_bytes(0);
            let shown: u64 = open.turns.iter().map(|turn| turn_bytes(turn.message.body.len())).sum();
            bytes += all.saturating_sub(shown);
        }
        Ok(Some(Quote { price, bytes, max_tokens: settings.max_tokens.unwrap_or(ANSWER_TOKENS_DEFAULT) }))
    }
}
