//! Conversations: list, find, open, rename, configure, choose a model.

use crate::{
    CONVERSATIONS_PER_PAGE, MESSAGES_PER_PAGE, PAGE_BYTES_MAX, SignedIn, Studio, digest, owned,
    ports::{
        Timestamp,
        store::{ConversationRow, TurnRow},
    },
    screening::note_marked,
    text,
};
use api_types::{ConversationId, ConversationSettings, Flag, MessageId, ModelRef, Problem};

/// What the record of a refused change of settings is called by.
const CONFIGURE: &str = "configure";

/// One part of the list of conversations.
#[derive(Debug, Clone, Default)]
pub struct ConversationPage {
    /// Latest first.
    pub conversations: Vec<ConversationRow>,
    /// Where the next part begins, when there is one.
    pub next: Option<(Timestamp, ConversationId)>,
}

impl ConversationPage {
    /// Of one conversation more than a part has, where there is one.
    fn of(mut conversations: Vec<ConversationRow>) -> Self {
        let more = conversations.len() > CONVERSATIONS_PER_PAGE as usize;
        conversations.truncate(CONVERSATIONS_PER_PAGE as usize);
        let next = if more { conversations.last().map(|last| (last.updated_at, last.id)) } else { None };
        Self { conversations, next }
    }
}

/// A conversation as it is shown.
#[derive(Debug, Clone)]
pub struct OpenConversation {
    /// Its row.
    pub conversation: ConversationRow,
    /// The last turns of the shown branch (or those before a cursor), oldest first.
    pub turns: Vec<TurnRow>,
    /// The end of the part before this one, when there is one.
    pub earlier: Option<MessageId>,
}

impl Studio {
    /// One part of the person's conversations.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn conversations(
        &self,
        by: &SignedIn,
        after: Option<(Timestamp, ConversationId)>,
    ) -> Result<ConversationPage, Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        let conversations = self.store.conversations(owned(by), after, CONVERSATIONS_PER_PAGE + 1).await?;
        Ok(ConversationPage::of(conversations))
    }

    /// One part of the person's conversations that have this in their title or in a message.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn find_conversations(
        &self,
        by: &SignedIn,
        words: &str,
        after: Option<(Timestamp, ConversationId)>,
    ) -> Result<ConversationPage, Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        let words = text::searched(words);
        let found =
            self.store.find_conversations(owned(by), &words, after, CONVERSATIONS_PER_PAGE + 1).await?;
        Ok(ConversationPage::of(found))
    }

    /// A conversation with the last turns of its shown branch, or those that end at `until`.
    ///
    /// # Errors
    /// `NotFound` when it is unknown, deleted, or another person's.
    pub async fn conversation(
        &self,
        by: &SignedIn,
        id: ConversationId,
        until: Option<MessageId>,
    ) -> Result<OpenConversation, Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        let conversation = self.store.conversation(owned(by), id).await?.ok_or(Problem::NotFound)?;
        let Some(leaf) = until.or(conversation.leaf) else {
            return Ok(OpenConversation { conversation, turns: Vec::new(), earlier: None });
        };
        let mut turns = self.store.branch(owned(by), id, leaf, MESSAGES_PER_PAGE).await?;
        if turns.is_empty() && until.is_some() {
            return Err(Problem::NotFound);
        }
        turns.drain(..turns.len() - fitting(turns.iter().map(|turn| turn.message.body.len())));
        let earlier = turns.first().and_then(|turn| turn.message.parent);
        Ok(OpenConversation { conversation, turns, earlier })
    }

    /// One turn of it, whatever branch is shown.
    ///
    /// # Errors
    /// `NotFound` when it is unknown or another person's.
    pub async fn turn(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<TurnRow, Problem> {
        let turn = self.store.branch(owned(by), conversation, message, 1).await?.pop();
        turn.ok_or(Problem::NotFound)
    }

    /// Gives it another title.
    ///
    /// # Errors
    /// `Invalid` naming `title`; `NotFound`.
    pub async fn rename_conversation(
        &self,
        by: &SignedIn,
        id: ConversationId,
        title: &str,
    ) -> Result<(), Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        let title = text::title(title)?;
        let marked = self.screen_name(by, "title", &title).await?;
        let (owned, now) = (owned(by), self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    found(tx.rename_conversation(owned, id, &title, now).await?)?;
                    note_marked(tx, marked).await
                })
            })
            .await
    }

    /// Gives it other settings. `seen` is the [`settings_version`] of those that were on the page when they were changed;
    /// without it they are replaced whatever they are.
    ///
    /// # Errors
    /// `Invalid` naming the field; `NotFound`; `Changed` when they are not what was seen.
    pub async fn configure_conversation(
        &self,
        by: &SignedIn,
        id: ConversationId,
        settings: ConversationSettings,
        seen: Option<String>,
    ) -> Result<(), Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        text::settings(&settings)?;
        let marked =
            self.screen_kept(by, (CONFIGURE, Some(&settings.model)), &settings.system_prompt).await?;
        self.check_model(&settings.model).await?;
        let (owned, now) = (owned(by), self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(seen) = seen {
                        let there = tx.hold_conversation(owned, id).await?.ok_or(Problem::NotFound)?;
                        if settings_version(&there.settings) != seen {
                            return Err(configured_meanwhile());
                        }
                    }
                    found(tx.configure_conversation(owned, id, &settings, now).await?)?;
                    note_marked(tx, marked).await
                })
            })
            .await
    }

    /// Gives it another model and leaves its other settings as they are.
    ///
    /// # Errors
    /// `Invalid` naming `model`; `NotFound`.
    pub async fn choose_model(
        &self,
        by: &SignedIn,
        id: ConversationId,
        model: ModelRef,
    ) -> Result<(), Problem> {
        self.switched_on(Flag::Chat, owned(by)).await?;
        self.check_model(&model).await?;
        let (owned, now) = (owned(by), self.now());
        self.store
            .write(move |tx| Box::pin(async move { found(tx.choose_model(owned, id, &model, now).await?) }))
            .await
    }

    /// What a new conversation of this person begins with: the model of the latest one while it is there, else the
    /// operator's, else the administrators', else the best there is. `None` when there is no model at all.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn default_settings(&self, by: &SignedIn) -> Result<Option<ConversationSettings>, Problem> {
        let latest = self.store.conversations(owned(by), None, 1).await?;
        let models = self.catalog.models().await;
        let is_there = |model: &ModelRef| models.iter().any(|info| &info.model == model);
        let model = latest
            .into_iter()
            .map(|conversation| conversation.settings.model)
            .chain(self.default_model().model)
            .find(is_there);
        let model = match model {
            Some(model) => Some(model),
            None => self.catalog.preferred().await.map(|info| info.model),
        };
        Ok(model.map(|model| ConversationSettings {
            model,
            temperature: None,
            max_tokens: None,
            system_prompt: String::new(),
        }))
    }

    pub(crate) async fn check_model(&self, model: &ModelRef) -> Result<(), Problem> {
        match self.catalog.find(model).await {
            Some(_) => Ok(()),
            None => Err(Problem::field(
                "model",
                format!("The model {model} is not available. Choose one from the list."),
            )),
        }
    }
}

/// Tells settings from others: a page says with it which ones it showed.
pub fn settings_version(settings: &ConversationSettings) -> String {
    let ConversationSettings { model, temperature, max_tokens, system_prompt } = settings;
    digest(&format!("{model}\n{temperature:?}\n{max_tokens:?}\n{system_prompt}"))
}

fn configured_meanwhile() -> Problem {
    Problem::Changed {
        detail: "These settings were changed in another window in the meantime, and yours are not saved yet. Save puts them in \
                 the place of those; Cancel shows those."
            .to_owned(),
    }
}

pub(crate) fn found(there: bool) -> Result<(), Problem> {
    if there { Ok(()) } else { Err(Problem::NotFound) }
}

/// How many of the last messages, of these sizes in bytes, are on one page: as many as fit, and never none.
fn fitting(sizes: impl DoubleEndedIterator<Item = usize>) -> usize {
    let mut sum = 0_usize;
    let fit = sizes.rev().take_while(|size| {
        let is_first = sum == 0;
        sum = sum.saturating_add(*size).saturating_add(1);
        is_first || sum <= PAGE_BYTES_MAX
    });
    fit.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_what_fits_and_at_least_one_message() {
        assert_eq!(fitting([].into_iter()), 0);
        assert_eq!(fitting([10, 20, 30].into_iter()), 3);
        assert_eq!(fitting([10, PAGE_BYTES_MAX * 2].into_iter()), 1);
        assert_eq!(fitting([PAGE_BYTES_MAX, 10, 20].into_iter()), 2);
        assert_eq!(fitting([10, PAGE_BYTES_MAX, 0].into_iter()), 1);
    }
}
