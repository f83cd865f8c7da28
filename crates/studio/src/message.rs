//! Messages: send, edit, answer again, continue, and choose among siblings.

use crate::{
    Once, Opened, PROMPT_TURNS_MAX, SignedIn, Studio, owned,
    ports::{
        ChatTurn,
        store::{ConversationRow, MessageRow, Owned, TurnRow},
    },
    run_open::{Place, Read},
    text,
};
use api_types::{ConversationId, ConversationSettings, MessageId, MessageRole, ModelInfo, Problem};

/// What a person sends.
#[derive(Debug, Clone)]
pub struct SendMessage {
    /// Into which conversation; `None` opens a new one.
    pub conversation: Option<ConversationId>,
    /// The text.
    pub text: String,
    /// The settings of a new conversation; `None` takes the defaults. Ignored for one that exists.
    pub settings: Option<ConversationSettings>,
}

impl Studio {
    /// Sends a message and begins the answer. One commit.
    ///
    /// # Errors
    /// `Invalid` naming the field, `NotFound`, `Changed` while an answer is under way or when another was
    /// first, `IdempotencyKeyReused`, `TryLater`.
    pub async fn send_message(
        &self,
        by: &SignedIn,
        message: SendMessage,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        if let Some(opened) = self.opened_before(by, once.as_ref(), true).await? {
            return Ok(opened);
        }
        text::message(&message.text)?;
        let known = match message.conversation {
            Some(id) => Some(self.store.conversation(owned(by), id).await?.ok_or(Problem::NotFound)?),
            None => None,
        };
        let settings = match (&known, message.settings) {
            (Some(conversation), _) => conversation.settings.clone(),
            (None, Some(settings)) => settings,
            (None, None) => self.default_settings(by).await?.ok_or_else(no_model)?,
        };
        text::settings(&settings)?;
        let is_new = known.is_none();
        let info = self.model_info(&settings).await?;

        let (owned, now) = (owned(by), self.now());
        let conversation = known.unwrap_or_else(|| ConversationRow {
            id: ConversationId(self.ids.next()),
            owned,
            title: text::title_from(&message.text),
            settings: settings.clone(),
            leaf: None,
            created_at: now,
            updated_at: now,
            deleted_at: None,
        });
        let mut turns = self.turns(owned, conversation.id, conversation.leaf).await?;
        turns.push(ChatTurn { role: MessageRole::User, text: message.text.clone() });
        let question = MessageRow {
            id: MessageId(self.ids.next()),
            owned,
            conversation: conversation.id,
            parent: conversation.leaf,
            role: MessageRole::User,
            body: message.text,
            marks: Vec::new(),
            created_at: now,
        };
        let answer = self.answer_row(owned, conversation.id, question.id);
        let read = Read { leaf: conversation.leaf, broken_off: None };
        let place = Place {
            read,
            gives_up: None,
            forked_from: None,
            conversation: conversation.id,
            settings,
            info,
            turns,
            answer,
        };
        let new = is_new.then_some(conversation);
        self.open_run(by, place, (new, Some(question)), String::new(), once).await
    }

    /// Asks a question in other words: a new one beside it, with an answer of its own. What was asked and answered before stays.
    ///
    /// # Errors
    /// As [`Studio::send_message`].
    pub async fn edit_message(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        question: MessageId,
        text: String,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        if let Some(opened) = self.opened_before(by, once.as_ref(), true).await? {
            return Ok(opened);
        }
        text::message(&text)?;
        let (conversation, old) = self.message_of(by, conversation, question, MessageRole::User).await?;
        let (owned, now) = (owned(by), self.now());
        let mut turns = self.turns(owned, conversation.id, old.parent).await?;
        turns.push(ChatTurn { role: MessageRole::User, text: text.clone() });
        let question = MessageRow {
            id: MessageId(self.ids.next()),
            body: text,
            marks: Vec::new(),
            created_at: now,
            ..old
        };
        let place = Place {
            read: Read { leaf: conversation.leaf, broken_off: None },
            gives_up: None,
            forked_from: None,
            conversation: conversation.id,
            info: self.model_info(&conversation.settings).await?,
            turns,
            answer: self.answer_row(owned, conversation.id, question.id),
            settings: conversation.settings,
        };
        self.open_run(by, place, (None, Some(question)), String::new(), once).await
    }

    /// Answers a question once more; the answers there are stay, beside the new one.
    ///
    /// # Errors
    /// As [`Studio::send_message`].
    pub async fn regenerate_message(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        answer: MessageId,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        if let Some(opened) = self.opened_before(by, once.as_ref(), false).await? {
            return Ok(opened);
        }
        let (conversation, message) =
            self.message_of(by, conversation, answer, MessageRole::Assistant).await?;
        let question = message.parent.ok_or(Problem::NotFound)?;
        let owned = owned(by);
        let place = Place {
            read: Read { leaf: conversation.leaf, broken_off: None },
            gives_up: None,
            forked_from: None,
            conversation: conversation.id,
            info: self.model_info(&conversation.settings).await?,
            turns: self.turns(owned, conversation.id, Some(question)).await?,
            answer: self.answer_row(owned, conversation.id, question),
            settings: conversation.settings,
        };
        self.open_run(by, place, (None, None), String::new(), once).await
    }

    /// Goes on with an answer that was stopped, failed or interrupted, or reached its longest length. A model call is not
    /// repeated unasked.
    ///
    /// # Errors
    /// As [`Studio::send_message`]; `Changed` when the answer is whole, or the chat went on after it.
    pub async fn continue_message(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        answer: MessageId,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        if let Some(opened) = self.opened_before(by, once.as_ref(), false).await? {
            return Ok(opened);
        }
        let (conversation, message) =
            self.message_of(by, conversation, answer, MessageRole::Assistant).await?;
        let question = message.parent.ok_or(Problem::NotFound)?;
        let owned = owned(by);
        let changed = |detail: &str| Problem::Changed { detail: detail.to_owned() };
        let turn = self.turn(by, conversation.id, answer).await?;
        if turn.run.as_ref().is_some_and(|run| run.state.is_active()) {
            return Err(changed("This answer is still being written."));
        }
        let run = Some(turn)
            .filter(TurnRow::can_continue)
            .and_then(|turn| turn.run)
            .ok_or_else(|| changed("This answer is whole; there is nothing to continue."))?;
        if conversation.leaf != Some(answer) {
            return Err(changed(
                "The chat went on after this answer. Ask for the rest in a message of your own.",
            ));
        }
        let place = Place {
            read: Read { leaf: conversation.leaf, broken_off: Some(run.run) },
            gives_up: self.give_up(run.run).await?,
            forked_from: None,
            conversation: conversation.id,
            info: self.model_info(&conversation.settings).await?,
            turns: self.turns(owned, conversation.id, Some(question)).await?,
            settings: conversation.settings,
            answer: message.clone(),
        };
        self.open_run(by, place, (None, None), message.body, once).await
    }

    /// Shows another branch: the one with this message, to its youngest end.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn select_message(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        message: MessageId,
    ) -> Result<(), Problem> {
        let (owned, now) = (owned(by), self.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    // Whoever opens a run here was first and has left its leaf, or finds another branch than they read.
                    tx.hold_conversation(owned, conversation).await?.ok_or(Problem::NotFound)?;
                    let leaf =
                        tx.youngest_leaf(owned, conversation, message).await?.ok_or(Problem::NotFound)?;
                    if tx.set_leaf(owned, conversation, leaf, now).await? {
                        Ok(())
                    } else {
                        Err(Problem::NotFound)
                    }
                })
            })
            .await
    }

    async fn message_of(
        &self,
        by: &SignedIn,
        conversation: ConversationId,
        message: MessageId,
        role: MessageRole,
    ) -> Result<(ConversationRow, MessageRow), Problem> {
        let owned = owned(by);
        let row = self.store.conversation(owned, conversation).await?.ok_or(Problem::NotFound)?;
        let message = self.store.message(owned, conversation, message).await?.ok_or(Problem::NotFound)?;
        if message.role == role { Ok((row, message)) } else { Err(Problem::NotFound) }
    }

    pub(crate) async fn model_info(&self, settings: &ConversationSettings) -> Result<ModelInfo, Problem> {
        let found = self.catalog.find(&settings.model).await;
        found.ok_or_else(|| {
            let model = &settings.model;
            let why = self.catalog.shut(model.source());
            let why = why.unwrap_or_else(|| format!("The model {model} is not available now."));
            Problem::field("model", format!("{why} Choose another one."))
        })
    }

    pub(crate) async fn turns(
        &self,
        owned: Owned,
        conversation: ConversationId,
        leaf: Option<MessageId>,
    ) -> Result<Vec<ChatTurn>, Problem> {
        let Some(leaf) = leaf else { return Ok(Vec::new()) };
        let spoken = self.store.spoken(owned, conversation, leaf, PROMPT_TURNS_MAX).await?;
        Ok(spoken.into_iter().map(|message| ChatTurn { role: message.role, text: message.body }).collect())
    }

    pub(crate) fn answer_row(
        &self,
        owned: Owned,
        conversation: ConversationId,
        parent: MessageId,
    ) -> MessageRow {
        MessageRow {
            id: MessageId(self.ids.next()),
            owned,
            conversation,
            parent: Some(parent),
            role: MessageRole::Assistant,
            body: String::new(),
            marks: Vec::new(),
            created_at: self.now(),
        }
    }
}

fn no_model() -> Problem {
    Problem::field("model", "There is no model yet. Connect one on the Models page, then send again.")
}
