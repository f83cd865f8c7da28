//! A new run from a checkpoint of another.

use crate::{
    Once, Opened, SignedIn, Studio, owned,
    run::refused,
    run_open::{Place, Read},
};
use api_types::{ConversationSettings, Problem, RunId};
use workflow::{Checkpointer as _, Revision};

impl Studio {
    /// Goes on from a checkpoint of a chat's run in a new one: with its model and settings, into a new answer beside the old. Only
    /// from before the model was asked; what was said stays where it is.
    ///
    /// # Errors
    /// `NotFound`; `Changed` where the checkpoint is later than the call, or the chat is gone; as [`Studio::send_message`].
    pub async fn fork_run(
        &self,
        by: &SignedIn,
        run: RunId,
        revision: u64,
        once: Option<Once>,
    ) -> Result<Opened, Problem> {
        if let Some(opened) = self.opened_before(by, once.as_ref(), false).await? {
            return Ok(opened);
        }
        let changed = |detail: &str| Problem::Changed { detail: detail.to_owned() };
        let answer = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        let sealed = self.keeper.checkpoint(workflow::RunId(run.0), Revision(revision)).await;
        let sealed = sealed.map_err(|error| refused(error.into()))?.ok_or(Problem::NotFound)?;
        let state = self.chat.state_at(&sealed).map_err(|error| refused(error.into()))?;
        if state.outcome.is_some() || state.said.is_some() {
            return Err(changed("At this checkpoint the model had answered already. Choose an earlier one."));
        }
        let conversation = self
            .store
            .conversation(owned(by), answer.conversation)
            .await?
            .ok_or_else(|| changed("The chat of this run is deleted. Restore it first."))?;
        let message = self.store.message(owned(by), conversation.id, answer.message).await?;
        let question = message.and_then(|message| message.parent).ok_or(Problem::NotFound)?;
        let settings = ConversationSettings {
            model: state.model,
            temperature: state.temperature,
            max_tokens: Some(state.max_tokens),
            system_prompt: conversation.settings.system_prompt.clone(),
        };
        let place = Place {
            read: Read { leaf: conversation.leaf, broken_off: None },
            gives_up: None,
            forked_from: Some((run, revision)),
            conversation: conversation.id,
            info: self.model_info(&settings).await?,
            turns: self.turns(owned(by), conversation.id, Some(question)).await?,
            answer: self.answer_row(owned(by), conversation.id, question),
            settings,
        };
        self.open_run(by, place, (None, None), String::new(), once).await
    }
}
