//! Runs: open one, stop one, hear of them.

use crate::{
    ANSWER_TOKENS_DEFAULT, LiveRun, RUNS_OF_ONE_PERSON_MAX, SignedIn, Studio, Ticket,
    live::Full,
    owned,
    ports::{
        ChatRequest, ChatTurn, Timestamp,
        store::{AnswerPart, AnswerRow, ConversationRow, MessageRow, RunEventKind, StoreError, Tx},
    },
};
use api_types::{
    AnswerState, ConversationId, ConversationSettings, MessageId, ModelInfo, Problem, RunId, Usage,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// An answer has begun.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Where.
    pub conversation: ConversationId,
    /// The person's message, when this sent one.
    pub question: Option<MessageRow>,
    /// The message that the answer is written into.
    pub answer: MessageRow,
    /// The run that writes it.
    pub run: AnswerRow,
    /// What people call its model.
    pub model_label: String,
}

/// The place of an answer: everything about it that is known before it begins.
pub(crate) struct Place {
    pub(crate) read: Read,
    pub(crate) conversation: ConversationId,
    pub(crate) settings: ConversationSettings,
    pub(crate) info: ModelInfo,
    pub(crate) turns: Vec<ChatTurn>,
    pub(crate) answer: MessageRow,
}

/// What was read before the unit of work, and must still be so in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read {
    /// The end of the branch that is shown.
    pub(crate) leaf: Option<MessageId>,
    /// The last run of a broken-off answer, which is continued: its message is there already.
    pub(crate) broken_off: Option<RunId>,
}

impl Studio {
    /// Opens the run in one commit and hands it to the worker.
    pub(crate) async fn open_run(
        &self,
        place: Place,
        new: Option<ConversationRow>,
        question: Option<MessageRow>,
        prefix: String,
    ) -> Result<Opened, Problem> {
        let owned = place.answer.owned;
        let permit = self.queue.try_reserve().map_err(|_| full(Full::Process))?;
        let now = self.now();
        let run = AnswerRow {
            id: RunId(self.ids.next()),
            owned,
            conversation: place.conversation,
            message: place.answer.id,
            model: place.settings.model.clone(),
            state: AnswerState::Running,
            failure: None,
            usage: Usage::default(),
            cost_micros: None,
            cut_short: false,
            worker: self.settings.worker,
            created_at: now,
            first_token_at: None,
            ended_at: None,
        };
        let opened = Opened {
            conversation: place.conversation,
            question,
            answer: place.answer,
            run,
            model_label: place.info.label,
        };
        let rows = opened.clone();
        let live = Arc::new(LiveRun::new(
            (opened.run.id, opened.answer.id, opened.conversation),
            owned,
            prefix.clone(),
            2,
        ));
        let request = ChatRequest {
            model: place.settings.model,
            system_prompt: place.settings.system_prompt,
            turns: place.turns,
            prefix: (!prefix.is_empty()).then_some(prefix),
            temperature: place.settings.temperature,
            max_tokens: place.settings.max_tokens.unwrap_or(ANSWER_TOKENS_DEFAULT),
        };
        // Before the commit: a page that is told of the run must find its text here.
        self.live.admit(live.clone()).map_err(full)?;
        let opening = Opening(Some((permit, Ticket { live, request, price: place.info.price })));
        let written = self
            .store
            .write(move |tx| Box::pin(async move { open_rows(tx, rows, new, place.read).await }))
            .await;
        match written {
            Ok(()) => opening.done(),
            Err(problem) => {
                self.live.remove(owned.owner, opened.run.id);
                opening.refused();
                return Err(problem);
            }
        }
        Ok(opened)
    }

    /// Stops an answer; what was written is kept. Stopping one that has ended already is no error.
    ///
    /// # Errors
    /// `NotFound`; `TryLater` when another process writes it.
    pub async fn stop_run(&self, by: &SignedIn, run: RunId) -> Result<AnswerRow, Problem> {
        let row = self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)?;
        match self.live.get(by.person(), run) {
            Some(live) => live.stop.cancel(),
            None if row.state.is_active() => {
                return Err(Problem::TryLater {
                    detail: "Another process of this studio writes this answer, and it cannot be stopped from here yet."
                        .to_owned(),
                });
            }
            None => {}
        }
        Ok(row)
    }

    /// The person's runs that are active, or ended since then.
    ///
    /// # Errors
    /// `TryLater` or `Broken`.
    pub async fn answers_since(&self, by: &SignedIn, since: Timestamp) -> Result<Vec<AnswerRow>, Problem> {
        Ok(self.store.answers_since(owned(by), since).await?)
    }

    /// One run.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn run(&self, by: &SignedIn, run: RunId) -> Result<AnswerRow, Problem> {
        self.store.answer(owned(by), run).await?.ok_or(Problem::NotFound)
    }

    /// The whole text of an answer: from memory while it is written here, else from rows.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn answer_text(&self, by: &SignedIn, run: &AnswerRow) -> Result<String, Problem> {
        if let Some(live) = self.live.get(by.person(), run.id) {
            return Ok(live.view(0).text);
        }
        let message =
            self.store.message(owned(by), run.conversation, run.message).await?.ok_or(Problem::NotFound)?;
        if run.state.is_active() {
            let deltas = self.store.answer_text(owned(by), run.id).await?;
            return Ok(message.body + &deltas);
        }
        Ok(message.body)
    }
}

fn full(full: Full) -> Problem {
    match full {
        Full::Person => Problem::RateLimited {
            detail: format!(
                "{RUNS_OF_ONE_PERSON_MAX} of your answers are being written; wait for one of them, or stop it."
            ),
            retry_after_s: 5,
        },
        Full::Process => Problem::TryLater {
            detail: "The studio is writing as many answers as it can. Try again in a moment.".to_owned(),
        },
    }
}

/// A run on its way into the database.
///
/// # Design
/// Whoever sent it may leave at any moment (a browser that hangs up, a request that took too long), and then nobody here
/// knows whether its rows were kept. It goes to the worker all the same, stopped: what is not there cannot be ended, and
/// what is there does not stay open for ever.
struct Opening<'a>(Option<(mpsc::Permit<'a, Ticket>, Ticket)>);

impl Opening<'_> {
    /// Its rows are there: the worker may begin.
    fn done(mut self) {
        if let Some((permit, ticket)) = self.0.take() {
            permit.send(ticket);
        }
    }

    /// Its rows are not there.
    fn refused(mut self) {
        self.0 = None;
    }
}

impl Drop for Opening<'_> {
    fn drop(&mut self) {
        if let Some((permit, ticket)) = self.0.take() {
            ticket.live.stop.cancel();
            permit.send(ticket);
        }
    }
}

/// The rows of a run that opens. A continued answer's message is there already.
async fn open_rows(
    tx: &mut dyn Tx,
    rows: Opened,
    new: Option<ConversationRow>,
    read: Read,
) -> Result<(), Problem> {
    let owned = rows.run.owned;
    if let Some(conversation) = new {
        tx.insert_conversation(&conversation).await?;
    }
    let mut messages: Vec<MessageRow> = rows.question.into_iter().collect();
    let leaf = rows.answer.id;
    if read.broken_off.is_none() {
        messages.push(rows.answer.clone());
    }
    if !messages.is_empty() {
        tx.insert_messages(&messages).await?;
    }
    // Before anything is asked: whoever opens a run in this conversation waits here for whoever was first.
    if !tx.advance_leaf(owned, rows.conversation, read.leaf, leaf, rows.run.created_at).await? {
        let is_there = tx.conversation(owned, rows.conversation).await?.is_some();
        return Err(if is_there { moved_on() } else { Problem::NotFound });
    }
    if let Some(run) = read.broken_off {
        let now = tx.branch(owned, rows.conversation, leaf, 1).await?.pop().ok_or(Problem::NotFound)?;
        if now.run.is_none_or(|last| last.id != run) || now.message.body != rows.answer.body {
            return Err(moved_on());
        }
    }
    tx.insert_answer(&rows.run).await.map_err(|fault| match fault {
        StoreError::Conflict(index) if index == "runs_one_active" => Problem::Changed {
            detail: "An answer is still being written in this chat. Wait for it or stop it, then send again."
                .to_owned(),
        },
        other => other.into(),
    })?;
    tx.append_answer_parts(&[AnswerPart {
        run: rows.run.id,
        seq: 1,
        owned,
        kind: RunEventKind::Started,
        body: String::new(),
        at: rows.run.created_at,
    }])
    .await?;
    Ok(())
}

fn moved_on() -> Problem {
    Problem::Changed {
        detail: "This chat went on in the meantime, perhaps in another window. Look at what is new, then try again."
            .to_owned(),
    }
}
